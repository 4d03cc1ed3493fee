package admin

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

// Guesses at logins are slowed down at every door. Other addresses are not slowed down,
// nor is a login that was right before at the same address.
func TestGuessesAreSlowedDown(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, strings.Replace(harness.Config, "[auth]", "trusted_proxies = ['127.0.0.1']\n[auth]\napi_tokens = ['a token']\n", 1))
	const guesser, other = "192.0.2.1", "192.0.2.2"
	doors := map[string]func(ip, user, password string) string{
		"source": func(ip, user, password string) string {
			return "SOURCE /live-" + ip + " HTTP/1.0\r\nX-Forwarded-For: " + ip + "\r\nAuthorization: " + harness.Basic(user, password) + "\r\n\r\n"
		},
		"admin": func(ip, user, password string) string {
			return "GET /admin/stats HTTP/1.0\r\nX-Forwarded-For: " + ip + "\r\nAuthorization: " + harness.Basic(user, password) + "\r\n\r\n"
		},
		"STATS": func(ip, user, password string) string {
			return "STATS / HTTP/1.0\r\nX-Forwarded-For: " + ip + "\r\nAuthorization: " + harness.Basic(user, password) + "\r\n\r\n"
		},
		"title": func(ip, user, password string) string {
			return "GET /admin/metadata?mode=updinfo&mount=/live&song=x HTTP/1.0\r\nX-Forwarded-For: " + ip + "\r\nAuthorization: " + harness.Basic(user, password) + "\r\n\r\n"
		},
		"SHOUTcast title": func(ip, user, password string) string {
			return "GET /admin.cgi?mode=updinfo&song=x&pass=" + user + ":" + password + " HTTP/1.0\r\nX-Forwarded-For: " + ip + "\r\n\r\n"
		},
		"API": func(ip, user, password string) string {
			return "GET /api/v1/server HTTP/1.0\r\nX-Forwarded-For: " + ip + "\r\nAuthorization: " + harness.Basic(user, password) + "\r\n\r\n"
		},
		"API token": func(ip, user, password string) string {
			return "GET /api/v1/server HTTP/1.0\r\nX-Forwarded-For: " + ip + "\r\nAuthorization: Bearer " + user + password + "\r\n\r\n"
		},
		"login of a page": func(ip, user, password string) string {
			body := fmt.Sprintf(`{"user":%q,"password":%q}`, user, password)
			return fmt.Sprintf("POST /api/v1/session HTTP/1.0\r\nX-Forwarded-For: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", ip, len(body), body)
		},
	}
	known := r.Connect(t, doors["source"](guesser, "source", "hackme"))
	known.Close()
	for range 50 { // libshout's probe
		if answer := r.Exchange(t, "SOURCE /live HTTP/1.0\r\nX-Forwarded-For: "+guesser+"\r\nContent-Length: 0\r\n\r\n"); !strings.HasPrefix(answer, "HTTP/1.0 401 ") {
			t.Fatalf("a probe without a login got %q", answer)
		}
	}
	for n := 0; ; n++ {
		answer := r.Exchange(t, doors["admin"](guesser, "admin", fmt.Sprint(n)))
		if strings.Contains(answer, " 429 ") {
			break
		}
		if n > 20 || !strings.Contains(answer, " 401 ") {
			t.Fatalf("guess %d got %q", n, answer)
		}
	}
	began, looked := time.Now(), 0 // how many guesses were looked at since
	for door, ask := range doors {
		answer := r.Exchange(t, ask(guesser, "new", door))
		for !strings.Contains(answer, " 429 ") { // on a slow machine the wait may be over
			looked++
			if most := 1 + int(time.Since(began)/(8*time.Second)); looked > most { // by now each costs as much at least
				t.Fatalf("%s: %d guesses were looked at in %v, at most %d may be: %q", door, looked, time.Since(began), most, answer)
			}
			answer = r.Exchange(t, ask(guesser, "new", fmt.Sprint(door, looked)))
		}
		if status, _, _ := strings.Cut(answer, "\r\n"); !strings.Contains(status, " 429 ") || !strings.Contains(answer, "Retry-After: ") {
			t.Errorf("%s: %q", door, answer)
		}
		if answer := r.Exchange(t, ask(other, "new", "guess")); !strings.Contains(answer, " 401 ") {
			t.Errorf("%s from another address: %q", door, answer)
		}
	}
	r.Connect(t, doors["source"](guesser, "source", "hackme")).Frames(t, 10)
	if answer := r.Exchange(t, "GET / HTTP/1.0\r\nX-Forwarded-For: "+guesser+"\r\n\r\n"); !strings.Contains(answer, " 200 OK") {
		t.Errorf("a page without a login: %q", answer)
	}
	r.Says(t, "wrong logins are slowed down")
	if n := r.Said("wrong logins are slowed down"); n != 1 {
		t.Errorf("the log says %d times that an address is slowed down", n)
	}
}
