package admin

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/auth"
	"relay/conf"
	"relay/mounts"
)

// titling is a server with one source on /live, and titles that can be set there.
func titling(t *testing.T, settings string) (h *Handlers, source *mounts.Input, log *observer.ObservedLogs) {
	t.Helper()
	c, err := conf.Parse("relay.toml", []byte("[auth]\nadmin_password = 'adminpass'\nsource_password = 'hackme'\n[[mount]]\nname = '/live'\n"+settings))
	if err != nil {
		t.Fatal(err)
	}
	live := conf.NewLive(c)
	registry := mounts.NewRegistry(live, zap.NewNop())
	source, err = registry.Attach("/live", mounts.Feed{Kind: mounts.Live})
	if err != nil {
		t.Fatal(err)
	}
	core, log := observer.New(zap.DebugLevel)
	return &Handlers{Conf: live, Registry: registry, Gate: auth.NewGate(live), Log: zap.New(core)}, source, log
}

// titleOf returns the title of the mount's first input.
func titleOf(in *mounts.Input) mounts.Title { return in.Mount.Inputs()[0].Title }

func TestCharsetsOfTitles(t *testing.T) {
	for _, tt := range []struct{ query, mount, want, unknown string }{
		{"song=Caf%e9", "", "Café", ""},
		{"song=Caf%c3%a9", "", "Café", ""},
		{"song=Caf%e9&charset=latin1", "", "Café", ""},
		{"song=%b6%f3%b5%f0%bf%c0&charset=cp949", "", "라디오", ""},
		{"song=%a4uro&charset=latin9", "", "€uro", ""},
		{"song=%a4uro&charset=Latin-9", "", "€uro", ""},
		{"song=%cf%f0&charset=win1251", "", "Пр", ""},
		{"song=%cf%f0&charset=CP1251", "", "Пр", ""},
		{"song=%83%89%83W%83I&charset=cp932", "", "ラジオ", ""},
		{"charset=KOI8R&song=%f2%c1%c4%c9%cf", "", "Радио", ""},
		{"song=Caf%e9&charset=klingon", "", "Café", "klingon"},
		{"song=Caf%c3%a9&charset=x-unknown", "", "Café", "x-unknown"},
		{"song=%cf%f0&charset=klingon", "cp1251", "Пр", "klingon"},
		{"song=%cf%f0", "cp1251", "Пр", ""},
		{"artist=Bj%f6rk&title=J%f3ga&charset=latin9", "", "Björk - Jóga", ""},
		{"song=%ef%bb%bfCaf%c3%a9", "", "Café", ""},
		{"song=Caf%e9&charset=replacement", "", "Café", "replacement"},
		{"song=Caf%e9&charset=", "", "Café", ""},
	} {
		settings := ""
		if tt.mount != "" {
			settings = "charset = '" + tt.mount + "'\n"
		}
		h, source, log := titling(t, settings)
		for i, target := range []string{
			"/admin/metadata?mode=updinfo&mount=" + url.QueryEscape("/live") + "&" + tt.query,
			"/admin.cgi?mode=updinfo&mount=/live&pass=hackme&" + tt.query,
		} {
			source.SetTitle(mounts.Title{})
			req := httptest.NewRequest(http.MethodGet, target, nil)
			w := httptest.NewRecorder()
			if i == 0 {
				req.SetBasicAuth("source", "hackme")
				h.Metadata(w, req)
			} else {
				h.AdminCGI(w, req)
			}
			if got := titleOf(source).Text; w.Code != http.StatusOK || got != tt.want {
				t.Errorf("%s: %d, title %q, want %q", target, w.Code, got, tt.want)
			}
		}
		told := log.FilterField(zap.String("charset", tt.unknown)).Len()
		if tt.unknown != "" && told == 0 || tt.unknown == "" && log.Len() > 0 {
			t.Errorf("%s: %v in the log", tt.query, log.All())
		}
	}
}
