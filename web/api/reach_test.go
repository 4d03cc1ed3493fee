package api

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// rooted returns a station whose folder has "music" with a playlist, "outside",
// "recordings", and links between them.
func rooted(t *testing.T) *station {
	t.Helper()
	t.Setenv("RELAY_TEST_SECRET", "a secret of the machine")
	root := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, path, text)
	}
	put("music/a.mp3", "")
	put("music/deep/b.mp3", "")
	put("music/good.m3u", "a.mp3\ndeep/b.mp3\n")
	put("music/evil.m3u", "a.mp3\n"+root+"/outside/secret.mp3\n")
	put("music/nested.m3u", "evil.m3u\n")
	put("music2/c.mp3", "")
	put("outside/secret.mp3", "")
	put("outside/password", "a secret of the machine")
	put("shared/d.mp3", "")
	put("lists/one.m3u", root+"/outside/secret.mp3\n")
	for _, link := range [][2]string{{"../outside", "music/link"}, {root + "/outside/secret.mp3", "music/link.mp3"}, {root + "/nowhere", "music/dangling"}, {"deep", "music/alias"}} {
		if err := os.Symlink(link[0], filepath.Join(root, link[1])); err != nil {
			t.Fatal(err)
		}
	}
	return newStation(t, strings.NewReplacer("[auth]", "[auth]\napi_folders = ['"+root+"/shared']", `"recordings"`, `"`+root+`/recordings"`).Replace(house)+fmt.Sprintf(`
[[mount]]
name = "/music"
source_password_file = "%[1]s/outside/password"
files.paths = ["%[1]s/music/", "%[1]s/lists/one.m3u"]
intro_file = "%[1]s/outside/secret.mp3"
[[mount]]
name = "/hooked"
[mount.listener_auth]
url = "https://x:KEY@panel.example/a/KEY?k=KEY"
on_source = "http://127.0.0.1:8080/KEY"
stream_auth = "https://panel.example/ask"
[[mount]]
name = "/hook*"
[mount.listener_auth]
on_source = "http://pattern.example/KEY"
[[mount]]
name = "/many"
source = [{ user = "one", password = "first password" }, { user = "two", password = "second password" }]
listener_auth.token_secret = "sixteen or more of them"
`, root))
}

