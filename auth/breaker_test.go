package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap/zaptest/observer"
)

// sick is a web server that misbehaves until it is well again, and counts how
// often it was asked.
type sick struct {
	*httptest.Server
	asked atomic.Int32
	well  atomic.Bool
}

func newSick(t *testing.T, misbehave func(w http.ResponseWriter, r *http.Request)) *sick {
	s := &sick{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		io.Copy(io.Discard, r.Body)
		if s.well.Load() {
			w.Header().Set("icecast-auth-user", "1")
			return
		}
		misbehave(w, r)
	}))
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections)
	return s
}

// trickle sends a byte of an answer's head now and then, for ever.
func trickle(w http.ResponseWriter, r *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	io.WriteString(conn, "HTTP/1.1 200 OK\r\nX: ")
	for {
		if _, err := io.WriteString(conn, "x"); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			io.WriteString(conn, text)
			conn.Close()
		}
	}
}

// illnesses are the ways in which a hook gives no answer.
var illnesses = map[string]http.HandlerFunc{
	"hangs":           func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	"trickles":        trickle,
	"hangs up":        raw(""),
	"garbage":         raw("icecast-auth-user: 1\r\n\r\n"),
	"endless head":    raw("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxAnswer+8192)),
	"very many lines": raw("HTTP/1.1 200 OK\r\nicecast-auth-user: 1\r\n" + strings.Repeat("X: y\r\n", maxLines) + "\r\n"),
	"500":             func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
	"502":             func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) },
	"503":             func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
	"429":             func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) },
	"408 and a body":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(408); io.WriteString(w, "?") },
}

// hookDoors are all that ask a hook.
var hookDoors = map[string]func(ctx context.Context, g *Gate) error{
	"listener": func(ctx context.Context, g *Gate) error {
		_, err := g.Listener(ctx, get("/url.mp3", "ann", "x"), "/url.mp3", 1)
		return err
	},
	"source": func(ctx context.Context, g *Gate) error {
		return g.Source(get("/url.mp3", "ann", "x").WithContext(ctx), "/url.mp3")
	},
	"title": func(ctx context.Context, g *Gate) error { return g.MountAdmin(get("/url.mp3", "ann", "x"), "/url.mp3") },
	"SHOUTcast source": func(ctx context.Context, g *Gate) error {
		_, _, err := g.PasswordLine(ctx, "127.0.0.1", "ann:x", "/url.mp3")
		return err
	},
}

// No answer is neither a yes nor a no: clients are to come again, it is no guess,
// nobody waits for a hook that is known to be down, and the log has a line when it
// goes down and one when it is back.
func TestHookGivesNoAnswer(t *testing.T) {
	for illness, misbehave := range illnesses {
		for door, knock := range hookDoors {
			t.Run(illness+" to a "+door, func(t *testing.T) {
				t.Parallel()
				s := newSick(t, misbehave)
				g := hookGate(t, s.URL)
				logs := observed(g)
				g.hooks.timeout = 200 * time.Millisecond
				began := time.Now()
				const clients = 100
				for range clients {
					checkUnavailable(t, knock(t.Context(), g))
				}
				// Some wait until it is known, and one after each pause.
				if n, most := s.asked.Load(), mostFailures+int32(time.Since(began)/shortestPause)+1; n > most {
					t.Errorf("%d of %d were asked about, at most %d are wanted", n, clients, most)
				}
				if n := g.throttle.of(household("127.0.0.1")).guesses; n != 0 {
					t.Errorf("%d guesses", n)
				}
				s.well.Store(true)
				for deadline := time.Now().Add(20 * time.Second); knock(t.Context(), g) != nil; {
					if time.Now().After(deadline) {
						t.Fatal("the hook is well, and not asked again")
					}
					time.Sleep(20 * time.Millisecond)
				}
				checkLines(t, logs, "a hook gives no answer: logins that it decides are refused with 503", 1)
				checkLines(t, logs, "a hook answers again", 1)
				if yes, no, none := g.HookAnswers(); yes != 1 || no != 0 || none < clients {
					t.Errorf("counted %d yes, %d no, %d none", yes, no, none)
				}
			})
		}
	}
}

func checkUnavailable(t testing.TB, err error) {
	t.Helper()
	var refusal *Refusal
	if !errors.As(err, &refusal) || !refusal.Unavailable || !refusal.Quiet() ||
		refusal.Status() != http.StatusServiceUnavailable || refusal.Header().Get("Retry-After") != "5" {
		t.Fatalf("%+v", err)
	}
}

func checkLines(t testing.TB, logs *observer.ObservedLogs, message string, want int) {
	t.Helper()
	if got := logs.FilterMessage(message).Len(); got != want {
		t.Errorf("%d lines %q, want %d", got, message, want)
	}
}

// What is a no stays one, and the hook is not taken to be down for it.
func TestHookSaysNo(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"0": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("icecast-auth-user", "0") },
		"0 with 500": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("icecast-auth-user", "0")
			w.WriteHeader(500)
		},
		"nothing with 200": func(w http.ResponseWriter, _ *http.Request) {},
		"401":              func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) },
		"403":              func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) },
		"404":              func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSick(t, answer)
			g := hookGate(t, s.URL)
			for range 2 * mostFailures {
				for door, knock := range hookDoors {
					var refusal *Refusal
					if err := knock(t.Context(), g); !errors.As(err, &refusal) || refusal.Unavailable || refusal.Status() != http.StatusUnauthorized {
						t.Errorf("%s: %+v", door, err)
					}
				}
			}
			s.well.Store(true)
			if err := hookDoors["listener"](t.Context(), g); err != nil {
				t.Error(err)
			}
		})
	}
}

// A body that never ends keeps nobody waiting: the head has said everything.
func TestBodyOfAnAnswerIsNotWaitedFor(t *testing.T) {
	s := newSick(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("icecast-auth-user", "1")
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		for r.Context().Err() == nil {
			io.WriteString(w, "x")
			w.(http.Flusher).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	})
	g := hookGate(t, s.URL)
	began := time.Now()
	if err := hookDoors["listener"](t.Context(), g); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > hookTimeout/2 {
		t.Errorf("let in after %v", took)
	}
}

// One question that the hook chokes on, among others that it answers, is no
// reason to leave it alone.
func TestOneBadQuestionIsNoOutage(t *testing.T) {
	s := newSick(t, func(w http.ResponseWriter, r *http.Request) {})
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if strings.HasPrefix(r.FormValue("user"), "bad") {
			w.WriteHeader(500)
			return
		}
		w.Header().Set("icecast-auth-user", "1")
	})
	g := hookGate(t, s.URL)
	for i := range 20 {
		_, err := g.Listener(t.Context(), get("/url.mp3", fmt.Sprint("bad", i), "x"), "/url.mp3", 1)
		checkUnavailable(t, err)
		checkRefused(t, hookDoors["listener"](t.Context(), g), "")
	}
}

// A hook that is down is told of that once, however much it is not told.
func TestLostNoticesAreLoggedOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	g := hookGate(t, "http://"+l.Addr().String())
	logs := observed(g)
	for range 200 {
		g.SourceCame("/url.mp3")
	}
	run(t, g)()
	if n := logs.FilterMessageSnippet("was not told").Len(); n != 1 {
		t.Errorf("%d lines", n)
	}
}
