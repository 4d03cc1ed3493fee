package pages

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gorilla/mux"
	"go.uber.org/zap"

	"relay/auth"
	"relay/codec/known"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/icy"
	"relay/mounts"
)

// house is a configuration with a public page.
const house = `
[auth]
source_password = "hackme"
admin_password = "operator"
[[mount]]
name = "/live"
[[mount]]
name = "/hidden"
hidden = true
[[mount]]
name = "/own"
source_user = "secret-user"
source_password = "own"
`

func newHandlers(t testing.TB, toml string) *Handlers {
	t.Helper()
	c, err := conf.Parse("relay.toml", []byte(toml))
	if err != nil {
		t.Fatal(err)
	}
	live := conf.NewLive(c)
	registry := mounts.NewRegistry(live, nil, zap.NewNop())
	t.Cleanup(registry.Close)
	gate := auth.NewGate(live, zap.NewNop())
	return &Handlers{Conf: live, Registry: registry, Gate: gate, Sessions: auth.NewSessions(gate), Log: zap.NewNop()}
}

func (h *Handlers) broadcast(t testing.TB, mount string, s icy.Station, title mounts.Title) {
	t.Helper()
	h.feed(t, mount, mounts.Feed{Kind: mounts.LiveSource, Station: s}, title)
}

func (h *Handlers) feed(t testing.TB, mount string, feed mounts.Feed, title mounts.Title) {
	t.Helper()
	in, err := h.Registry.Attach(mount, feed)
	if err != nil {
		t.Fatal(err)
	}
	in.SetTitle(title)
	header := frametest.Header(128000, 44100, 2)
	in.Write(mp3.Frame{Header: header, Data: frametest.Numbered(header, 1)}.Unit())
}

// get fetches a page, with a login if there is one ("user:password").
func (h *Handlers) get(t testing.TB, path, login string) *http.Response {
	t.Helper()
	r := mux.NewRouter().SkipClean(true)
	r.HandleFunc("/", h.Public)
	r.HandleFunc("/player/{mount:.+}", h.Player)
	r.HandleFunc("/dj/{mount:.+}", h.DJ)
	r.HandleFunc("/admin/", h.Admin)
	r.HandleFunc("/favicon.ico", h.Icon)
	r.PathPrefix(AssetPrefix).HandlerFunc(h.Assets)
	req := httptest.NewRequest(http.MethodGet, path, nil)
	if user, password, ok := strings.Cut(login, ":"); ok {
		req.SetBasicAuth(user, password)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w.Result()
}

func body(t testing.TB, answer *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWhoSeesWhichPage(t *testing.T) {
	h := newHandlers(t, house)
	for _, test := range []struct {
		path, login string
		status      int
		frames      string
	}{
		{"/", "", 200, "'none'"},
		{"/player/live", "", 200, "*"},
		{"/player/none", "", 404, "*"},
		{"/admin/", "", 401, "'none'"},
		{"/admin/", "admin:wrong", 401, "'none'"},
		{"/admin/", "admin:operator", 200, "'none'"},
		{"/dj/live", "", 401, "'none'"},
		{"/dj/live", "source:hackme", 200, "'none'"},
		{"/dj/own", "source:hackme", 401, "'none'"},
		{"/dj/own", "secret-user:own", 200, "'none'"},
		{"/dj/no-such-mount", "", 401, "'none'"}, // the answer does not show whether it exists
	} {
		answer := h.get(t, test.path, test.login)
		if answer.StatusCode != test.status {
			t.Errorf("%s for %q: %s", test.path, test.login, answer.Status)
		}
		if answer.Header.Get("WWW-Authenticate") != "" {
			t.Errorf("%s makes the browser ask for a password", test.path)
		}
		policy := answer.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors " + test.frames} {
			if !strings.Contains(policy+";", want) {
				t.Errorf("%s: the policy %q lacks %q", test.path, policy, want)
			}
		}
		if h := answer.Header; h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") == "" {
			t.Errorf("%s: %v", test.path, h)
		}
	}
	if strings.Contains(body(t, h.get(t, "/dj/own", "")), "secret-user") {
		t.Error("the login page shows a user name that the owner has chosen")
	}
}

