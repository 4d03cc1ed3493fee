package hooks

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"relay/internal/version"
)

// The forms are those that Icecast sent for the same story, in the same order, and the
// same answers have the same consequences: e2e/recorded/auth-url.txt.
func TestRecordedForms(t *testing.T) {
	recorded, err := os.ReadFile("testdata/forms.txt")
	if err != nil {
		t.Fatal(err)
	}
	forms := strings.Split(strings.TrimSpace(string(recorded)), "\n")
	got := make(chan string, len(forms))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if user, password, _ := r.BasicAuth(); user != "apiuser" || password != "apipass" {
			t.Errorf("login %q %q", user, password)
		}
		for name, want := range map[string]string{"User-Agent": version.Server(), "Accept": "*/*", "Accept-Encoding": "",
			"Content-Type": "application/x-www-form-urlencoded"} {
			if r.Header.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, r.Header.Get(name), want)
			}
		}
		if r.Method != http.MethodPost || r.URL.Path != "/auth" || r.ContentLength != int64(len(body)) {
			t.Errorf("%s %s of %d bytes", r.Method, r.URL, r.ContentLength)
		}
		switch form := string(body); {
		case strings.Contains(form, "user=bad"):
			w.Header().Set("icecast-auth-message", "no such member")
		case strings.Contains(form, "user=timed"):
			w.Header().Set("icecast-auth-timelimit", "3")
			fallthrough
		default:
			w.Header().Set("icecast-auth-user", "1")
		}
		got <- string(body)
	}))
	defer server.Close()
	address := strings.Replace(server.URL, "http://", "http://apiuser:apipass@", 1) + "/auth"
	h, _ := newHooks(t)
	run(t, h)
	next := func() {
		t.Helper()
		if form := <-got; form != forms[0] {
			t.Errorf("got\n%s\nwant\n%s", form, forms[0])
		}
		forms = forms[1:]
	}

	source := Stream{Mount: "/url.mp3", IP: netip.MustParseAddr("127.0.0.1"), User: "source", Password: "djpass"}
	checkVerdict(t, h.MayStream(t.Context(), address, `user "source"`, source), "")
	next()
	h.SourceCame(address, "/url.mp3")
	next()
	ann := Listener{ID: 2, Mount: "/url.mp3", Query: "user=ann&pass=x&token=abc", IP: netip.MustParseAddr("127.0.0.1"), User: "ann", Password: "annpass", Agent: "LabPlayer/1.0"}
	header := http.Header{"X-Token": {"t-1"}, "Referer": {"http://player.example/p"}, "Cookie": {"secret=1"}}
	if v := h.MayListen(t.Context(), address, ann, header); v != (Verdict{Answer: Yes}) {
		t.Errorf("got %+v", v)
	}
	next()
	h.ListenerLeft(address, ann, 1700*time.Millisecond)
	next()
	bad := Listener{ID: 3, Mount: "/url.mp3", IP: netip.MustParseAddr("127.0.0.1"), User: "bad", Password: "x", Agent: "LabPlayer/1.0"}
	v := h.MayListen(t.Context(), address, bad, http.Header{})
	if v.Answer != No || v.Message != "no such member" || !strings.HasSuffix(v.Reason, ` refuses user "bad": no such member`) {
		t.Errorf("got %+v", v)
	}
	next()
	timed := Listener{ID: 4, Mount: "/url.mp3", IP: netip.MustParseAddr("127.0.0.1"), User: "timed", Password: "x", Agent: "LabPlayer/1.0"}
	if v := h.MayListen(t.Context(), address, timed, http.Header{}); v != (Verdict{Answer: Yes, TimeLimit: 3 * time.Second}) {
		t.Errorf("got %+v", v)
	}
	next()
	h.ListenerLeft(address, timed, 3*time.Second)
	next()
	source.Admin = true
	checkVerdict(t, h.MayStream(t.Context(), address, `user "source"`, source), "")
	next()
	h.SourceLeft(address, "/url.mp3")
	next()
}

func TestEncode(t *testing.T) {
	got := encode(field{"action", "x"}, field{"mount", "/a b_c-d.mp3?x=1&y=\x00\xffé"}, field{"user", ""})
	want := "action=x&mount=%2fa%20b%5fc%2dd%2emp3%3fx%3d1%26y%3d%00%ff%c3%a9&user="
	if got != want {
		t.Errorf("got %s", got)
	}
	if values, err := url.ParseQuery(got); err != nil || values.Get("mount") != "/a b_c-d.mp3?x=1&y=\x00\xffé" {
		t.Errorf("reads back as %v, %v", values, err)
	}
}

func TestClientHeaders(t *testing.T) {
	long := strings.Repeat("v", maxHeaderValue)
	h := http.Header{
		"Referer":                        {"http://p.example"},
		"X-Long":                         {long + "more"},
		"X-Two":                          {"first", "second"},
		"X-A&user=admin":                 {"smuggled"},
		"X-B=c":                          {"smuggled"},
		"X-" + strings.Repeat("n", 80):   {"name too long"},
		"Cookie":                         {"no"},
		"Authorization":                  {"no"},
		"X-Empty":                        {""},
		http.CanonicalHeaderKey("x-TOK"): {"t"},
	}
	var got []string
	for _, f := range clientHeaders(h) {
		got = append(got, f.name+"="+f.value)
	}
	want := []string{"ClientHeader.x-long=" + long, "ClientHeader.x-tok=t", "ClientHeader.x-two=first", "ClientHeader.referer=http://p.example"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q", got)
	}

	for i := range 100 {
		h.Set(fmt.Sprintf("X-N%d", i), "v")
	}
	fields := clientHeaders(h)
	if len(fields) > maxHeaders || fields[len(fields)-1].name != "ClientHeader.referer" {
		t.Errorf("got %d of too many, %v", len(fields), fields)
	}
}
