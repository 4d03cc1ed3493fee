package icy_test

import (
	"net/http"
	"testing"

	"relay/icy"
)

// Station words are decoded like titles, in every dialect.
func TestWordsOfAStation(t *testing.T) {
	request := func(method string) func(string) (http.Header, error) {
		return func(fields string) (http.Header, error) {
			req, err := icy.ParseHead([]byte(method + " /live HTTP/1.0\r\n" + fields + "\r\n"))
			if err != nil {
				return nil, err
			}
			return req.Header, nil
		}
	}
	dialects := map[string]struct {
		prefix string
		read   func(fields string) (http.Header, error)
	}{
		"PUT":          {"ice-", request("PUT")},
		"SOURCE":       {"Ice-", request("SOURCE")},
		"SOURCE, icy-": {"icy-", request("SOURCE")},
		"SHOUTcast": {"icy-", func(fields string) (http.Header, error) {
			return icy.ParseSourceHead([]byte(fields + "\r\n"))
		}},
		"another server": {"icy-", func(fields string) (http.Header, error) {
			reply, err := icy.ParseReply([]byte("ICY 200 OK\r\n" + fields + "\r\n"))
			return reply.Header, err
		}},
	}
	for _, tt := range []struct{ raw, charset, want string }{
		{"R\xe4dio", "", "Rädio"},
		{"Rädio", "", "Rädio"},
		{"\x93R\xe4dio\x94", "UTF-8", "“Rädio”"},
		{"\xd0\xe0\xe4\xe8\xee", "windows-1251", "Радио"},
		{"Радио", "windows-1251", "Радио"},
		{"\xb6\xf3\xb5\xf0\xbf\xc0", "cp949", "라디오"},
		{"\xef\xbb\xbfRädio", "", "Rädio"},
		{"R\x00\x1b\xe4\x7fdio", "", "R  ä dio"},
		{"a\u0085b\u202ec", "", "a b c"},
	} {
		for name, dialect := range dialects {
			fields := ""
			for _, field := range []string{"name", "description", "genre", "url"} {
				fields += dialect.prefix + field + ": " + tt.raw + "\r\n"
			}
			header, err := dialect.read(fields)
			if err != nil {
				t.Fatal(err)
			}
			s := icy.StationFromHeader(header, tt.charset)
			for _, got := range []string{s.Name, s.Description, s.Genre, s.URL} {
				if got != tt.want {
					t.Errorf("%s: %q in %q is %q, want %q", name, tt.raw, tt.charset, got, tt.want)
				}
			}
		}
	}
}

// All other fields become UTF-8 at once: logs, lists and other heads use them as they
// are.
func TestOtherFieldsAreUTF8(t *testing.T) {
	req, err := icy.ParseHead([]byte("GET / HTTP/1.0\r\nUser-Agent: Pl\xe4yer\r\nX-Raw: a\xff\x00b\r\n folded \xe4\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if agent, raw := req.UserAgent(), req.Header.Get("X-Raw"); agent != "Pläyer" || raw != "aÿ b folded ä" {
		t.Errorf("%q, %q", agent, raw)
	}
}
