package admin

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gorilla/mux"
	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/mounts"
)

// noMusic is a server without music.
type noMusic struct{}

func (noMusic) Skip(string) error                      { return errNoSource }
func (noMusic) Queue(string, string) error             { return errNoSource }
func (noMusic) Coming(string) ([]mounts.Coming, error) { return nil, errNoSource }
func (noMusic) ClearQueue(string) error                { return errNoSource }

// Every command is for the operator and for the source of the mount that it
// names, whatever else it is for.
func TestWhoMayCommand(t *testing.T) {
	c, err := conf.Parse("relay.toml", []byte(`
[auth]
source_password = "hackme"
admin_password = "adminpass"
relay_password = "relaypass"
[[mount]]
name = "/own"
source_user = "dj"
source_password = "own"
`))
	if err != nil {
		t.Fatal(err)
	}
	live := conf.NewLive(c)
	for name := range commands {
		for _, login := range []struct {
			user, password string
			of             map[string]bool // the mount named, if any
		}{
			{"", "", nil},
			{"admin", "wrong", nil},
			{"relay", "relaypass", nil},
			{"source", "hackme", map[string]bool{"/live": true}},
			{"dj", "own", map[string]bool{"/own": true}},
			{"admin", "adminpass", map[string]bool{"": true, "/live": true, "/own": true}},
		} {
			for _, mount := range []string{"", "/live", "/own"} {
				h := &Handlers{Conf: live, Registry: mounts.NewRegistry(live, zap.NewNop()), Gate: auth.NewGate(live), Log: zap.NewNop(), Music: noMusic{}}
				req := httptest.NewRequest(http.MethodGet, "/admin/"+name+"?mount="+mount, nil)
				req = mux.SetURLVars(req, map[string]string{"command": name})
				if login.user != "" {
					req.SetBasicAuth(login.user, login.password)
				}
				w := httptest.NewRecorder()
				h.Command(w, req)
				if letIn := w.Code != http.StatusUnauthorized; letIn != login.of[mount] {
					t.Errorf("%s of %q by %s:%s: %d", name, mount, login.user, login.password, w.Code)
				}
			}
		}
	}
}
