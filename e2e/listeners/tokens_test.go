package listeners

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

// signed returns a listening token, as a web site makes it.
func signed(secret, mount string, until time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%s\n%d", mount, until.Unix())
	return fmt.Sprintf("%d.%s", until.Unix(), hex.EncodeToString(mac.Sum(nil)))
}

// A signed address admits to a mount until it expires, playlists pass it on, and no
// log contains it.
func TestSignedAddresses(t *testing.T) {
	t.Parallel()
	const secret = "sixteen or more of them"
	access := filepath.Join(t.TempDir(), "access.log")
	r := harness.Start(t, harness.Config+"access_file = '"+access+"'\n[[mount]]\nname = '/live.mp3'\nlistener_auth.token_secret = '"+secret+"'\n")
	r.Encode(t, "/live.mp3").Frames(t, 50)
	right := signed(secret, "/live.mp3", time.Now().Add(time.Hour))
	ask := func(query string) *harness.Player {
		return r.Ask(t, "GET /live.mp3"+query+" HTTP/1.0\r\nReferer: "+r.URL("/player"+query)+"\r\n\r\n")
	}
	for name, query := range map[string]string{
		"none":              "",
		"expired":           "?token=" + signed(secret, "/live.mp3", time.Now().Add(-time.Hour)),
		"for another mount": "?token=" + signed(secret, "/other.mp3", time.Now().Add(time.Hour)),
		"no token":          "?token=x",
	} {
		if p := ask(query); p.Status != "HTTP/1.0 401 Authentication Required" {
			t.Errorf("%s: %q", name, p.Status)
		}
	}
	p := ask("?x=1&token=" + right)
	if _, err := p.Frame(); err != nil {
		t.Fatalf("%q, %v", p.Status, err)
	}
	for _, list := range []string{"/live.mp3.m3u", "/live.mp3.pls", "/live.mp3.xspf", "/listen.pls"} {
		if _, _, body := r.Get(t, list+"?token="+right); !strings.Contains(body, "/live.mp3?token="+right) {
			t.Errorf("%s: %s", list, body)
		}
		if _, _, body := r.Get(t, list); strings.Contains(body, "token") {
			t.Errorf("%s asked without a token: %s", list, body)
		}
	}
	p.Close()
	harness.Eventually(t, "the listener in the access log", func() bool {
		text, _ := os.ReadFile(access)
		return strings.Contains(string(text), `"GET /live.mp3 HTTP/1.0" 200`)
	})
	r.Says(t, "expired")
	signature := right[strings.Index(right, ".")+1:]
	if strings.Contains(harness.ReadFile(t, access), signature) || strings.Contains(r.Log.String(), signature) {
		t.Error("a token is in a log")
	}
}
