package sources

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"relay/e2e/harness"
)

// Mounts and logins as people and programs write them, and addresses that directories
// and players have stored for years.
func TestHabitsOfTheField(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.ShoutcastConfig+`
[[mount]]
name = "/dj*"
[[mount.source]]
user = "dj1"
password = "one"
[[mount.source]]
user = "dj2"
password = "two"
`)
	login := func(user, password string) string {
		return "Authorization: " + harness.Basic(user, password) + "\r\n"
	}
	outer := t // sources stay until its end
	const mp3, own = "Content-Type: audio/mpeg\r\n", "source hackme"
	for _, tt := range []struct{ name, line, login, contentType, mount string }{
		{"escaped query", "SOURCE /m1%3fprio%3d3 HTTP/1.0", own, mp3, "/m1"},
		{"query", "SOURCE /m2?prio=3 HTTP/1.0", own, mp3, "/m2"},
		{"lower case", "source /m3 HTTP/1.0", own, mp3, "/m3"},
		{"lower case everywhere", "source /m4 ice/1.0", own, mp3, "/m4"},
		{"two slashes", "PUT //m5 HTTP/1.1", own, mp3, "/m5"},
		{"a slash behind", "PUT /m6/ HTTP/1.1", own, mp3, "/m6"},
		{"no name", "PUT / HTTP/1.1", own, mp3, "/sc.mp3"},
		{"user:password", "PUT /dj-a HTTP/1.1", "source dj1:one", mp3, "/dj-a"},
		{"user,password", "SOURCE /dj-b HTTP/1.0", "source dj2,two", mp3, "/dj-b"},
		{"user:password without a user", "PUT /dj-c HTTP/1.1", " dj1:one", mp3, "/dj-c"},
		{"audio/mpa", "PUT /t1 HTTP/1.1", own, "Content-Type: audio/mpa\r\n", "/t1"},
		{"mp3", "PUT /t2 HTTP/1.1", own, "Content-Type: mp3\r\n", "/t2"},
		{"quoted", "PUT /t3 HTTP/1.1", own, "Content-Type: \"audio/mpeg\"\r\n", "/t3"},
		{"application/octet-stream", "PUT /t4 HTTP/1.1", own, "Content-Type: application/octet-stream\r\n", "/t4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			user, password, _ := strings.Cut(tt.login, " ")
			e := r.Connect(outer, tt.line+"\r\n"+login(user, password)+tt.contentType+"\r\n")
			if !strings.HasPrefix(e.Answer, "HTTP/1.0 200") {
				t.Fatalf("got %q", e.Answer)
			}
			e.Frames(t, 100)
			harness.Eventually(t, tt.mount+" to be on the air", func() bool {
				status, _, _ := r.Request(t, http.MethodHead, tt.mount, "", "")
				return status == 200
			})
			title := "GET /admin/metadata?mode=updinfo&song=Rock & Roll&mount=" + tt.mount + " HTTP/1.0\r\n" + login(user, password) + "\r\n"
			if answer := r.Exchange(t, title); !strings.HasPrefix(answer, "HTTP/1.0 200") {
				t.Errorf("title: %q", answer)
			}
			if title := r.Source(t, tt.mount).Title; title != "Rock & Roll" {
				t.Errorf("title %q", title)
			}
			for _, address := range []string{tt.mount + "/;", tt.mount + ";stream.mp3", tt.mount + "/", "/" + tt.mount, tt.mount + "/;?type=http&nocache=1"} {
				if _, _, err := r.Tune(t, address).InOrder(90); err != nil {
					t.Errorf("%s: %v", address, err)
				}
			}
		})
	}
	for _, line := range []string{"/dj-v1:dj1:one\r\n", "/dj-v2:dj2,two\r\n", "//dj-v3/:dj1:one\r\n"} {
		r.Shoutcast(t, line, "icy-name:x\r\n\r\n").Frames(t, 100)
	}
	for _, mount := range []string{"/dj-v1", "/dj-v2", "/dj-v3"} {
		if _, _, err := r.Tune(t, mount).InOrder(90); err != nil {
			t.Errorf("%s: %v", mount, err)
		}
	}
	for _, refused := range []struct{ head, status string }{
		{"PUT /dj-x HTTP/1.1\r\n" + login("source", "dj1:two") + mp3, "401"},
		{"PUT /dj-x HTTP/1.1\r\n" + login("source", "hackme") + mp3, "401"},
		{"PUT /dj-x HTTP/1.1\r\n" + login("dj2", "dj1:one") + mp3, "401"},
		{"PUT //api/v1/x HTTP/1.1\r\n" + login("source", "hackme") + mp3, "400"},
		{"PUT /x HTTP/1.1\r\n" + login("source", "hackme") + "Content-Type: \"audio/mp4\"\r\n", "415"},
	} {
		if answer := r.Exchange(t, refused.head+"\r\n"); !strings.HasPrefix(answer, "HTTP/1.0 "+refused.status) {
			t.Errorf("%q: %q", refused.head, answer)
		}
	}

	// The page stays at its address, whatever plays there for players.
	if status, header, _ := r.Get(t, "/"); status != 200 || !strings.HasPrefix(header.Get("Content-Type"), "text/html") {
		t.Errorf("/ is %d %q", status, header.Get("Content-Type"))
	}
	for _, address := range []string{"/", "/;", "/stream/1/"} {
		if _, _, err := r.Tune(t, address, "Icy-MetaData: 1").InOrder(90); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	if answer := r.Exchange(t, "GET /admin HTTP/1.0\r\n\r\n"); !strings.HasPrefix(answer, "HTTP/1.0 302") || !strings.Contains(answer, "\r\nLocation: admin/\r\n") {
		t.Errorf("/admin: %q", answer)
	}

	// SHOUTcast's pages of titles.
	const form = "mode=updinfo&mount=/sc.mp3&song=By+<b>Post&x"
	answer := r.Exchange(t, "POST /admin/metadata HTTP/1.0\r\n"+login("source", "hackme")+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "+strconv.Itoa(len(form))+"\r\n\r\n"+form)
	if !strings.HasPrefix(answer, "HTTP/1.0 200") {
		t.Errorf("POST: %q", answer)
	}
	for address, want := range map[string]string{
		"/currentsong?sid=1": "By <b>Post&x", "/currentsong": "By <b>Post&x", "/currentsong?sid=99": "", "/currentsong?mount=/m1": "Rock & Roll",
		"/played?sid=1": "By &lt;b&gt;Post&amp;x", "/played.html": "Rock &amp; Roll", "/played?sid=1&type=xml": "<TITLE>By &lt;b&gt;Post&amp;x</TITLE>", "/played?type=json": `"title":"By <b>Post&x"`,
	} {
		status, _, body := r.Get(t, address)
		if status != 200 || !strings.Contains(body, want) || strings.HasPrefix(address, "/currentsong") && body != want {
			t.Errorf("%s: %d %q, want %q", address, status, body, want)
		}
	}
}
