package admin

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/icy"
	"relay/mounts"
)

// hostile is what a stranger may put into a title or a name.
const hostile = `</script><script>alert(1)</script>"'><img src=x onerror=alert(2)>` + "\r\nSet-Cookie: a=b"

func newPageHandlers(t *testing.T, toml string) *Handlers {
	t.Helper()
	c, err := conf.Parse("relay.toml", []byte("[auth]\nadmin_password = 'operator'\nsource_password = 'dj-secret'\n"+toml))
	if err != nil {
		t.Fatal(err)
	}
	live := conf.NewLive(c)
	return &Handlers{
		Conf:     live,
		Registry: mounts.NewRegistry(live, zap.NewNop()),
		Gate:     auth.NewGate(live),
		Log:      zap.NewNop(),
		Started:  time.Now(),
	}
}

func attach(t *testing.T, h *Handlers, mount string, station icy.Station, title string) {
	t.Helper()
	in, err := h.Registry.Attach(mount, mounts.Feed{Station: station, Addr: "192.0.2.7"})
	if err != nil {
		t.Fatal(err)
	}
	in.SetTitle(mounts.Title{Text: title})
}

func publicPage(t *testing.T, h *Handlers) string {
	t.Helper()
	w := httptest.NewRecorder()
	h.Page(w, httptest.NewRequest("GET", "/", nil))
	return wholePage(t, w)
}

func adminPage(t *testing.T, h *Handlers) string {
	t.Helper()
	r := httptest.NewRequest("GET", "/admin/", nil)
	r.SetBasicAuth("admin", "operator")
	w := httptest.NewRecorder()
	h.AdminPage(w, r)
	return wholePage(t, w)
}

// wholePage returns a page that was answered in full: templates that fail on
// the way leave half a page behind a 200.
func wholePage(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	body := w.Body.String()
	if w.Code != http.StatusOK || !strings.HasSuffix(body, "</html>\n") {
		t.Fatalf("status %d, page ends with %q", w.Code, body[max(0, len(body)-80):])
	}
	if got := w.Header().Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	return body
}

func contains(t *testing.T, page string, want ...string) {
	t.Helper()
	for _, s := range want {
		if !strings.Contains(page, s) {
			t.Errorf("the page does not contain %q", s)
		}
	}
}

func lacks(t *testing.T, page string, unwanted ...string) {
	t.Helper()
	for _, s := range unwanted {
		if strings.Contains(page, s) {
			t.Errorf("the page contains %q", s)
		}
	}
}

func TestPageShowsAMount(t *testing.T) {
	h := newPageHandlers(t, "[server]\npublic_url = 'https://radio.example'\n")
	attach(t, h, "/a b/50%", icy.Station{Name: "Blue Hour", BitRate: 128, URL: "https://blue.example/"}, "Monk – Ruby, My Dear")
	contains(t, publicPage(t, h),
		"<title>Blue Hour</title>", ">Blue Hour</h2>", ">Monk – Ruby, My Dear</p>",
		`data-mount="https://radio.example/a%20b/50%25"`, // the address in the status JSON
		`data-src="./a%20b/50%25"`, `href="./a%20b/50%25.m3u"`, `href="./a%20b/50%25.pls"`,
		`href="https://blue.example/"`,
		">Live<", ">0 listeners<", ">128 kbit/s MP3<", `<section id="empty" hidden>`)
	contains(t, adminPage(t, h), `data-src="../a%20b/50%25"`, `href="../a%20b/50%25.m3u"`)
}

func TestPageFallsBack(t *testing.T) {
	h := newPageHandlers(t, "")
	attach(t, h, "/described", icy.Station{Description: "Quiet until the morning"}, "")
	attach(t, h, "/silent", icy.Station{}, "")
	contains(t, publicPage(t, h), ">/described</h2>", ">Quiet until the morning</p>",
		">/silent</h2>", `data-f="now"></p>`, ">MP3<")
}

func TestPageEscapesStrangersWords(t *testing.T) {
	h := newPageHandlers(t, "")
	station := icy.Station{Name: hostile, Description: hostile, Genre: hostile, URL: hostile, AudioInfo: hostile, Agent: hostile}
	attach(t, h, "/titled", station, hostile)
	attach(t, h, "/described", station, "")
	attach(t, h, `/"><script>alert(1)<`, icy.Station{URL: "javascript:alert(1)"}, "")
	attach(t, h, "/linked", icy.Station{URL: `https://x.example/"onclick="alert(1)`}, "")
	for name, page := range map[string]string{"public": publicPage(t, h), "admin": adminPage(t, h)} {
		t.Run(name, func(t *testing.T) {
			lacks(t, page, "<script>", "<img", `"onclick`, "javascript:", "ZgotmplZ")
			contains(t, page, "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&gt;&lt;img")
			if n := strings.Count(page, "<script"); n != 1 {
				t.Errorf("%d scripts, want the page's own", n)
			}
		})
	}
}

