package auth

import (
	"errors"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"go.uber.org/zap"

	"relay/conf"
)

func TestPasswordLine(t *testing.T) {
	c, err := conf.Parse("relay.toml", []byte(`
[auth]
source_password = "hackme"
admin_password = "adminpass"
[[mount]]
name = "/own"
source_user = "dj"
source_password = "mine"
[[mount]]
name = "/odd"
source_password = "a:b:#7"
`))
	if err != nil {
		t.Fatal(err)
	}
	gate := unhurried(NewGate(conf.NewLive(c), zap.NewNop()))
	tests := []struct{ line, source, admin string }{ // the mount, or a piece of the refusal
		{"hackme", "/stream", "/stream"},
		{"hackme:#1", "/stream", "/stream"},
		{"hackme:#2", "/stream", "/stream"},
		{"source:hackme", "/stream", "/stream"},
		{"source:hackme:#3", "/stream", "/stream"},
		{"/live:hackme", "/live", "/live"},
		{"/live:hackme:#1", "/live", "/live"},
		{"/own:mine", "/own", "/own"},
		{"/own:hackme", "wrong password", "wrong password"},
		{"mine", "wrong password", "wrong password"},
		{"dj:hackme", "the password is right, but the user name", "the password is right, but the user name"},
		{"/odd:a:b:#7", "/odd", "/odd"},
		{"/own:dj:mine", "/own", "/own"},
		{"/own:dj,mine", "/own", "/own"},
		{"/own:dj:mine:#1", "/own", "/own"},
		{"//own/:dj:mine", "/own", "/own"},
		{"/own?x=1:mine", "/own", "/own"},
		{"/:hackme", "/stream", "/stream"},
		{"/live:source:hackme", "/live", "/live"},
		{"source,hackme", "/stream", "/stream"},
		{"/own:source:hackme", "wrong password", "wrong password"},
		{"/own:dj:hackme", "wrong password", "wrong password"},
		{"admin,adminpass", "wrong password", "/stream"},
		{"", "wrong password", "wrong password"},
		{"adminpass", "wrong password", "/stream"},
		{"admin:adminpass", "wrong password", "/stream"},
		{"/own:adminpass", "wrong password", "/own"},
		{"source:adminpass", "wrong password", "the user name must be"},
		{"secret:#1", "wrong password, given for /stream", "wrong password, given for /stream"},
		{"/live:secret", "wrong password, given for /live", "wrong password, given for /live"},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			check := func(mount string, err error, want string) {
				t.Helper()
				var refusal *Refusal
				switch {
				case err == nil && mount != want:
					t.Errorf("opens %s, want %s", mount, want)
				case err != nil && (!errors.As(err, &refusal) || refusal.Missing || !strings.Contains(err.Error(), want)):
					t.Errorf("refused: %v, want %s", err, want)
				}
			}
			mount, _, err := gate.PasswordLine(t.Context(), netip.MustParseAddr("192.0.2.1"), tt.line, "/stream")
			check(mount, err, tt.source)
			mount, _, err = gate.AdminPasswordLine(httptest.NewRequest("GET", "/admin.cgi", nil), tt.line, "/stream")
			check(mount, err, tt.admin)
		})
	}
	var refusal *Refusal
	if _, _, err := gate.PasswordLine(t.Context(), netip.MustParseAddr("192.0.2.1"), "!POKE", "/stream"); !errors.As(err, &refusal) || !refusal.Missing {
		t.Errorf("libshout's probe: %v", err)
	}
}
