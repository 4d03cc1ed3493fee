package admin

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

// visitor is an operator or DJ who has logged in through a page.
type visitor struct {
	relay  *harness.Relay
	cookie *http.Cookie
	csrf   string
}

// logIn opens a session; an empty mount means the operator's.
func logIn(t testing.TB, r *harness.Relay, user, password, mount string) *visitor {
	t.Helper()
	b := &visitor{relay: r}
	body, err := json.Marshal(map[string]string{"user": user, "password": password, "mount": mount})
	if err != nil {
		t.Fatal(err)
	}
	req := b.request(t, http.MethodPost, "/session", string(body))
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var begun struct{ CSRF string }
	if err := json.NewDecoder(answer.Body).Decode(&begun); err != nil || answer.StatusCode != http.StatusCreated {
		t.Fatalf("login of %s: %s, %v", user, answer.Status, err)
	}
	for _, c := range answer.Cookies() {
		b.cookie = c
	}
	b.csrf = begun.CSRF
	return b
}

// request makes a request as a page of the server does.
func (b *visitor) request(t testing.TB, method, path, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequest(method, b.relay.URL("/api/v1"+path), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", b.relay.URL(""))
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Sec-Fetch-Mode", "cors")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if b.cookie != nil {
		req.AddCookie(b.cookie)
		req.Header.Set("X-CSRF-Token", b.csrf)
	}
	return req
}

