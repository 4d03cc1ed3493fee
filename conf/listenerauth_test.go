package conf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestListenerAuth(t *testing.T) {
	c := parse(t, `
[[mount]]
name = "/*"
takeover = "newest"
[mount.listener_auth]
url = "https://user:key@members.example/radio?x=1"
on_source = "http://members.example/mounts"
[[mount]]
name = "/members"
listener_auth.htpasswd_file = "members"
`)
	if got := c.Mount("/any"); got.Takeover != TakeoverNewest || got.ListenerAuth.URL != "https://user:key@members.example/radio?x=1" {
		t.Errorf("got %+v", got)
	}
	want := ListenerAuth{HtpasswdFile: "members", OnSource: "http://members.example/mounts"}
	if got := c.Mount("/members").ListenerAuth; got != want {
		t.Errorf("got %+v", got)
	}
}

// A hook added to a mount does not admit every listener.
func TestListenerAuthIsInherited(t *testing.T) {
	c := parse(t, `
[[mount]]
name = "/*"
[mount.listener_auth]
htpasswd_file = "members"
token_secret = "0123456789abcdef"
on_source = "http://members.example/mounts"
stream_auth = "http://members.example/streams"
[[mount]]
name = "/hook"
listener_auth.on_source = "http://other.example"
[[mount]]
name = "/asked"
listener_auth.stream_auth = ""
[[mount]]
name = "/token"
listener_auth.token_secret = "fedcba9876543210"
[[mount]]
name = "/empty"
[mount.listener_auth]
[[mount]]
name = "/open"
listener_auth.htpasswd_file = ""
`)
	all := ListenerAuth{HtpasswdFile: "members", TokenSecret: "0123456789abcdef", OnSource: "http://members.example/mounts", StreamAuth: "http://members.example/streams"}
	hook, asked, token, open := all, all, all, all
	hook.OnSource = "http://other.example"
	asked.StreamAuth = ""
	token.HtpasswdFile, token.TokenSecret = "", "fedcba9876543210"
	open.HtpasswdFile, open.TokenSecret = "", ""
	for mount, want := range map[string]ListenerAuth{
		"/any": all, "/empty": all, "/hook": hook, "/asked": asked, "/token": token, "/open": open,
	} {
		if got := c.Mount(mount).ListenerAuth; got != want {
			t.Errorf("%s\n got %#v\nwant %#v", mount, got, want)
		}
	}
}

func TestListenerAuthErrors(t *testing.T) {
	const mount = "[[mount]]\nname = '/live'\n"
	for text, want := range map[string]string{
		"takeover = 'always'":                                       `relay.toml:3: mount.takeover = "always": must be "refuse", "newest" or "same-user"`,
		"listener_auth.url = 'members'":                             `relay.toml:3: mount.listener_auth.url = "members": must be an absolute URL such as "https://members.example.org/radio"`,
		"listener_auth.url = 'ftp://me:secret@x/'":                  `relay.toml:3: mount.listener_auth.url = "ftp://***@x/": must be an absolute URL such as "https://members.example.org/radio"`,
		"listener_auth.on_source = 'ftp://x'":                       `relay.toml:3: mount.listener_auth.on_source = "ftp://x": must be an absolute URL such as "https://members.example.org/radio"`,
		"listener_auth = { url = 'http://a', htpasswd_file = 'b' }": `relay.toml:3: mount.listener_auth.url = "http://a": htpasswd_file is given too: keep one of the two`,
	} {
		if _, err := Parse("relay.toml", []byte(mount+text)); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestTokenSecret(t *testing.T) {
	const hash = "$2y$04$AkKtDzRdd8KQfCRP5WrH0OGQcVx6iRSaGcXeu8CScjSWwaGJRcg7."
	dir := t.TempDir()
	file := filepath.Join(dir, "secret")
	if err := os.WriteFile(file, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ toml, want string }{
		{`token_secret = "0123456789abcdef"`, ""},
		{`token_secret_file = "` + file + `"`, ""},
		{`token_secret = "0123456789abcde"`, "token_secret = ***: must be at least 16 bytes"},
		{`token_secret = "` + hash + `"`, "a hash cannot sign"},
		{"token_secret = '0123456789abcdef'\nurl = 'http://a.example/'", "keep one of the two"},
		{"token_secret = '0123456789abcdef'\nhtpasswd_file = 'members'", ""},
	}
	for _, tt := range tests {
		_, err := Parse("relay.toml", []byte("[[mount]]\nname = '/live'\n[mount.listener_auth]\n"+tt.toml))
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.toml, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %s", tt.toml, err, tt.want)
		case strings.Contains(tt.toml, "token_secret = ") && err != nil && strings.Contains(err.Error(), "0123456789"):
			t.Errorf("the error shows the secret: %v", err)
		}
	}
}
