package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"relay/version"
)

// The forms, in their order, are those Icecast sent for the same story, and
// the same answers have the same consequences: wire/auth-url.txt.
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
	g := hookGate(t, strings.Replace(server.URL, "http://", "http://apiuser:apipass@", 1)+"/auth")
	run(t, g)
	next := func() {
		t.Helper()
		if form := <-got; form != forms[0] {
			t.Errorf("got\n%s\nwant\n%s", form, forms[0])
		}
		forms = forms[1:]
	}

	source := get("/url.mp3", "source", "djpass")
	if err := g.Source(source, "/url.mp3"); err != nil {
		t.Error(err)
	}
	next()
	g.SourceCame("/url.mp3")
	next()
	ann := get("/url.mp3?user=ann&pass=x&token=abc", "ann", "annpass")
	ann.Header.Set("X-Token", "t-1")
	ann.Header.Set("Referer", "http://player.example/p")
	ann.Header.Set("Cookie", "secret=1")
	visit, err := g.Listener(t.Context(), ann, "/url.mp3", 2)
	if err != nil || visit.User != "ann" || visit.TimeLimit != 0 {
		t.Fatalf("got %+v, %v", visit, err)
	}
	next()
	visit.Left(1700 * time.Millisecond)
	visit.Left(time.Hour) // counts once
	next()
	_, err = g.Listener(t.Context(), get("/url.mp3", "bad", "x"), "/url.mp3", 3)
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Message != "no such member" || refusal.Missing ||
		!strings.HasSuffix(refusal.Reason, ` refuses user "bad": no such member`) {
		t.Errorf("got %+v", err)
	}
	next()
	visit, err = g.Listener(t.Context(), get("/url.mp3", "timed", "x"), "/url.mp3", 4)
	if err != nil || visit.TimeLimit != 3*time.Second {
		t.Fatalf("got %+v, %v", visit, err)
	}
	next()
	visit.Left(3 * time.Second)
	next()
	closed, cancel := context.WithCancel(source.Context())
	cancel() // as titles are sent: without waiting for the answer
	if err := g.MountAdmin(source.WithContext(closed), "/url.mp3"); err != nil {
		t.Error(err)
	}
	next()
	g.SourceLeft("/url.mp3")
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