// do sends a request, checks the status of the answer, and decodes the answer into
// into, which may be nil.
func (b *visitor) do(t testing.TB, method, path, body string, status int, into any) {
	t.Helper()
	answer, err := http.DefaultClient.Do(b.request(t, method, path, body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status {
		t.Fatalf("%s %s: %s, want %d: %s, %v", method, path, answer.Status, status, text, err)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s %s: %v in %s", method, path, err, text)
	}
}

// apiEvent is an event as a page receives it.
type apiEvent struct{ name, data string }

// follow subscribes to the events until the test ends; next waits for one.
func (b *visitor) follow(t testing.TB, path string) (next func(name string, fits func(data string) bool) string) {
	t.Helper()
	answer, err := http.DefaultClient.Do(b.request(t, http.MethodGet, path, ""))
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v, %v", path, answer, err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	events := make(chan apiEvent, 1000)
	go func() {
		defer close(events)
		var e apiEvent
		lines := bufio.NewScanner(answer.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch {
			case name == "event":
				e.name = value
			case name == "data":
				e.data = value
			case e.name != "":
				events <- e
				e = apiEvent{}
			}
		}
	}()
	return func(name string, fits func(string) bool) string {
		t.Helper()
		late := time.After(harness.Patience)
		for {
			select {
			case e, open := <-events:
				if !open {
					t.Fatalf("the events ended before %s", name)
				}
				if e.name == name && fits(e.data) {
					return e.data
				}
			case <-late:
				t.Fatalf("waited in vain for the event %s", name)
			}
		}
	}
}

func having(part string) func(string) bool {
	return func(data string) bool { return strings.Contains(data, part) }
}

// An evening of an operator and a DJ at the API: log in, look around, set a title,
// move and disconnect listeners, disconnect the source, play files, change a mount.
func TestSteeringByTheAPI(t *testing.T) {
	t.Parallel()
	music := t.TempDir()
	harness.MusicFile(t, music, "a one.mp3")
	harness.MusicFile(t, music, "b two.mp3")
	harness.MusicFile(t, music, "c three.mp3")
	r := harness.Start(t, harness.Config+`
[[mount]]
name = "/live"
title = "Evening Radio"
grace = "0s"
files = { paths = ["`+music+`"], order = "sequence" }
[[mount]]
name = "/reserve"
silence = true
`)
	operator := logIn(t, r, "admin", "adminpass", "")
	next := operator.follow(t, "/events")
	next("mount", having(`"name":"/live"`))

	type listeners struct {
		Total int
		Items []struct {
			ID          uint64
			Addr, Agent string
		}
	}
	live := r.Encode(t, "/live", "User-Agent: butt/1.0")
	stop := make(chan struct{})
	defer close(stop)
	go live.Play(stop)
	next("mount", having(`"state":"live"`))

	// A DJ sets the title; an ICY listener and the page show it.
	p := r.Tune(t, "/live", "Icy-MetaData: 1")
	next("listeners", having(`"/live":1`))
	dj := logIn(t, r, "source", "hackme", "/live")
	dj.do(t, "PUT", "/mounts/live/title", `{"title":"Artist - Evening Song"}`, 204, nil)
	next("title", having("Artist - Evening Song"))
	for p.Title != "Artist - Evening Song" {
		if _, err := p.Frame(); err != nil {
			t.Fatalf("no title for the listener, which has seen %q: %v", p.Titles, err)
		}
	}
	var studio struct {
		OnAir     bool `json:"on_air"`
		Listeners int
		BitRate   int
		Source    struct{ Agent string }
	}
	dj.do(t, "GET", "/mounts/live/studio", "", 200, &studio)
	if !studio.OnAir || studio.Listeners != 1 || studio.BitRate != 128 || studio.Source.Agent != "butt/1.0" {
		t.Errorf("the studio shows %+v", studio)
	}
	dj.do(t, "GET", "/server", "", 403, nil)

	// There are two listeners; one is moved, the other is disconnected.
	var list listeners
	r.Tune(t, "/live", "X-Second: 1")
	harness.Eventually(t, "both listeners", func() bool {
		operator.do(t, "GET", "/mounts/live/listeners?q=e2e", "", 200, &list)
		return list.Total == 2
	})
	operator.do(t, "POST", "/mounts/live/listeners/move", fmt.Sprintf(`{"to":"/reserve","ids":[%d]}`, list.Items[0].ID), 200, nil)
	next("listeners", having(`"/reserve":1`))
	operator.do(t, "DELETE", fmt.Sprint("/mounts/live/listeners/", list.Items[1].ID), "", 204, nil)
	harness.Eventually(t, "the kick", func() bool {
		operator.do(t, "GET", "/mounts/live/listeners", "", 200, &list)
		return list.Total == 0
	})

	// The source is disconnected; files play, and are controlled.
	operator.do(t, "DELETE", "/mounts/live/source", "", 204, nil)
	next("mount", having(`"state":"files"`))
	var queue struct {
		Items []struct {
			File   string
			Queued bool
		}
	}
	operator.do(t, "POST", "/mounts/live/queue", `{"file":"c three.mp3"}`, 204, nil)
	operator.do(t, "GET", "/mounts/live/queue", "", 200, &queue)
	if len(queue.Items) == 0 || queue.Items[0].File != "c three.mp3" || !queue.Items[0].Queued {
		t.Errorf("queue %+v", queue)
	}
	operator.do(t, "POST", "/mounts/live/skip", "", 204, nil)
	next("title", having("c three"))
	operator.do(t, "POST", "/mounts/live/queue", `{"file":"../secret.mp3"}`, 409, nil)

	// Another mount takes precedence over the files as a fallback.
	operator.do(t, "PUT", "/mounts/live/fallbacks", `{"fallbacks":["/reserve","files"]}`, 200, nil)
	next("mount", having(`"state":"fallback"`))
	operator.do(t, "PUT", "/mounts/reserve/fallbacks", `{"fallbacks":["/live"]}`, 409, nil)

	// One mount is changed and one is created, in the file too.
	operator.do(t, "PATCH", "/mounts/live", `{"title":"Night Radio"}`, 200, nil)
	next("mount", having("Night Radio"))
	var made struct{ Saved bool }
	operator.do(t, "PUT", "/mounts/new", `{"genre":"Jazz"}`, 201, &made)
	var configuration struct{ File, Text string }
	operator.do(t, "GET", "/configuration", "", 200, &configuration)
	text, err := os.ReadFile(configuration.File)
	if err != nil || !made.Saved || !strings.Contains(string(text), "Jazz") || !strings.Contains(configuration.Text, "Jazz") || strings.Contains(configuration.Text, "hackme") {
		t.Errorf("%v: the file has\n%s\nthe API says\n%s", err, text, configuration.Text)
	}
	next("log", having("operator's request"))

	operator.do(t, "DELETE", "/session", "", 204, nil)
	operator.do(t, "GET", "/mounts", "", 401, nil)
	if err := r.Stop(t); err != nil {
		t.Errorf("with events followed relay ends with %v", err)
	}
}

// Bodies arrive as programs send them: at once, in chunks, or after 100 Continue. A
// PUT to the API is not a source.
func TestBodiesThroughTheDoor(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\nsilence = true\n")
	harness.Eventually(t, "the mount", func() bool { return r.Source(t, "/live").BitRate > 0 })
	const body = `{"fallbacks":["files"]}`
	for name, head := range map[string]string{
		"whole":    fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body),
		"chunked":  fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", 5, body[:5], len(body)-5, body[5:]),
		"expected": fmt.Sprintf("Expect: 100-continue\r\nContent-Length: %d\r\n\r\n%s", len(body), body),
	} {
		answer := r.Exchange(t, "PUT /api/v1/mounts/live/fallbacks HTTP/1.1\r\nHost: radio\r\nAuthorization: "+harness.Basic("admin", "adminpass")+
			"\r\nContent-Type: application/json\r\n"+head)
		if name == "expected" {
			answer = strings.TrimPrefix(answer, "HTTP/1.1 100 Continue\r\n\r\n")
		}
		if !strings.HasPrefix(answer, "HTTP/1.1 200 OK\r\n") || !strings.HasSuffix(answer, body+"\n") {
			t.Errorf("%s: %q", name, answer)
		}
	}
	answer := r.Exchange(t, "PUT /api/v1/mounts/live/fallbacks HTTP/1.1\r\nHost: radio\r\nAuthorization: "+harness.Basic("source", "hackme")+
		"\r\nContent-Type: audio/mpeg\r\n\r\n")
	if !strings.HasPrefix(answer, "HTTP/1.1 401 ") || !strings.Contains(answer, "application/problem+json") {
		t.Errorf("a source's PUT: %q", answer)
	}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		if answer := r.Exchange(t, method+" /api/v1/status HTTP/1.1\r\nHost: radio\r\nContent-Length: 0\r\n\r\n"); !strings.Contains(answer, "\r\nAllow: GET, HEAD, OPTIONS\r\n") {
			t.Errorf("%s: %q", method, answer)
		}
	}
}
