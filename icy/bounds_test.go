package icy

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFieldsAreBounded(t *testing.T) {
	long := strings.Repeat("é", 7000)
	basic := func(login string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(login)) }
	tests := []struct {
		name, value string
		length      int // of the value after the cut
	}{
		{"User-Agent", long, MaxAgent},
		{"User-Agent", "a" + long, MaxAgent - 1}, // the last whole character is dropped
		{"User-Agent", "VLC", 3},
		{"Referer", long, maxValue},
		{"Ice-Name", long, maxValue},
		{"X-Anything", long, maxValue},
		{"Host", strings.Repeat("a", 256), 0},
		{"Location", "http://" + strings.Repeat("a", maxAddress), 0},
		{"Location", "http://" + strings.Repeat("a", 3000), 3007},
		{"Cookie", long, len(long)},
		{"Range", "bytes=0-1," + long, len(long) + 10},
		{"Authorization", basic("source:hackme"), len(basic("source:hackme"))},
		{"Authorization", basic(strings.Repeat("u", MaxUser+1) + ":hackme"), 0},
		{"Authorization", basic("source:" + strings.Repeat("p", 2000)), 0},
		{"Authorization", basic(strings.Repeat("u", MaxUser) + ":" + strings.Repeat("p", 1024)), 1714},
		{"Authorization", "Bearer " + strings.Repeat("t", 5000), 0},
		{"Authorization", "Bearer " + strings.Repeat("t", 1000), 1007},
		{"X-Forwarded-For", strings.Repeat("192.0.2.1, ", 300) + "192.0.2.77", maxValue - 1},
		{strings.Repeat("N", 65), "x", 0},
	}
	for _, tt := range tests {
		req, err := ParseHead([]byte("GET / HTTP/1.1\r\n" + tt.name + ": " + tt.value + "\r\n\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		got := req.Header.Get(tt.name)
		if tt.name == "Host" {
			got = req.Host
		}
		if len(got) != tt.length || !utf8.ValidString(got) {
			t.Errorf("%s: %d bytes of %d are left, want %d: %.60q", tt.name, len(got), len(tt.value), tt.length, got)
		}
		if tt.name == "X-Forwarded-For" && !strings.HasSuffix(got, "192.0.2.77") {
			t.Errorf("the nearest of a chain is lost: %q", got)
		}
	}
}

func TestRequestLinesAreBounded(t *testing.T) {
	for name, target := range map[string]string{
		"path": "/" + strings.Repeat("a", 9000), "escapes": "/" + strings.Repeat("%ff", 4000), "slashes": strings.Repeat("/", 9000),
		"characters": "/" + strings.Repeat("é", 4000), "query": "/" + strings.Repeat("a", 9000) + "?q=1",
	} {
		req, err := ParseHead([]byte(strings.Repeat("M", 3000) + " " + target + " HTTP/1.1\r\n\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		if len(req.URL.Path) > MaxPath || len(req.URL.Path) < MaxPath-3 || len(req.RequestURI) > 3*MaxPath+10 || len(req.Method) > maxMethod {
			t.Errorf("%s: a path of %d bytes, %d in the target, a method of %d", name, len(req.URL.Path), len(req.RequestURI), len(req.Method))
		}
		again, err := ParseHead(AppendHead(nil, req))
		if err != nil || again.URL.Path != req.URL.Path || again.URL.RawQuery != req.URL.RawQuery {
			t.Errorf("%s: repaired to another path: %v", name, err)
		}
	}
}

func TestStationsAreBounded(t *testing.T) {
	s := StationFromHeader(http.Header{"Ice-Name": {strings.Repeat("\xe9", 1000)}, "Ice-Url": {"http://" + strings.Repeat("a", 2000)}, "Icy-Genre": {"Rock"},
		"User-Agent": {strings.Repeat("\xe9", 500)}}, "")
	if len(s.Name) != MaxWord || !utf8.ValidString(s.Name) || s.URL != "" || s.Genre != "Rock" || len(s.Agent) != MaxAgent {
		t.Errorf("a name of %d bytes, an agent of %d, and %+v", len(s.Name), len(s.Agent), s)
	}
}

func TestReasonsAreBounded(t *testing.T) {
	r, err := ParseReply([]byte("HTTP/1.0 500 " + strings.Repeat("x", 9000) + "\r\n\r\n"))
	if err != nil || len(r.Reason) != maxReason {
		t.Errorf("%d bytes, %v", len(r.Reason), err)
	}
}

func TestCutText(t *testing.T) {
	for text, want := range map[string]string{"abc": "abc", "abcdef": "abcd", "abcé": "abc", "ab\U0001F600": "ab", "\x81\x81\x81\x81\x81\x81\x81\x81": "\x81\x81\x81\x81", "": ""} {
		if got := CutText(text, 4); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	if CutText("é", 0) != "" || CutText("ééé", 1) != "" {
		t.Error("half a character")
	}
}

func TestKeptRequestsHoldFewFields(t *testing.T) {
	req, err := ParseHead([]byte("GET /live?key HTTP/1.1\r\nAuthorization: Bearer x\r\nX-Junk: y\r\nHost: h\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	req.RemoteAddr = "192.0.2.1:5"
	kept := Keep(req, "Authorization", "Cookie")
	if len(kept.Header) != 1 || kept.Header.Get("Authorization") != "Bearer x" || kept.URL.Path != "/live" || kept.Method != "GET" || kept.RemoteAddr != req.RemoteAddr {
		t.Errorf("%+v", kept)
	}
}

// Of a list that proxies have extended, the last elements stay, each of them whole.
func TestListsOfProxiesAreCutBetweenElements(t *testing.T) {
	for _, name := range []string{"X-Forwarded-For", "Forwarded"} {
		for before := range 30 {
			made := strings.Repeat("x", before) + strings.Repeat("198.51.100.7,", 200)
			req, err := ParseHead([]byte("GET / HTTP/1.1\r\n" + name + ": " + made + " 192.0.2.77\r\n\r\n"))
			if err != nil {
				t.Fatal(err)
			}
			list := strings.Split(req.Header.Get(name), ",")
			if list[0] != "198.51.100.7" || list[len(list)-1] != " 192.0.2.77" || len(list) < 50 {
				t.Fatalf("%s: %q", name, list)
			}
		}
	}
}
