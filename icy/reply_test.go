package icy

import (
	"errors"
	"strings"
	"testing"
)

func TestParseReply(t *testing.T) {
	tests := []struct {
		name, head string
		status     int // 0: not an answer
		reason     string
		station    string
		metaint    int
	}{
		{"Icecast", "HTTP/1.0 200 OK\r\nicy-name:Lab\r\nicy-metaint:16000\r\n\r\n", 200, "OK", "Lab", 16000},
		{"SHOUTcast", "ICY 200 OK\r\nicy-notice1:<BR>\r\nicy-name:Lab\r\nicy-metaint:8192\r\n\r\n", 200, "OK", "Lab", 8192},
		{"SHOUTcast, full", "ICY 401 Service Unavailable\r\n\r\n", 401, "Service Unavailable", "", 0},
		{"LF alone, any case", "HTTP/1.1 200 OK\nICY-NAME: Lab\nIcy-MetaInt: 10\n\n", 200, "OK", "Lab", 10},
		{"ice- lines", "HTTP/1.0 200 OK\r\nice-name: Lab\r\n\r\n", 200, "OK", "Lab", 0},
		{"no reason", "HTTP/1.1 404\r\n\r\n", 404, "", "", 0},
		{"lines that are none", "HTTP/1.0 200 OK\r\n<html>\r\nicy-name:Lab\r\n\r\n", 200, "OK", "Lab", 0},
		{"a request", "GET / HTTP/1.0\r\n\r\n", 0, "", "", 0},
		{"a status that is none", "HTTP/1.0 2000 OK\r\n\r\n", 0, "", "", 0},
		{"words", "HTTP/1.0 OK\r\n\r\n", 0, "", "", 0},
		{"audio", "\xff\xfb\x90\x64\r\n\r\n", 0, "", "", 0},
		{"nothing", "\r\n\r\n", 0, "", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseReply([]byte(tt.head))
			if (tt.status == 0) != errors.Is(err, ErrNotAnswer) || got.Status != tt.status || got.Reason != tt.reason {
				t.Fatalf("got %+v, %v", got, err)
			}
			if name := StationFromHeader(got.Header, "").Name; name != tt.station {
				t.Errorf("station %q", name)
			}
			if n := InlineMetaint(got.Header); n != tt.metaint {
				t.Errorf("metaint %d", n)
			}
		})
	}
}

func FuzzParseReply(f *testing.F) {
	f.Add([]byte("HTTP/1.0 200 OK\r\nicy-name:Lab\r\nicy-metaint:16000\r\n\r\n"))
	f.Add([]byte("ICY 200 OK\nicy-br:128,128\n folded\n\n"))
	f.Add([]byte("HTTP/1.1 302 Found\r\nLocation: http://\xff/\r\n\r\n"))
	f.Fuzz(func(t *testing.T, head []byte) {
		reply, err := ParseReply(head)
		if err != nil {
			return
		}
		if reply.Status < 100 || reply.Status > 999 || reply.Header == nil {
			t.Errorf("%q gave %+v", head, reply)
		}
		for name, values := range reply.Header {
			for _, value := range values {
				clean := printable(value)
				if strings.HasPrefix(name, "Icy-") || strings.HasPrefix(name, "Ice-") { // these keep the charset in which they were sent
					clean = withoutControls(value)
				}
				if value != clean {
					t.Errorf("control characters in %s: %q", name, value)
				}
			}
		}
	})
}