// With no login can the API make the station use a folder, file or server that the
// configuration does not name.
func TestTheAPILeadsNowhereElse(t *testing.T) {
	s := rooted(t)
	root := filepath.Dir(s.Conf.Config().Mount("/live").RecordDir)
	before := s.text(t)
	const yes, no = 0, 403
	for _, test := range []struct {
		mount, body string
		want        int
	}{
		{"live", `{"record_dir":"ROOT/recordings"}`, yes},
		{"live", `{"record_dir":"ROOT/recordings/deeper"}`, yes},
		{"other", `{"record_dir":"ROOT/recordings/new/er"}`, yes},
		{"other", `{"record_dir":"ROOT/shared/taped"}`, yes},
		{"live", `{"record_dir":"ROOT"}`, no},
		{"live", `{"record_dir":"/tmp"}`, no},
		{"live", `{"record_dir":"."}`, no},
		{"live", `{"record_dir":"/"}`, no},
		{"live", `{"record_dir":"ROOT/recordings2"}`, no},
		{"live", `{"record_dir":"ROOT/recordings/../outside"}`, no},
		{"live", `{"record_dir":"ROOT/music"}`, no}, // folders of music are not written to
		{"live", `{"record_dir":"ROOT/music/dangling"}`, no},
		{"live", `{"rewind":"2h","rewind_dir":"ROOT/shared/past"}`, yes},
		{"live", `{"rewind_dir":"ROOT/recordings"}`, no},
		{"live", `{"rewind_dir":"/tmp"}`, no},
		{"other", `{"files":{"paths":["ROOT/music/deep"]}}`, yes},
		{"other", `{"files":{"paths":["ROOT/music/alias","ROOT/music/a.mp3","ROOT/shared"]}}`, yes},
		{"other", `{"files":{"paths":["ROOT/music/good.m3u","ROOT/lists/one.m3u"]}}`, yes},
		{"other", `{"files":{"paths":["ROOT/music/evil.m3u"]}}`, no},
		{"other", `{"files":{"paths":["ROOT/music/nested.m3u"]}}`, no},
		{"other", `{"files":{"paths":["ROOT/music/a.mp3","ROOT/outside"]}}`, no},
		{"other", `{"files":{"paths":["ROOT/outside/secret.mp3"]}}`, yes}, // an intro: a file that the radio plays already
		{"other", `{"files":{"paths":["ROOT/lists"]}}`, no},
		{"other", `{"files":{"paths":["ROOT/lists/two.m3u"]}}`, no},
		{"other", `{"files":{"paths":["ROOT/music2"]}}`, no},
		{"other", `{"files":{"paths":["ROOT/music/link"]}}`, no},
		{"other", `{"files":{"paths":["ROOT/music/link/../secret.mp3"]}}`, no},
		{"other", `{"files":{"paths":["ROOT/music/link.mp3"]}}`, yes}, // a link to that intro
		{"other", `{"files":{"paths":["ROOT/music/dangling"]}}`, no},
		{"other", `{"files":{"paths":["ROOT/recordings"]}}`, no}, // recordings are not public
		{"other", `{"files":{"paths":["/etc/passwd"]}}`, no},
		{"other", `{"files":{"paths":["relay.toml"]}}`, no},
		{"other", `{"files":{"paths":["ROOT/music"],"jingles":["ROOT/outside"],"jingle_every":1}}`, no},
		{"other", `{"files":{"paths":["ROOT/music"],"jingles":["ROOT/music/deep"],"jingle_every":1}}`, yes},
		{"other", `{"intro_file":"ROOT/music/a.mp3"}`, yes},
		{"other", `{"intro_file":"ROOT/outside/password"}`, no},
		{"other", `{"intro_file":"relay.toml"}`, no},
		{"other", `{"source_password_file":"ROOT/outside/password"}`, no},
		{"music", `{"title":"x"}`, yes},
		{"music", `{"source_password_file":"ROOT/outside/password"}`, yes},
		{"music", `{"source_password_file":"/etc/shadow"}`, no},
		{"other", `{"source":[{"user":"x","password_file":"/etc/passwd"}]}`, no},
		{"other", `{"listener_auth":{"token_secret_file":"/etc/passwd"}}`, no},
		{"other", `{"source_password":"${RELAY_TEST_SECRET}"}`, no},
		{"other", `{"source":[{"user":"x","password":"${RELAY_TEST_SECRET}"}]}`, no},
		{"other", `{"listener_auth":{"token_secret":"${RELAY_TEST_SECRET}"}}`, no},
		{"other", `{"listener_auth":{"htpasswd_file":"ROOT/music/a.mp3"}}`, no},
		{"other", `{"listener_auth":{"url":"https://panel.example/elsewhere"}}`, yes},
		{"other", `{"listener_auth":{"on_source":"https://PANEL.example:443/elsewhere"}}`, yes},
		{"other", `{"listener_auth":{"url":"http://127.0.0.1:8080/x"}}`, yes},
		{"other", `{"listener_auth":{"url":"http://127.0.0.1/x"}}`, no},
		{"other", `{"listener_auth":{"on_source":"http://127.0.0.1:6379/"}}`, no},
		{"other", `{"listener_auth":{"stream_auth":"http://169.254.169.254/latest"}}`, no},
		{"other", `{"listener_auth":{"stream_auth":"http://panel.example/"}}`, no},
		{"other", `{"listener_auth":{"url":"https://panel.example@evil.example/"}}`, no},
		{"other", `{"listener_auth":{"url":"http://[::1]:8080/"}}`, no},
		{"other", `{"redirect_full":"http://other.example/live"}`, no},
		{"live", `{"rendition":[{"name":"/x","bitrate":64,"command":"id"}]}`, no},
	} {
		body := strings.ReplaceAll(test.body, "ROOT", root)
		for by, login := range map[string][]sender{"a token": {header("Authorization", "Bearer token-of-a-program")}, "the operator's password": {operator}, "a session": nil} {
			if by == "a session" {
				cookie, csrf := s.logIn(t, "admin", "operator", "")
				login = []sender{cookie, csrf}
			}
			for _, method := range []string{"PUT", "PATCH"} {
				if method == "PATCH" && test.mount == "other" {
					s.broadcast(t, "/other", "source", "").Detach() // so that the mount exists and can be patched
				}
				if method == "PUT" && test.mount == "music" && strings.Contains(body, "title") {
					continue // PUT drops the password
				}
				w := s.ask(t, method, "/mounts/"+test.mount, body, login...)
				if got := w.Code; test.want == yes && got > 201 || test.want == no && got != no {
					t.Errorf("%s %s %s by %s: %d %s", method, test.mount, body, by, got, w.Body)
				}
				if text := s.text(t); test.want == no && text != before {
					t.Fatalf("%s changes the file", body)
				} else if text != before {
					write(t, s.file, before)
					if _, err := s.Settings.Reload(); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

// A value that is shown in part can be sent back as it is shown, and stays what it
// was.
func TestWhatIsHiddenComesBack(t *testing.T) {
	s := rooted(t)
	shown := read[MountDetail](t, s.ask(t, "GET", "/mounts/hooked", "", operator), 200).Config["listener_auth"].(map[string]any)
	for key, want := range map[string]string{"url": "https://***@panel.example/***", "on_source": "http://127.0.0.1:8080/***", "stream_auth": "https://panel.example/***"} {
		if shown[key] != want {
			t.Errorf("%s is shown as %q, want %q", key, shown[key], want)
		}
	}
	for _, path := range []string{"/mounts", "/mounts/hooked", "/configuration", "/server"} {
		if text := s.ask(t, "GET", path, "", operator).Body.String(); strings.Contains(text, "KEY") {
			t.Errorf("%s reveals a key: %s", path, text)
		}
	}
	const same = `{"url":"https://***@panel.example/***","on_source":"http://127.0.0.1:8080/***","stream_auth":"https://panel.example/***"}`
	for _, method := range []string{"PATCH", "PUT"} {
		read[changed](t, s.ask(t, method, "/mounts/hooked", `{"title":"x","listener_auth":`+same+`}`, operator), 200)
		got := s.Conf.Config().Mount("/hooked").ListenerAuth
		if got.URL != "https://x:KEY@panel.example/a/KEY?k=KEY" || got.OnSource != "http://127.0.0.1:8080/KEY" || got.StreamAuth != "https://panel.example/ask" {
			t.Errorf("after %s: %+v", method, got)
		}
	}
	if !strings.Contains(s.text(t), "https://x:KEY@panel.example/a/KEY?k=KEY") || strings.Contains(s.text(t), "***") {
		t.Errorf("the file has\n%s", s.text(t))
	}
	read[changed](t, s.ask(t, "PUT", "/mounts/hook2", `{"listener_auth":{"on_source":"http://pattern.example/***"}}`, operator), 201)
	if got := s.Conf.Config().Mount("/hook2").ListenerAuth.OnSource; got != "http://pattern.example/KEY" {
		t.Errorf("that of the pattern is %q", got)
	}

	before := s.text(t)
	for _, body := range []string{
		`{"listener_auth":{"url":"https://***@panel.example/***x"}}`, `{"listener_auth":{"url":"***"}}`, `{"listener_auth":{"url":"https://panel.example/***"}}`,
		`{"listener_auth":{"on_source":"https://***@panel.example/***"}}`, `{"source_password":"***"}`, `{"source":[{"user":"one","password":"***"}]}`, `{"listener_auth":{"token_secret":"***"}}`,
	} {
		if p := refused(t, s.ask(t, "PATCH", "/mounts/hooked", body, operator), 422); !strings.Contains(p.Detail, "***") {
			t.Errorf("%s: %s", body, p.Detail)
		}
	}
	if s.text(t) != before {
		t.Error("the file has changed")
	}
	read[changed](t, s.ask(t, "PUT", "/mounts/many", `{"source":[{"user":"two","password":"***"},{"user":"new","password":"third password"}],"listener_auth":{"token_secret":"***"}}`, operator), 200)
	if m := s.Conf.Config().Mount("/many"); m.Sources[0].Password.Reveal() != "second password" || len(m.Sources) != 2 || m.ListenerAuth.TokenSecret.Reveal() != "sixteen or more of them" {
		t.Errorf("%+v", m)
	}
	read[changed](t, s.ask(t, "PUT", "/mounts/music", `{"source_password":"***"}`, operator), 200)
	if !strings.Contains(s.text(t), "source_password_file") {
		t.Errorf("the file of a password is lost:\n%s", s.text(t))
	}
}
