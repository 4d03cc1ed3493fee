package api

import (
	"os"
	"strings"
	"testing"
	"time"

	"relay/conf"
)

type changed struct {
	Mount MountDetail
	Saved bool
}

func (s *station) text(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMountsAreMadeChangedAndRemoved(t *testing.T) {
	house := strings.Replace(house, "[auth]", "[auth]\napi_folders = ['music']", 1)
	s := newStation(t, house)
	got := read[changed](t, s.ask(t, "PUT", "/mounts/a%2Fb", `{"title":"New","grace":"5s","burst":65536,"max_listeners":7,"files":{"paths":["music"]}}`, operator), 201)
	if !got.Saved || got.Mount.Name != "/a/b" || got.Mount.Title != "New" || !got.Mount.Declared || got.Mount.State != "waiting" ||
		got.Mount.Config["grace"] != "5s" || got.Mount.Config["burst"] != "64KiB" {
		t.Errorf("%+v", got)
	}
	if text := s.text(t); !strings.HasPrefix(text, house) || !strings.Contains(text, `name = "/a/b"`) || !strings.Contains(text, "[mount.files]") {
		t.Errorf("the file has\n%s", text)
	}
	patch := header("Content-Type", "application/merge-patch+json")
	got = read[changed](t, s.ask(t, "PATCH", "/mounts/a%2Fb", `{"title":null,"genre":"Jazz","files":{"order":"sequence"}}`, operator, patch), 200)
	m := s.Conf.Config().Mount("/a/b")
	if m.Title != "" || m.Genre != "Jazz" || m.Grace != conf.Duration(5*time.Second) || len(m.Files.Paths) != 1 || m.Files.Order != conf.OrderSequence {
		t.Errorf("patched: %+v", m)
	}
	if got := read[changed](t, s.ask(t, "PUT", "/mounts/a%2Fb", `{}`, operator), 200); got.Mount.MaxListeners != 0 {
		t.Errorf("replaced: %+v", got)
	}
	if w := s.ask(t, "DELETE", "/mounts/a%2Fb", "", operator); w.Code != 204 {
		t.Fatal(w.Body)
	}
	if text := strings.TrimSpace(s.text(t)); text != strings.TrimSpace(house) {
		t.Errorf("the file has\n%s", text)
	}
	refused(t, s.ask(t, "DELETE", "/mounts/a%2Fb", "", operator), 404)
	refused(t, s.ask(t, "GET", "/mounts/a%2Fb", "", operator), 404)
	refused(t, s.ask(t, "PATCH", "/mounts/a%2Fb", `{"title":"x"}`, operator), 404)
}

func TestHeadersAreChanged(t *testing.T) {
	s := newStation(t, house)
	headers := func() conf.Headers { return s.Conf.Config().Mount("/live").Headers }
	read[changed](t, s.ask(t, "PATCH", "/mounts/live", `{"headers":{"icy-logo":"a","icy-country-code":"DE"}}`, operator), 200)
	read[changed](t, s.ask(t, "PATCH", "/mounts/live", `{"headers":{"icy-logo":null,"icy-country-code":"AT"}}`, operator), 200)
	if got := headers(); len(got) != 1 || got["icy-country-code"] != "AT" {
		t.Errorf("patched: %q", got)
	}
	for _, wrong := range []string{`{"headers":{"icy-logo":{"a":"b"}}}`, `{"headers":["a"]}`, `{"headers":{"icy-logo":["a"]}}`, `{"headers":{"icy-logo":"a\nb"}}`, `{"headers":{"location":"x"}}`, `{"headers":"a"}`} {
		refused(t, s.ask(t, "PATCH", "/mounts/live", wrong, operator), 422)
	}
	read[changed](t, s.ask(t, "PATCH", "/mounts/live", `{"headers":null}`, operator), 200)
	if got := headers(); len(got) != 0 {
		t.Errorf("taken out: %q", got)
	}
}

// The saved file differs from the one that was read only in the lines of changed
// settings.
func TestChangedMountKeepsItsComments(t *testing.T) {
	commented := strings.Replace(house, "title = \"The station\"\nrecord_dir", "  # what players show\n  title = 'The station' # for now\n# genre = \"Jazz\"\n\nrecord_dir", 1)
	s := newStation(t, commented)
	read[changed](t, s.ask(t, "PATCH", "/mounts/live", `{"title":"The station"}`, operator), 200)
	if got := s.text(t); got != commented {
		t.Errorf("nothing has changed, and the file has\n%s", got)
	}
	read[changed](t, s.ask(t, "PATCH", "/mounts/live", `{"title":"Another"}`, operator), 200)
	if got, want := s.text(t), strings.Replace(commented, "'The station'", "'Another'", 1); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	read[changed](t, s.ask(t, "PUT", "/mounts/live", `{"title":"Another"}`, operator), 200)
	if got, want := s.text(t), strings.NewReplacer("'The station'", "'Another'", "record_dir = \"recordings\"\n", "").Replace(commented); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAMountThatPlaysCanBeDeclared(t *testing.T) {
	s := newStation(t, house)
	in := s.broadcast(t, "/guest", "source", "")
	got := read[changed](t, s.ask(t, "PATCH", "/mounts/guest", `{"title":"A guest"}`, operator), 201)
	if !got.Mount.Declared || got.Mount.State != "live" || in.Mount.Status().Station.Name != "A guest" {
		t.Errorf("%+v", got)
	}
}

func TestWrongSettingsChangeNothing(t *testing.T) {
	s := newStation(t, house+"[[mount.rendition]]\nname = '/small'\nbitrate = 48\ncommand = 'sox'\n")
	before := s.text(t)
	for _, test := range []struct {
		method, path, body string
		status             int
		detail             string
	}{
		{"PUT", "live", `{"titel":"x"}`, 400, "titel"},
		{"PUT", "live", `{"name":"/other"}`, 400, "name"},
		{"PUT", "live", `{"title":null}`, 400, "title"},
		{"PUT", "live", `{"files":{"order":null}}`, 400, "files.order"},
		{"PUT", "live", `{"fallbacks":[null]}`, 400, "fallbacks"},
		{"PUT", "live", `{"rendition":[{"name":null}]}`, 400, "rendition"},
		{"PUT", "live", `{"max_listeners":1e999}`, 400, "max_listeners"},
		{"PUT", "live", `{"max_listeners":1.5}`, 422, "whole number"},
		{"PUT", "live", `{"grace":5}`, 422, "a duration"},
		{"PUT", "live", `{"burst":"lots"}`, 422, "a size"},
		{"PUT", "live", `{"files":{"folder":"x"}}`, 422, "unknown key"},
		{"PATCH", "live", `{"listener_auth":{"htpasswd_fil":null}}`, 422, "unknown key"},
		{"PATCH", "live", `{"listener_auth":{"htpasswd_fil":{}}}`, 422, "unknown"},
		{"PATCH", "live", `{"listener_auth":{"HTPASSWD_FILE":null}}`, 422, "did you mean htpasswd_file?"},
		{"PUT", "live", `{"listener_auth":{"token_secret_fil":""}}`, 422, "did you mean token_secret_file?"},
		{"PATCH", "live", `{"files":{"path":null}}`, 422, "did you mean paths?"},
		{"PATCH", "live", `{"files":{"paths":{"a":1}}}`, 422, "table"},
		{"PATCH", "live", `{"files":{"paths":["a",{"b":1}]}}`, 422, "table"},
		{"PATCH", "live", `{"files":[]}`, 422, "wants a table"},
		{"PATCH", "live", `{"source":[{"user":"x","pasword":"y"}]}`, 422, "did you mean password?"},
		{"PATCH", "live", `{"source":[{"user":"x","password":"long enough","x":{}}]}`, 422, "unknown"},
		{"PATCH", "live", `{"rendition":[{"name":"/x","bitrate":64},5]}`, 422, "wants a table"},
		{"PATCH", "live", `{"rendition":[{"name":"/x","bitrate":64,"bit_rate":64}]}`, 422, "did you mean bitrate?"},
		{"PATCH", "live", `{"rendition":{"name":"/x"}}`, 422, "wants a list of tables"},
		{"PATCH", "live", `{"grace":{"s":5}}`, 422, "table"},
		{"PATCH", "live", `{"Title":null}`, 400, "did you mean \"title\"?"},
		{"PATCH", "live", `{"source_pasword":null}`, 400, "did you mean \"source_password\"?"},
		{"PUT", "live", `{"fallbacks":["/live"]}`, 422, "itself"},
		{"PUT", "dj%2F*", `{}`, 400, "name"},
		{"PUT", "api%2Fx", `{}`, 400, "name"},
		{"PUT", "a%0Ab", `{}`, 400, "name"},
		{"PUT", "live", `{"rendition":[{"name":"/x","bitrate":64,"command":"touch /tmp/x"}]}`, 403, "command"},
		{"PATCH", "hidden", `{"rendition":[{"name":"/small","bitrate":48,"command":"touch /tmp/x"}]}`, 403, "command"},
		{"PATCH", "hidden", `{"rendition":[{"name":"/small","bitrate":48}]}`, 403, "command"},
		{"PUT", "new", `{"listener_auth":{"htpasswd_file":"relay.toml"}}`, 403, "htpasswd_file"},
		{"PATCH", "hidden", `{"listener_auth":{"htpasswd_file":"/root/.ssh/authorized_keys"}}`, 403, "htpasswd_file"},
	} {
		p := refused(t, s.ask(t, test.method, "/mounts/"+test.path, test.body, operator), test.status)
		if !strings.Contains(p.Detail, test.detail) {
			t.Errorf("%s %s: %s", test.path, test.body, p.Detail)
		}
		if len(p.Errors) > 0 && !strings.HasPrefix(p.Errors[0].Key, "mount.") {
			t.Errorf("%s: the key is %q", test.body, p.Errors[0].Key)
		}
		if (test.status == 422) != (len(p.Errors) > 0) {
			t.Errorf("%s %s: %d errors", test.path, test.body, len(p.Errors))
		}
		if s.text(t) != before {
			t.Fatalf("%s changes the file", test.body)
		}
	}
	if got := read[changed](t, s.ask(t, "PATCH", "/mounts/hidden", `{"title":"x"}`, operator), 200); !got.Saved {
		t.Error("a mount with a command cannot be changed otherwise")
	}
}

// The path of the listeners' file can be kept and removed.
func TestTheListOfListenersStays(t *testing.T) {
	s := newStation(t, house+"[[mount]]\nname = '/members'\nlistener_auth.htpasswd_file = 'members'\n[[mount]]\nname = '/told'\nlistener_auth.on_source = 'http://a.example/x'\n")
	for _, body := range []string{
		`{"title":"x"}`, `{"listener_auth":{"htpasswd_file":"members","on_source":"http://a.example"}}`, `{"listener_auth":{"htpasswd_file":null}}`,
	} {
		if got := read[changed](t, s.ask(t, "PATCH", "/mounts/members", body, operator), 200); !got.Saved {
			t.Errorf("%s is not saved", body)
		}
	}
	refused(t, s.ask(t, "PATCH", "/mounts/members", `{"listener_auth":{"htpasswd_file":"members"}}`, operator), 403)
}

func TestReloadTellsWhatIsWrong(t *testing.T) {
	s := newStation(t, house)
	type reloaded struct {
		Changed       []string
		RestartNeeded []string `json:"restart_needed"`
	}
	write(t, s.file, strings.Replace(house, "The station", "Another", 1)+"[server]\nlisten = ['127.0.0.1:1']\n")
	got := read[reloaded](t, s.ask(t, "POST", "/reload", "", operator), 200)
	if strings.Join(got.Changed, " ") != "server.listen mount[/live].title" || strings.Join(got.RestartNeeded, " ") != "server.listen" {
		t.Errorf("%+v", got)
	}
	server := read[struct {
		Config struct {
			File          string
			RestartNeeded []string `json:"restart_needed"`
		}
	}](t, s.ask(t, "GET", "/server", "", operator), 200)
	if server.Config.File != s.file || strings.Join(server.Config.RestartNeeded, " ") != "server.listen" {
		t.Errorf("%+v", server)
	}
	write(t, s.file, house+"[limits]\nburst = 'x'\n[log]\nlevel = 'loud'\n")
	p := refused(t, s.ask(t, "POST", "/reload", "", operator), 422)
	if len(p.Errors) != 2 || p.Errors[0].Key != "limits.burst" || p.Errors[0].Line == 0 || p.Errors[0].File != s.file || p.Errors[1].Key != "log.level" {
		t.Errorf("%+v", p)
	}
	write(t, s.file, "[limits\n")
	if p := refused(t, s.ask(t, "POST", "/reload", "", operator), 422); len(p.Errors) != 1 || p.Errors[0].Line != 1 {
		t.Errorf("%+v", p)
	}
	if err := os.Remove(s.file); err != nil {
		t.Fatal(err)
	}
	if p := refused(t, s.ask(t, "POST", "/reload", "", operator), 422); !strings.Contains(p.Detail, "cannot be read") {
		t.Errorf("%+v", p)
	}
	if got := s.Conf.Config().Mount("/live").Title; got != "Another" {
		t.Errorf("title %q is in force", got)
	}
}

// No answer has a password, a token or the login in an address.
func TestSecretsStayInside(t *testing.T) {
	s := newStation(t, house+`
[[mount]]
name = "/hooked"
[mount.listener_auth]
url = "http://hook:s3cret@127.0.0.1/auth"
[[mount]]
name = "/many"
[[mount.source]]
user = "first"
password = "s3cret"
[[relay]]
mount = "/pulled"
url = "http://127.0.0.1:1/live"
user = "us"
password = "s3cret"
`)
	for _, path := range []string{"/mounts", "/mounts/hooked", "/mounts/many", "/configuration", "/server", "/sources", "/status"} {
		w := s.ask(t, "GET", path, "", operator)
		for _, secret := range []string{"s3cret", "hackme", "token-of-a-program", `"own"`, "password\":\"operator"} {
			if strings.Contains(w.Body.String(), secret) {
				t.Errorf("%s reveals %q: %s", path, secret, w.Body)
			}
		}
		if w.Code != 200 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
