package hostile

import (
	"strings"
	"sync"
	"testing"
)

// A trusted proxy may be faulty.
func TestProxyHeaders(t *testing.T) {
	t.Parallel()
	s := openWith(t, strings.Replace(with(`header_timeout = "8s"`), "[limits]", "trusted_proxies = [\"127.0.0.0/8\"]\n[limits]", 1))
	const (
		v2      = "\r\n\r\n\x00\r\nQUIT\n"
		request = "GET /live.m3u HTTP/1.0\r\n\r\n"
		v4      = "\xc0\x00\x02\x01\xc0\x00\x02\x02\x00\x01\x00\x02"
	)
	var cases sync.WaitGroup
	for name, c := range map[string]struct{ text, want string }{
		"version 1":                       {"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + request, "200"},
		"version 1 of an unknown client":  {"PROXY UNKNOWN\r\n" + request, "200"},
		"version 1 that lies of its kind": {"PROXY TCP4 2001:db8::1 192.0.2.2 1 2\r\n" + request, silent},
		"version 1 without ports":         {"PROXY TCP4 192.0.2.1 192.0.2.2\r\n" + request, silent},
		"version 1 with a great port":     {"PROXY TCP4 192.0.2.1 192.0.2.2 99999 2\r\n" + request, silent},
		"version 1 without end":           {"PROXY " + strings.Repeat("a", 10_000), silent},
		"version 2":                       {v2 + "\x21\x11\x00\x0c" + v4 + request, "200"},
		"version 2, local":                {v2 + "\x20\x00\x00\x00" + request, "200"},
		"a family without a transport":    {v2 + "\x21\x10\x00\x0c" + v4 + request, silent},
		"a family alone":                  {v2 + "\x21\x10\x00\x00" + request, silent},
		"a family without an address":     {v2 + "\x21\x11\x00\x00" + request, silent},
		"a family of IPv6, half":          {v2 + "\x21\x21\x00\x0c" + v4 + request, silent},
		"a family of sockets":             {v2 + "\x21\x31\x00\x0c" + v4 + request, silent},
		"a family that is none":           {v2 + "\x21\xff\x00\x0c" + v4 + request, silent},
		"a version that is none":          {v2 + "\xf1\x11\x00\x0c" + v4 + request, silent},
		"a length that never comes":       {v2 + "\x21\x11\xff\xff" + v4, silent},
		"more of it without end":          {v2 + "\x21\x11\xff\xff" + v4 + strings.Repeat("\x04\x00\x01\x00", 20_000), silent},
		"half":                            {v2[:7], "400"},
		"half, then a request":            {v2[:7] + request, "400"},
		"twice":                           {"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nPROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + request, "400"},
	} {
		beside(t, &cases, name, func(t *testing.T) {
			answer := s.ask(t, c.text)
			if got := outcome(answer); got != c.want {
				t.Errorf("%s, want %s: %.300q", got, c.want, answer)
			}
			s.settled(t)
		})
	}
	cases.Wait()
}
