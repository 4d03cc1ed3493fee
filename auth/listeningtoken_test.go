package auth

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"relay/auth/throttle"
	"relay/conf"
)

const tokenSecret = "a secret of some length"

// tokens returns a gate whose mount /live accepts tokens, and its clock.
func tokens(t testing.TB, more string) (*Gate, *clock) {
	t.Helper()
	c, err := conf.Parse("relay.toml", []byte(`
[[mount]]
name = "/live"
[mount.listener_auth]
token_secret = "`+tokenSecret+`"
`+more+`
[[mount.rendition]]
name = "/live-64"
bitrate = 64
[[mount]]
name = "/live-64"
listener_auth.token_secret = "`+tokenSecret+`"
[[mount]]
name = "/other"
listener_auth.token_secret = "`+tokenSecret+`"
`))
	if err != nil {
		t.Fatal(err)
	}
	g := NewGate(conf.NewLive(c), zap.NewNop())
	return g, clocked(g.throttle)
}

// vectorUntil is when the tokens in the documents expire: an hour after the clock of the
// tests begins.
const vectorUntil = 1767229200

// vectors are tokens made by other programs (docs/listeners-auth.md).
var vectors = []struct{ mount, ip, token string }{
	{"/live", "", "1767229200.cefb30d7ec47f91d512ea8f1afa7a8576ac79131d1f462f0d37818023f187f2a"},
	{"/live", "192.0.2.1", "1767229200.4a032130cdf41d820bb2312b3c32d7f206abb703c9c3812b17fa7646ce55a936"},
	{"/live", "2001:db8::7", "1767229200.e1b6af088c57240a5e77bdcb4bb929914e3d4ac39bb1bf81f48a8cb1f3451b0d"},
}

func makeToken(mount, ip string, until int64) string {
	expiry := fmt.Sprint(until)
	parts := []string{mount, expiry}
	if ip != "" {
		parts = append(parts, ip)
	}
	return expiry + "." + hex.EncodeToString(sign(tokenSecret, parts...))
}

// tune returns what Gate.Listener says of an address with a token.
func tune(g *Gate, mount, token, ip string) error {
	req := httptest.NewRequest(http.MethodGet, mount+"?token="+token, nil)
	req.RemoteAddr = "[" + ip + "]:50000"
	_, err := g.Listener(context.Background(), req, mount, 1)
	return err
}

func TestListeningTokens(t *testing.T) {
	anywhere, there := makeToken("/live", "", vectorUntil), makeToken("/live", "192.0.2.1", vectorUntil)
	flipped := strings.Replace(anywhere, "1767229200", "1767229201", 1)
	tests := []struct{ name, mount, token, ip, refused string }{
		{"right", "/live", anywhere, "192.0.2.1", ""},
		{"right, in capitals", "/live", strings.ToUpper(anywhere), "192.0.2.1", ""},
		{"for this address", "/live", there, "192.0.2.1", ""},
		{"for this address, as IPv6 has it", "/live", there, "::ffff:192.0.2.1", ""},
		{"for another address", "/live", there, "192.0.2.2", "not signed"},
		{"for an IPv6 address", "/live", makeToken("/live", "2001:db8::7", vectorUntil), "2001:db8:0::7", ""},
		{"for another mount", "/other", anywhere, "192.0.2.1", "not signed"},
		{"for the mount of a rendition", "/live-64", anywhere, "192.0.2.1", ""},
		{"for a rendition, on its mount", "/live", makeToken("/live-64", "", vectorUntil), "192.0.2.1", "not signed"},
		{"with a later expiry", "/live", flipped, "192.0.2.1", "not signed"},
		{"expired", "/live", makeToken("/live", "", vectorUntil-7200), "192.0.2.1", "expired 1h0m0s ago"},
		{"none", "/live", "", "192.0.2.1", "no token was given"},
		{"no signature", "/live", "1767229200", "192.0.2.1", "is not a token"},
		{"short signature", "/live", anywhere[:len(anywhere)-2], "192.0.2.1", "is not a token"},
		{"no number", "/live", "x" + anywhere, "192.0.2.1", "is not a token"},
		{"before 1970", "/live", "-" + anywhere, "192.0.2.1", "is not a token"},
		{"a number in another form", "/live", "0" + anywhere, "192.0.2.1", "is not a token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, _ := tokens(t, "")
			checkRefused(t, tune(g, tt.mount, tt.token, tt.ip), tt.refused)
		})
	}
}