func TestPageWithoutMountsSaysHowToConnect(t *testing.T) {
	h := newPageHandlers(t, "[server]\nhostname = 'radio.example'\nlisten = [':8010']\n")
	for name, page := range map[string]string{"public": publicPage(t, h), "admin": adminPage(t, h)} {
		t.Run(name, func(t *testing.T) {
			contains(t, page, "Nothing is on the air", `<section id="empty">`, ">radio.example</code>", ">8010</code>", "<code>source</code>")
			lacks(t, page, "<article", "dj-secret", "operator'")
		})
	}
}

func TestPageKeepsAnUnusualUserName(t *testing.T) {
	h := newPageHandlers(t, "source_user = 'nightowl'\n")
	lacks(t, publicPage(t, h), "nightowl")
	contains(t, adminPage(t, h), "<code>nightowl</code>", "icecast://nightowl:PASSWORD@")
}

func TestHiddenMountsAreForTheOperator(t *testing.T) {
	h := newPageHandlers(t, "[[mount]]\nname = '/backstage'\nhidden = true\n")
	attach(t, h, "/backstage", icy.Station{Name: "Line check"}, "one two")
	attach(t, h, "/live", icy.Station{Name: "Blue Hour"}, "")
	public := publicPage(t, h)
	contains(t, public, "Blue Hour")
	lacks(t, public, "backstage", "Line check", "one two", "192.0.2.7")
	contains(t, adminPage(t, h), "Blue Hour", "/backstage", "Line check", "one two", ">Hidden<")
}

func TestAdminPageShowsSources(t *testing.T) {
	h := newPageHandlers(t, "")
	attach(t, h, "/live", icy.Station{Name: "Blue Hour", Agent: "butt 0.1.40"}, "")
	public := publicPage(t, h)
	lacks(t, public, "butt 0.1.40", "192.0.2.7", "Received")
	contains(t, adminPage(t, h), "butt 0.1.40", "192.0.2.7", "Received", "Sent", "How sources connect")
}

func TestAdminPageNeedsTheLogin(t *testing.T) {
	h := newPageHandlers(t, "")
	attach(t, h, "/live", icy.Station{Name: "Blue Hour"}, "")
	logins := map[string]func(*http.Request){
		"none":           func(*http.Request) {},
		"wrong password": func(r *http.Request) { r.SetBasicAuth("admin", "guess") },
		"a source's":     func(r *http.Request) { r.SetBasicAuth("source", "dj-secret") },
	}
	for name, login := range logins {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/admin/", nil)
			login(r)
			w := httptest.NewRecorder()
			h.AdminPage(w, r)
			if w.Code != http.StatusUnauthorized || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Basic ") {
				t.Errorf("status %d, WWW-Authenticate %q", w.Code, w.Header().Get("WWW-Authenticate"))
			}
			lacks(t, w.Body.String(), "Blue Hour")
		})
	}
}

// The policy lets in what carries the nonce of this one answer, and the page
// carries it.
func TestPagePolicy(t *testing.T) {
	h := newPageHandlers(t, "")
	nonce := regexp.MustCompile(`'nonce-([A-Z2-7]{26})'`)
	seen := map[string]bool{}
	for range 2 {
		w := httptest.NewRecorder()
		h.Page(w, httptest.NewRequest("GET", "/", nil))
		policy := w.Header().Get("Content-Security-Policy")
		contains(t, policy, "default-src 'none'", "media-src 'self'", "connect-src 'self'")
		lacks(t, policy, "unsafe")
		match := nonce.FindStringSubmatch(policy)
		if match == nil {
			t.Fatalf("no nonce in %q", policy)
		}
		contains(t, w.Body.String(), `<script nonce="`+match[1]+`">`, `<style nonce="`+match[1]+`">`)
		seen[match[1]] = true
	}
	if len(seen) != 2 {
		t.Error("a nonce was used twice")
	}
}

func TestPageIsSmallAndAsksNobodyElse(t *testing.T) {
	if len(pageHTML) > 30_000 {
		t.Errorf("the page has %d bytes", len(pageHTML))
	}
	rest := strings.ReplaceAll(pageHTML, "http://www.w3.org/2000/svg", "")
	lacks(t, rest, "http://", "https://", "src=\"//", "@import", "innerHTML", " style=", " onclick=")
}

func TestByteText(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 kB", 999_949: "999.9 kB", 999_950: "1.0 MB", 1_250_000_000: "1.2 GB", 1 << 62: "4.6 EB",
	} {
		if got := byteText(n); got != want {
			t.Errorf("byteText(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestTimeText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0 s", 59 * time.Second: "59 s", 61 * time.Second: "1 min",
		125 * time.Minute: "2 h 5 min", 50 * time.Hour: "2 d 2 h",
	} {
		if got := timeText(d); got != want {
			t.Errorf("timeText(%v) = %q, want %q", d, got, want)
		}
	}
}
