package metrics

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"

	"relay/auth"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/mounts"
)

// newServer returns a server without connections.
func newServer(live *conf.Live) *Server {
	return &Server{
		Conf: live, Registry: mounts.NewRegistry(live, nil, zap.NewNop()), Gate: auth.NewGate(live, zap.NewNop()),
		Traffic: noTraffic{},
	}
}

type noTraffic struct{}

func (noTraffic) Open() int64     { return 0 }
func (noTraffic) Accepted() int64 { return 0 }

// playing returns the labels of all series of relay_mount_input that are 1, such as
// `input="live",mount="/a"`.
func playing(t *testing.T, s *Server, operator bool) (inputs []string) {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	if operator {
		req.SetBasicAuth("admin", "adminpass")
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, req)
	for line := range strings.Lines(w.Body.String()) {
		if labels, is := strings.CutSuffix(line, "} 1\n"); is && strings.HasPrefix(line, "relay_mount_input{") {
			inputs = append(inputs, strings.TrimPrefix(labels, "relay_mount_input{"))
		}
	}
	return inputs
}

// A mount that is declared by name waits before its first source and after its last.
func TestDeclaredMountWithoutSourceWaits(t *testing.T) {
	c, err := conf.Parse("relay.toml", []byte(`
[auth]
admin_password = "adminpass"
[[mount]]
name = "/live"
[[mount]]
name = "/secret"
[[mount]]
name = "/*"
grace = "0s"
[[mount]]
name = "/se*"
hidden = true
`))
	if err != nil {
		t.Fatal(err)
	}
	live := conf.NewLive(c)
	s := newServer(live)
	holds := func(operator bool, want ...string) {
		t.Helper()
		if got := playing(t, s, operator); !slices.Equal(got, want) {
			t.Errorf("it plays %q, want %q", got, want)
		}
	}
	holds(false, `input="waiting",mount="/live"`)
	holds(true, `input="waiting",mount="/live"`, `input="waiting",mount="/secret"`)

	source, err := s.Registry.Attach("/live", mounts.Feed{Kind: mounts.LiveSource})
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.Registry.Attach("/undeclared", mounts.Feed{Kind: mounts.LiveSource})
	if err != nil {
		t.Fatal(err)
	}
	holds(false, `input="waiting",mount="/live"`, `input="waiting",mount="/undeclared"`)
	for _, in := range []*mounts.Input{source, other} {
		header := frametest.Header(128000, 44100, 2)
		in.Write(mp3.Frame{Header: header, Data: frametest.Numbered(header, 1)}.Unit())
	}
	holds(false, `input="live",mount="/live"`, `input="live",mount="/undeclared"`)

	gone, stop := s.Registry.Watch()
	defer stop()
	source.Detach()
	other.Detach()
	for len(s.Registry.List()) > 0 {
		<-gone
	}
	holds(false, `input="waiting",mount="/live"`)
}

// A mount that a relay or an encoder feeds has its series from the start, and keeps
// them after its end.
func TestPromisedMountsAreWatched(t *testing.T) {
	live := conf.NewLive(conf.Default())
	s := newServer(live)
	s.Registry.Promise("/pulled", false)
	s.Registry.Promise("/asleep", true)
	all := func() string {
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return w.Body.String()
	}
	holds := func(when string, want ...string) {
		t.Helper()
		text := all()
		for _, line := range want {
			if !strings.Contains(text, line+"\n") {
				t.Errorf("%s: no %s", when, line)
			}
		}
	}
	waits := []string{
		`relay_mount_input{input="relay",mount="/pulled"} 0`,
		`relay_mount_input{input="waiting",mount="/pulled"} 1`,
		`relay_mount_listeners{mount="/pulled"} 0`,
		`relay_mount_source_too_slow{mount="/pulled"} 0`,
		`relay_mount_source_bytes_per_second{mount="/pulled"} 0`,
		`relay_mount_on_fallback{mount="/pulled"} 0`,
		`relay_mount_input_start_timestamp_seconds{mount="/pulled"} 0`,
		`relay_mount_listener_leaves_total{mount="/pulled",reason="left"} 0`,
	}
	holds("at the start", append(waits, `relay_mount_received_bytes_total{mount="/pulled"} 0`,
		`relay_mount_input{input="asleep",mount="/asleep"} 1`, `relay_mount_input{input="waiting",mount="/asleep"} 0`)...)
	before := len(strings.Split(all(), "/pulled"))

	in, err := s.Registry.Attach("/pulled", mounts.Feed{Kind: mounts.Relayed})
	if err != nil {
		t.Fatal(err)
	}
	header := frametest.Header(128000, 44100, 2)
	in.Write(mp3.Frame{Header: header, Data: frametest.Numbered(header, 1)}.Unit())
	holds("when it plays", `relay_mount_input{input="relay",mount="/pulled"} 1`, `relay_mount_input{input="waiting",mount="/pulled"} 0`,
		`relay_mount_stream_bytes_per_second{mount="/pulled"} 16000`)
	if n := len(strings.Split(all(), "/pulled")); n != before {
		t.Errorf("%d series when it plays, %d before", n, before)
	}
	gone, stop := s.Registry.Watch()
	defer stop()
	in.Detach()
	for len(s.Registry.List()) > 0 {
		<-gone
	}
	holds("when it has gone", append(waits, `relay_mount_received_bytes_total{mount="/pulled"} 417`)...)
}
