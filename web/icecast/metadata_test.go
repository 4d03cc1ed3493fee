package icecast

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/auth"
	"relay/conf"
	"relay/mounts"
)

// titling returns a server with one source on /live, whose title can be set.
func titling(t *testing.T, settings string) (h *Handlers, source *mounts.Input, log *observer.ObservedLogs) {
	t.Helper()
	c, err := conf.Parse("relay.toml", []byte("[auth]\nadmin_password = 'adminpass'\nsource_password = 'hackme'\n[[mount]]\nname = '/live'\n"+settings))
	if err != nil {
		t.Fatal(err)
	}
	live := conf.NewLive(c)
	registry := mounts.NewRegistry(live, nil, zap.NewNop())
	source, err = registry.Attach("/live", mounts.Feed{Kind: mounts.LiveSource})
	if err != nil {
		t.Fatal(err)
	}
	core, log := observer.New(zap.DebugLevel)
	return &Handlers{Conf: live, Registry: registry, Gate: auth.NewGate(live, zap.NewNop()), Traffic: noTraffic{}, Log: zap.New(core)}, source, log
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

// A title by POST is read like one by GET, however the form is encoded.
func TestTitlesByPost(t *testing.T) {
	multipart := "--x\r\nContent-Disposition: form-data; name=\"song\"\r\n\r\nBy & Post\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\nupdinfo\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"mount\"\r\n\r\n/live\r\n--x--\r\n"
	for _, tt := range []struct {
		query, kind, body string
		status            int
		want              string
	}{
		{"", "application/x-www-form-urlencoded", "mount=/live&mode=updinfo&song=By%20Post", 200, "By Post"},
		{"", "application/x-www-form-urlencoded", "mount=/live&mode=updinfo&song=By & Post\r\n", 200, "By & Post"},
		{"?mount=/live&mode=updinfo", "application/x-www-form-urlencoded", "song=By+Post", 200, "By Post"},
		{"?mount=/live&mode=updinfo&song=Address", "application/x-www-form-urlencoded", "song=Body", 200, "Address"},
		{"?mount=/live&mode=updinfo&song=Address", "", "", 200, "Address"},
		{"", "", "mount=/live&mode=updinfo&song=No+type", 200, "No type"},
		{"", "text/plain", "mount=/live&mode=updinfo&song=Plain", 200, "Plain"},
		{"", "application/x-www-form-urlencoded; charset=cp1251", "mount=/live&mode=updinfo&song=%cf%f0", 200, "Пр"},
		{"", "application/x-www-form-urlencoded; charset=cp1251", "mount=/live&mode=updinfo&song=Caf%e9&charset=latin1", 200, "Café"},
		{"", "multipart/form-data; boundary=x", multipart, 200, "By & Post"},
		{"", "multipart/form-data", multipart, 400, ""},
		{"", "application/x-www-form-urlencoded", "mount=/live&mode=updinfo", 200, ""},
		{"", "application/x-www-form-urlencoded", "", 400, ""},
		{"", "application/x-www-form-urlencoded", "mount=/live&mode=updinfo&song=" + strings.Repeat("x", 20<<10), 413, ""},
		{"", "multipart/form-data; boundary=x", strings.Replace(multipart, "By", strings.Repeat("x", 20<<10), 1), 413, ""},
	} {
		h, source, _ := titling(t, "")
		req := httptest.NewRequest(http.MethodPost, "/admin/metadata"+tt.query, strings.NewReader(tt.body))
		req.Header.Set("Content-Type", tt.kind)
		req.SetBasicAuth("source", "hackme")
		w := httptest.NewRecorder()
		h.Metadata(w, req)
		if got := titleOf(source).Text; w.Code != tt.status || got != tt.want {
			t.Errorf("%q, %s, %.60q: %d %s, title %q; want %d, %q", tt.query, tt.kind, tt.body, w.Code, w.Body, got, tt.status, tt.want)
		}
	}
	h, source, _ := titling(t, "")
	req := httptest.NewRequest(http.MethodPost, "/admin.cgi", strings.NewReader("mode=updinfo&pass=hackme&mount=/live&song=By+CGI"))
	w := httptest.NewRecorder()
	h.AdminCGI(w, req)
	if got := titleOf(source).Text; w.Code != http.StatusOK || got != "By CGI" {
		t.Errorf("admin.cgi: %d %s, title %q", w.Code, w.Body, got)
	}
}

// A request for a title may write the mount and the login in each way that a source may
// write them.
func TestMountsAndLoginsOfTitles(t *testing.T) {
	for _, tt := range []struct{ mount, user, password, want string }{
		{"/live", "source", "hackme", "x"},
		{"//live", "source", "hackme", "x"},
		{"/live/", "source", "hackme", "x"},
		{"/live?prio=3", "source", "hackme", "x"},
		{"/", "source", "hackme", "x"}, // the mount of sources that name none
		{"/live", "source", "source:hackme", "x"},
		{"/live", "source", "source,hackme", "x"},
		{"/live", "", "source:hackme", "x"},
		{"/live", "dj", "source:hackme", ""},
		{"/live", "source", "source:wrong", ""},
		{"/other", "source", "hackme", ""},
	} {
		h, source, _ := titling(t, "[server]\nshoutcast_mount = '/live'\n")
		req := httptest.NewRequest(http.MethodGet, "/admin/metadata?mode=updinfo&song=x&mount="+url.QueryEscape(tt.mount), nil)
		req.SetBasicAuth(tt.user, tt.password)
		w := httptest.NewRecorder()
		h.Metadata(w, req)
		if got := titleOf(source).Text; got != tt.want {
			t.Errorf("%s by %q, %q: %d, title %q, want %q", tt.mount, tt.user, tt.password, w.Code, got, tt.want)
		}
	}
}

func FuzzReadForm(f *testing.F) {
	f.Add("application/x-www-form-urlencoded; charset=x", "song=A & B&mode=updinfo")
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"song\"\r\n\r\nA\r\n--x--\r\n")
	f.Fuzz(func(t *testing.T, kind, body string) {
		req := httptest.NewRequest(http.MethodPost, "/admin/metadata", strings.NewReader(body))
		req.Header.Set("Content-Type", kind)
		form, _, err := readForm(httptest.NewRecorder(), req)
		if err == nil && len(form) > 4*maxForm {
			t.Errorf("%d bytes of %d", len(form), len(body))
		}
	})
}
