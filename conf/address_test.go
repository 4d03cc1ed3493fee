package conf

import (
	"strings"
	"testing"
)

func TestHideHook(t *testing.T) {
	for address, want := range map[string]string{
		"":                                        "",
		"http://panel.example":                    "http://panel.example",
		"http://panel.example:8080/":              "http://panel.example:8080/",
		"https://panel.example/auth/KEY":          "https://panel.example/***",
		"https://panel.example/?key=KEY":          "https://panel.example/***",
		"https://panel.example?KEY":               "https://panel.example/***",
		"https://user:KEY@panel.example":          "https://***@panel.example",
		"https://user:KEY@[2001:db8::1]:8/x?KEY#": "https://***@[2001:db8::1]:8/***",
		"https://user:K/EY@panel.example/":        "***",
		"panel.example/KEY":                       "***",
		"KEY:x":                                   "***",
		"members":                                 "members",
	} {
		if got := HideHook(address); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}

func TestHideStream(t *testing.T) {
	for address, want := range map[string]string{
		"":                                 "",
		"http://radio.example:8000/live":   "http://radio.example:8000/live",
		"http://radio.example/live?KEY":    "http://radio.example/live?***",
		"http://u:KEY@radio.example/live":  "http://***@radio.example/live",
		"http://u:KEY@radio.example/l?k=K": "http://***@radio.example/l?***",
	} {
		if got := HideStream(address); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}

// A key in an address or a password is hidden in every notation, also in comments, and
// no other text is lost.
func TestNoKeyIsShown(t *testing.T) {
	const text = `# relay.toml of the station
#source_password = "KEY" # and admin_password='KEY'
[auth] # token_secret=KEY
api_tokens = ["KEY", '''KEY'''] # api_tokens = ["KEY", "KEY"]
[[mount]]
name = "/dotted"
url = "https://station.example/about"
listener_auth.url = "https://panel.example/a/KEY"
# url = "https://panel.example/KEY"
[[mount]]
name = "/inline"
listener_auth = { on_source = 'https://panel.example/KEY', stream_auth = "https://x:KEY@panel.example/" } # https://y:KEY@panel.example/z
[[mount]]
name = "/table"
[mount.listener_auth]
"url" = """https://panel.example/?KEY"""
[[relay]]
url = "http://radio.example/live?KEY"
[master]
url = "http://radio.example?KEY"
`
	got := string(HideSecrets([]byte(text)))
	if strings.Contains(got, "KEY") {
		t.Errorf("shown is\n%s", got)
	}
	for _, kept := range []string{
		"# relay.toml of the station", `url = "https://station.example/about"`, `listener_auth.url = "https://panel.example/***"`, `on_source = "https://panel.example/***", stream_auth`,
		`url = "http://radio.example/live?***"`,
	} {
		if !strings.Contains(got, kept) {
			t.Errorf("%s is not in\n%s", kept, got)
		}
	}
	if _, err := Parse("relay.toml", []byte(strings.ReplaceAll(got, "***", "x"))); err == nil || strings.Contains(err.Error(), "TOML:") {
		t.Errorf("what is shown is no configuration: %v", err) // except that its api_tokens are wrong
	}
}

// No error contains a key.
func TestErrorsShowNoKeys(t *testing.T) {
	for _, text := range []string{
		"[auth]\napi_tokens = 'KEY'", "[auth]\napi_tokens = ['$2y$KEY']", "[auth]\napi_tokens = KEY", "[auth]\nsource_password = '$2y$KEY'",
		"[[mount]]\nname = '/x'\nlistener_auth.url = 'panel.example/KEY'", "[[mount]]\nname = '/x'\nlistener_auth.url = 'htp://panel.example/KEY'",
		"[[mount]]\nname = '/x'\nlistener_auth.stream_auth = https://panel.example/KEY", "[[mount]]\nname = '/x'\nlistener_auth.token_secret = KEY",
		"[[mount]]\nname = '/x'\nlistener_auth.token_secret = 'KEY'", "[[mount]]\nname = '/x'\nlistener_auth.url = 'https://panel.example/KEY'\nlistener_auth.htpasswd_file = '/x'",
		"[[mount]]\nname = '/x'\nlistener_auth.on_sorce = 'https://panel.example/KEY'", "[[relay]]\nurl = 'ftp://radio.example/live?KEY'", "[master]\nurl = 'http://radio.example/x?KEY'",
		"[[mount]]\nname = '/x'\n[[mount.source]]\nuser = 'x'\npassword = ['KEY']",
	} {
		_, err := Parse("relay.toml", []byte(text))
		if err == nil || strings.Contains(err.Error(), "KEY") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