// No text after token= is a guess, and a right token never has to wait.
func TestTokensAreNoGuesses(t *testing.T) {
	g, c := tokens(t, "")
	for i := range throttle.FreeGuesses + 20 {
		tune(g, "/live", makeToken("/live", "", int64(i)), guesserIP) // expired
		tune(g, "/other", makeToken("/live", "", vectorUntil+int64(i)), guesserIP)
		tune(g, "/live", fmt.Sprint("nonsense", i), guesserIP)
	}
	if took := guess(g.throttle, c, throttle.FreeGuesses); took != 0 {
		t.Errorf("after wrong tokens guesses took %v", took)
	}
	guess(g.throttle, c, throttle.FreeGuesses)
	if err := tune(g, "/live", makeToken("/live", "", vectorUntil), guesserIP); err != nil {
		t.Errorf("a right token where somebody guesses: %v", err)
	}
}

// A mount may accept tokens and passwords.
func TestATokenOrAPassword(t *testing.T) {
	path, _ := members(t, someMembers)
	g, _ := tokens(t, "htpasswd_file = '"+path+"'")
	if err := tune(g, "/live", makeToken("/live", "", vectorUntil), "192.0.2.1"); err != nil {
		t.Errorf("the token: %v", err)
	}
	visit, err := g.Listener(context.Background(), get("/live?token=x", "sha", "wonder"), "/live", 1)
	if err != nil || visit.User != "sha" {
		t.Errorf("the password: %v, %v", visit, err)
	}
	var refusal *Refusal
	if _, err := g.Listener(context.Background(), get("/live", "", ""), "/live", 1); !errors.As(err, &refusal) || !refusal.Missing {
		t.Errorf("neither: %v", err)
	}
}

// The tokens in the documents are right.
func TestDocumentedTokens(t *testing.T) {
	document, err := os.ReadFile("../docs/listeners-auth.md")
	if err != nil {
		t.Fatal(err)
	}
	g, _ := tokens(t, "")
	for _, v := range vectors {
		if err := tune(g, v.mount, v.token, cmp.Or(v.ip, "198.51.100.1")); err != nil {
			t.Errorf("%s for %q: %v", v.mount, v.ip, err)
		}
		if !strings.Contains(string(document), v.token) {
			t.Errorf("the token for %q is not in the document", v.ip)
		}
	}
}

// The Python code in the documents makes an address that opens the mount.
func TestDocumentedPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	document, err := os.ReadFile("../docs/listeners-auth.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile("(?s)```python\n(.*?)```").FindSubmatch(document)
	if lines == nil {
		t.Fatal("there are none")
	}
	program := fmt.Sprintf("import time, hmac, hashlib\nsecret = %q\n%sprint(address)\n", tokenSecret, lines[1])
	out, err := exec.Command(python, "-c", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	_, token, _ := strings.Cut(strings.TrimSpace(string(out)), "?token=")
	g, at := tokens(t, "")
	at.at = time.Now()
	if err := tune(g, "/live", token, "192.0.2.1"); err != nil {
		t.Errorf("%q: %v", token, err)
	}
}

func FuzzListeningToken(f *testing.F) {
	f.Add(makeToken("/live", "", vectorUntil))
	f.Add("1767229200.")
	f.Add("-1.00")
	g, _ := tokens(f, "")
	f.Fuzz(func(t *testing.T, text string) {
		parsed, ok := parseListeningToken(text)
		if ok && !strings.EqualFold(parsed.expiry+"."+hex.EncodeToString(parsed.signature), text) {
			t.Errorf("%q is read as %v", text, parsed)
		}
		if g.checkToken(text, "/live", netip.MustParseAddr("192.0.2.1")) == nil && !strings.EqualFold(text, makeToken("/live", "", parsed.until.Unix())) {
			t.Errorf("%q is let in", text)
		}
	})
}
