package conf

import (
	"testing"
	"time"
)

func TestRelays(t *testing.T) {
	c := parse(t, `
[[relay]]
url = "http://other.example:8000/live"
[[relay]]
url = "https://other.example/stream?x=1"
mount = "/theirs"
on_demand = true
user = "me"
password = "secret"
[master]
url = "http://master.example:8000"
password = "hackme"
interval = "30s"
`)
	if len(c.Relays) != 2 || c.Relays[0].Mount != "/live" || c.Relays[1].Mount != "/theirs" ||
		!c.Relays[1].OnDemand || c.Relays[1].User != "me" || c.Relays[1].Password.Reveal() != "secret" {
		t.Errorf("got %+v", c.Relays)
	}
	if c.Master.User != "relay" || c.Master.Password.Reveal() != "hackme" || time.Duration(c.Master.Interval) != 30*time.Second {
		t.Errorf("got %+v", c.Master)
	}
}

// The mount of a relay whose configuration does not name one.
func TestMountsOfRelays(t *testing.T) {
	for address, want := range map[string]string{
		"http://other.example:9000/":                    "/stream",
		"http://other.example:9000":                     "/stream",
		"http://other.example:9000/;":                   "/stream",
		"http://other.example:9000/;stream.mp3":         "/stream",
		"http://other.example:9000/?x=1":                "/stream",
		"http://other.example:9000/live/;":              "/live",
		"http://other.example:9000/live/":               "/live",
		"http://other.example:9000//live":               "/live",
		"http://other.example:9000/live":                "/live",
		"http://other.example:9000/a/b.mp3":             "/a/b.mp3",
		"http://other.example:9000/a/live.m3u8?k=1":     "/a/live",
		"http://other.example:9000/'\nmount = '/theirs": "/theirs",
	} {
		c := parse(t, "[[relay]]\nurl = '"+address+"'\n")
		if c.Relays[0].Mount != want {
			t.Errorf("%s is heard at %s, want %s", address, c.Relays[0].Mount, want)
		}
	}
}

func TestRelayErrors(t *testing.T) {
	for text, want := range map[string]string{
		"[[relay]]\nmount = '/a'":                                                            `relay.toml:1: relay.url: needs the address of a stream, such as url = "http://radio.example.org:8000/live"`,
		"[[relay]]\nurl = 'http://other.example:8000/admin'":                                 `relay.toml:1: relay.mount: is kept for the server's own pages`,
		"[[relay]]\nurl = 'http://a.example/'\n[[relay]]\nurl = 'http://b.example'":          `relay.toml:3: relay.mount: is already pulled on line 2: each mount has one relay`,
		"[[relay]]\nurl = 'rtsp://other.example/live'":                                       `relay.toml:2: relay.url = "rtsp://other.example/live": must be the address of a stream, such as "http://radio.example.org:8000/live"`,
		"[[relay]]\nurl = 'http://a.example/live'\n[[relay]]\nurl = 'http://b.example/live'": `relay.toml:3: relay.mount: is already pulled on line 2: each mount has one relay`,
		"[[relay]]\nurl = 'http://a.example/live'\nmount = 'live'":                           `relay.toml:3: relay.mount = "live": must start with "/", such as "/live"`,
		"[master]\nurl = 'http://a.example/live'":                                            `relay.toml:2: master.url = "http://a.example/live": must be the address of a server, such as "http://radio.example.org:8000"`,
		"[master]\ninterval = '1ms'":                                                         `relay.toml:2: master.interval = "1ms": must be at least 1s`,
	} {
		if _, err := Parse("relay.toml", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