func TestPublicPage(t *testing.T) {
	h := newHandlers(t, house)
	if text := body(t, h.get(t, "/", "")); !strings.Contains(text, `<section id="empty" class="quiet">`) {
		t.Error("the page does not say that nothing is on")
	}
	h.broadcast(t, "/live", icy.Station{Name: "<b>Station</b>", URL: "javascript:alert(1)"}, mounts.Title{Text: "Anna - <i>Song</i>"})
	h.broadcast(t, "/hidden", icy.Station{Name: "Nobody's business"}, mounts.Title{})
	text := body(t, h.get(t, "/", ""))
	for _, want := range []string{"&lt;b&gt;Station&lt;/b&gt;", "&lt;i&gt;Song&lt;/i&gt;", ">Anna<", "0 listeners"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, unwanted := range []string{"<b>Station", "<i>Song", "javascript:", "Nobody&#39;s", "/hidden"} {
		if strings.Contains(text, unwanted) {
			t.Errorf("the page has %s", unwanted)
		}
	}
}

func TestAudienceIsTheOwnersBusiness(t *testing.T) {
	h := newHandlers(t, house+"[page]\nshow_listeners = false\n")
	h.broadcast(t, "/live", icy.Station{}, mounts.Title{})
	for _, path := range []string{"/", "/player/live"} {
		if regexp.MustCompile(`data-f="audience">`).MatchString(body(t, h.get(t, path, ""))) {
			t.Errorf("%s shows how many listen", path)
		}
	}
}

func TestAssets(t *testing.T) {
	h := newHandlers(t, house)
	for _, test := range []struct {
		path, contentType, cache string
		status                   int
	}{
		{asset("relay.css"), "text/css; charset=utf-8", "public, max-age=31536000, immutable", 200},
		{asset("admin/main.js"), "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", 200},
		{"/assets/older/relay.css", "text/css; charset=utf-8", "no-cache", 200},
		{"/favicon.ico", "image/svg+xml", "public, max-age=86400", 200},
		{asset("none.css"), "", "", 404},
		{asset(""), "", "", 404},
		{asset("admin"), "", "", 404},
		{asset("../templates/admin.html"), "", "", 404},
		{asset("..%2f..%2fpages.go"), "", "", 404},
		{"/assets/", "", "", 404},
	} {
		answer := h.get(t, test.path, "")
		if answer.StatusCode != test.status || answer.Header.Get("Cache-Control") != test.cache {
			t.Errorf("%s: %s, %q", test.path, answer.Status, answer.Header.Get("Cache-Control"))
		}
		if test.status == 200 && answer.Header.Get("Content-Type") != test.contentType {
			t.Errorf("%s: %q", test.path, answer.Header.Get("Content-Type"))
		}
	}
}

// The files that a browser fetches for the public page are small.
func TestPublicPageIsSmall(t *testing.T) {
	const most = 100 << 10
	h := newHandlers(t, house)
	h.broadcast(t, "/live", icy.Station{Name: "Station"}, mounts.Title{Text: "Title"})
	sum, fetched := 0, map[string]bool{}
	var fetch func(path string)
	fetch = func(path string) {
		if fetched[path] {
			return
		}
		fetched[path] = true
		answer := h.get(t, path, "")
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", path, answer.Status)
		}
		text := body(t, answer)
		sum += len(text)
		for _, found := range regexp.MustCompile(`/assets/[^"]+`).FindAllString(text, -1) {
			fetch(found)
		}
		for _, found := range regexp.MustCompile(`(?m)(?:from|^import|@import) "(?:\./)?([^"/]+)"`).FindAllStringSubmatch(text, -1) {
			fetch(asset(found[1]))
		}
	}
	fetch("/")
	if len(fetched) < 8 {
		t.Fatalf("only %v was found", fetched)
	}
	if sum > most {
		t.Errorf("the page takes %d bytes, more than %d", sum, most)
	}
	t.Logf("%d bytes in %d files", sum, len(fetched))
}

// A text from a stranger cannot become markup.
func TestNothingMakesMarkupOfText(t *testing.T) {
	dangers := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|DOMParser|https?://[a-z0-9.]+\.[a-z]{2,}/.*\.(js|css)`)
	var look func(dir string)
	look = func(dir string) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			path := dir + "/" + entry.Name()
			if entry.IsDir() {
				look(path)
				continue
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if found := dangers.Find(text); found != nil {
				t.Errorf("%s: %s", path, found)
			}
		}
	}
	look("assets")
	look("templates")
}

// A listener finds a programme once, with its formats to choose.
func TestRenditionsAreFormatsOfOneCard(t *testing.T) {
	h := newHandlers(t, house+"[[mount]]\nname = \"/main\"\n[[mount.rendition]]\nname = \"/small\"\nbitrate = 64\n")
	h.broadcast(t, "/main", icy.Station{Name: "Station"}, mounts.Title{})
	h.feed(t, "/small", mounts.Feed{Kind: mounts.Encoded}, mounts.Title{})
	count := func(path, tag string) int {
		page, _, _ := strings.Cut(body(t, h.get(t, path, "")), "<template")
		return strings.Count(page, tag)
	}
	for _, test := range []struct {
		path, tag string
		want      int
	}{
		{"/", `class="mount"`, 1},
		{"/", `data-mount="/main"`, 1},
		{"/", `<option value="/main"`, 1},
		{"/", `<option value="/small"`, 1},
		{"/", `<source src="/small" type="audio/mpeg">`, 1},
		{"/", `href="/small.m3u"`, 1},
		{"/?mount=/small", `class="mount"`, 1},
		{"/?mount=/small", `data-mount="/small"`, 1},
	} {
		if got := count(test.path, test.tag); got != test.want {
			t.Errorf("%s has %s %d times, want %d", test.path, test.tag, got, test.want)
		}
	}
}

// The settings for a DJ have the codec that the mount asks for, and a rendition's are
// those of the mount that takes sources.
func TestConnectsInTheCodecOfTheMount(t *testing.T) {
	h := newHandlers(t, house+"[[mount]]\nname = \"/main\"\nformat = { codec = \"opus\" }\n[[mount.rendition]]\nname = \"/small\"\nbitrate = 64\n")
	for path, want := range map[string][]string{
		"/dj/live":  {"MP3 at 128 kbit/s plays everywhere", "-c:a libmp3lame", "%mp3(bitrate=128)"},
		"/dj/main":  {"Opus, as this mount is configured", "-c:a libopus", "%opus(bitrate=96)", `data-root=""`},
		"/dj/small": {"-c:a libopus", `<code data-f="mount">/main</code>`, `data-root="/main"`},
	} {
		text := body(t, h.get(t, path, "source:hackme"))
		for _, part := range want {
			if !strings.Contains(text, part) {
				t.Errorf("%s lacks %s", path, part)
			}
		}
	}
	for _, key := range conf.Codecs {
		if e, found := encodings[key]; !found || e.FFmpeg == "" || audiences[known.ByKey(key).String()] == "" {
			t.Errorf("nothing says how to send %s, or whom it is for", key)
		}
	}
}
