package sources

import (
	"bytes"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"relay/e2e/harness"
	"relay/e2e/recorded"
	"relay/icy"
)

// shoutcastAddr returns the address that SHOUTcast programs connect to.
func shoutcastAddr(t testing.TB, r *harness.Relay) string {
	t.Helper()
	m := regexp.MustCompile(`SHOUTcast v1 to ([^,]+), port (\d+)`).FindStringSubmatch(r.Out.String())
	if m == nil {
		t.Fatalf("no second port in the banner:\n%s", r.Out.String())
	}
	port, _ := strconv.Atoi(m[2])
	return net.JoinHostPort(m[1], strconv.Itoa(port+1))
}

// ports returns the server as clients of each of its addresses see it.
func ports(t testing.TB, r *harness.Relay) map[string]*harness.Relay {
	return map[string]*harness.Relay{"main port": r.At(r.Addr), "second port": r.At(shoutcastAddr(t, r))}
}

// src-10, src-13, src-15, src-16, src-17: every form of password and head, on
// either port.
func TestShoutcastSources(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.ShoutcastConfig+`
[[mount]]
name = "/own"
source_user = "dj"
source_password = "mine"
`)
	const head = "icy-name:From a test\r\nicy-genre:Jazz\r\nicy-pub:0\r\nicy-br:128\r\n"
	tests := []struct{ name, line, head, mount string }{
		{"password", "hackme\r\n", head + "content-type:audio/mpeg\r\n\r\n", "/sc.mp3"},
		{"no content-type", "hackme\r\n", head + "\r\n", "/sc.mp3"},
		{"other name for MP3", "hackme\r\n", head + "Content-Type: Audio/MP3; x=y\r\n\r\n", "/sc.mp3"},
		{"LF alone", "hackme\n", strings.ReplaceAll(head, "\r", "") + "\n", "/sc.mp3"},
		{"stray Host, as butt sends", "hackme\r\n", "Host: 127.0.0.1:8000\r\n" + head + "\r\n", "/sc.mp3"},
		{"stream number, as AzuraCast adds", "hackme:#1\r\n", head + "\r\n", "/sc.mp3"},
		{"another stream number", "hackme:#2\r\n", head + "\r\n", "/sc.mp3"},
		{"user and password", "source:hackme\r\n", head + "\r\n", "/sc.mp3"},
		{"user, password, stream number", "source:hackme:#3\r\n", head + "\r\n", "/sc.mp3"},
		{"mount and password", "/show:hackme\r\n", head + "\r\n", "/show"},
		{"mount, password, stream number", "/show:hackme:#1\r\n", head + "\r\n", "/show"},
		{"a mount's own password", "/own:mine\r\n", head + "\r\n", "/own"},
	}
	for port, at := range ports(t, r) {
		for _, tt := range tests {
			t.Run(port+"/"+tt.name, func(t *testing.T) {
				before := r.Left(tt.mount)
				e := at.Shoutcast(t, tt.line, tt.head)
				defer func() {
					e.Close()
					harness.Eventually(t, tt.mount+" to be free", func() bool { return r.Left(tt.mount) > before })
				}()
				e.Frames(t, 100)
				harness.Eventually(t, "the name", func() bool { return r.Source(t, tt.mount).ServerName == "From a test" })
				if s := r.Source(t, tt.mount); s.Genre != "Jazz" {
					t.Errorf("listed as %+v", s)
				}
				onAir(t, r, tt.mount, 90)
			})
		}
		for _, way := range []string{"all in one packet", "byte by byte"} {
			t.Run(port+"/"+way, func(t *testing.T) {
				mount := "/" + strings.NewReplacer(" ", "-").Replace(port+way)
				e := &harness.Encoder{Conn: at.Dial(t)}
				said := mount + ":hackme\r\nHost: x\r\n" + head + "\r\n"
				for range 3 {
					said += string(e.Next())
				}
				if way == "byte by byte" {
					for i := range len(said) {
						e.Write([]byte{said[i]})
					}
				} else {
					io.WriteString(e, said)
				}
				e.Frames(t, 60)
				if first := onAir(t, r, mount, 60); first != 1 {
					t.Errorf("the stream begins with frame %d, want 1", first)
				}
			})
		}
	}
}

func TestShoutcastRefusals(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.ShoutcastConfig+`
[[mount]]
name = "/own"
source_password = "mine"
`)
	busy := r.Encode(t, "/busy")
	busy.Frames(t, 10)
	busy = r.Encode(t, "/sc.mp3")
	busy.Frames(t, 10)
	const ok, no = icy.ShoutcastAccepted, "invalid password\r\n"
	tests := []struct{ name, sent, want string }{
		{"wrong password", "secretx\r\n", no},
		{"wrong password with a head", "secretx\r\nicy-name:x\r\n\r\n\xff\xfb\x90\x00", no},
		{"wrong password with a number", "secretx:#1\r\n", no},
		{"the admin's password", "adminpass\r\n", no},
		{"libshout's probe", "!POKE\nicy-name:libshout server poke request\n\n", no},
		{"wrong user", "dj:hackme\r\n", no},
		{"another mount's password", "mine\r\n", no},
		{"server-wide password on a mount with its own", "/own:hackme\r\n", no},
		{"in use", "hackme\r\nicy-name:Second\r\nicy-br:128\r\n\r\n", ok + "HTTP/1.0 403 Forbidden\r\n"},
		{"in use by name", "/busy:hackme\r\nicy-name:Second\r\n\r\n", ok + "HTTP/1.0 403 Forbidden\r\n"},
		{"MP4", "/mp4:hackme\r\ncontent-type:audio/mp4\r\n\r\n", ok + "HTTP/1.0 415 "},
		{"no mount can be there", "/admin/x:hackme\r\nicy-name:x\r\n\r\n", ok + "HTTP/1.0 400 "},
		{"endless head", "hackme\r\n" + strings.Repeat("icy-name:"+strings.Repeat("b", 500)+"\r\n", 40), ok + "HTTP/1.0 431 "},
		{"not text", "hack\x00me\r\n", "HTTP/1.0 400 "},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.0 400 "},
	}
	for port, at := range ports(t, r) {
		for _, tt := range tests {
			t.Run(port+"/"+tt.name, func(t *testing.T) {
				if got := at.Exchange(t, tt.sent); !strings.HasPrefix(got, tt.want) || tt.want == no && got != no {
					t.Errorf("answer %q, want %q", got, tt.want)
				}
			})
		}
	}
	r.Says(t, "wrong password, given for /sc.mp3", "the user name must be")
	for line := range strings.Lines(r.Log.String()) {
		if strings.Contains(line, "secretx") {
			t.Errorf("a password is in the log: %s", line)
		}
		if strings.Contains(line, "probe") && !strings.Contains(strings.ToLower(line), "debug") {
			t.Errorf("the probe is logged as an attack: %s", line)
		}
	}
}

// A head that does not end in time is dropped, both that of the password and the
// rest.
func TestShoutcastHeadTimeout(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, strings.Replace(harness.ShoutcastConfig, "[log]", "[limits]\nheader_timeout = \"1s\"\n[log]", 1))
	for name, sent := range map[string]string{"password": "hack", "head": "hackme\r\nicy-name:x\r\n"} {
		t.Run(name, func(t *testing.T) {
			conn := r.Dial(t)
			io.WriteString(conn, sent)
			if _, err := io.ReadAll(conn); harness.IsTimeout(err) {
				t.Error("the connection stays")
			}
		})
	}
}

// The recorded exchanges end as they did with Icecast.
func TestRecordedShoutcastSources(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		"source-shoutcast-v1", "source-shoutcast-v1-lf-only", "source-shoutcast-v1-one-packet", "source-libshout-icy",
	} {
		t.Run(file, func(t *testing.T) {
			r := harness.Start(t, harness.ShoutcastConfig)
			at := r.At(shoutcastAddr(t, r))
			for _, c := range recorded.Connections(t, file) {
				first, _ := icy.FirstLine(c.Client)
				if first != "hackme" {
					continue
				}
				e := at.Shoutcast(t, string(c.Client), "")
				defer e.Close()
				e.Frames(t, 20)
			}
			harness.Eventually(t, "the source", func() bool { return r.Source(t, "/sc.mp3").BitRate == 128 })
			for _, c := range recorded.Connections(t, file) {
				if strings.HasPrefix(string(c.Client), "GET /admin.cgi") {
					answer := r.Exchange(t, string(c.Client))
					if strings.Fields(answer)[1] != "200" { // also where Icecast lost the title
						t.Errorf("answer %q", answer)
					}
					if s := r.Source(t, "/sc.mp3"); !strings.Contains(s.Title, "Artist - ") {
						t.Errorf("listed as %+v", s)
					}
				}
			}
		})
	}
	t.Run("source-shoutcast-v1-mount-in-use", func(t *testing.T) {
		r := harness.Start(t, harness.ShoutcastConfig)
		first := r.Encode(t, "/sc.mp3")
		first.Frames(t, 10)
		c := recorded.Connections(t, "source-shoutcast-v1-mount-in-use")[0]
		got := r.At(shoutcastAddr(t, r)).Exchange(t, string(c.Client))
		line, _, _ := strings.Cut(string(c.Server[len(icy.ShoutcastAccepted):]), "\r\n")
		if !strings.HasPrefix(got, icy.ShoutcastAccepted+line+"\r\n") || !strings.Contains(got, "\r\n\r\nMountpoint in use: /sc.mp3 is in use by 127.0.0.1") {
			t.Errorf("answer %q, Icecast %q", got, c.Server)
		}
	})
}

// Clients other than SHOUTcast sources are served on the second port as on the first.
func TestSecondPortSpeaksHTTP(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.ShoutcastConfig)
	second := r.At(shoutcastAddr(t, r))
	if status, _, body := second.Get(t, "/healthz"); status != 200 || body != "ok\n" {
		t.Errorf("healthz: %d %q", status, body)
	}
	e := second.Encode(t, "/put")
	e.Frames(t, 100)
	onAir(t, second, "/put", 90)
}

// Without a configuration the second port is open, and leads to /live.
func TestShoutcastWithoutConfiguration(t *testing.T) {
	t.Parallel()
	r := harness.Run(t, "-listen", "127.0.0.1:0")
	if !strings.Contains(r.Out.String(), "SHOUTcast v1") {
		t.Skip("the next port happens to be in use")
	}
	if !strings.Contains(r.Out.String(), "on /live, the same password") {
		t.Errorf("banner:\n%s", r.Out.String())
	}
	e := r.At(shoutcastAddr(t, r)).Shoutcast(t, r.SourcePassword+"\r\n", "icy-name:From a test\r\n\r\n")
	e.Frames(t, 100)
	harness.Eventually(t, "the source", func() bool { return r.Source(t, "/live").ServerName == "From a test" })
}

func TestAdminCGI(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.ShoutcastConfig+`
[[mount]]
name = "/own"
source_user = "dj"
source_password = "mine"
`)
	sc := r.Shoutcast(t, "hackme\r\n", "icy-name:x\r\n\r\n")
	sc.Frames(t, 10)
	put := r.Encode(t, "/put")
	put.Frames(t, 10)
	own := r.Shoutcast(t, "/own:mine\r\n", "icy-name:x\r\n\r\n")
	own.Frames(t, 10)
	harness.Eventually(t, "three mounts", func() bool { return len(r.Sources(t)) == 3 })

	const done, badLogin = "<p>Metadata update successful</p>", "You need to authenticate"
	source, admin := "Authorization: "+harness.Basic("source", "hackme")+"\r\n", "Authorization: "+harness.Basic("admin", "adminpass")+"\r\n"
	tests := []struct{ name, query, head, status, says, mount, title string }{
		{"source's password", "mode=updinfo&pass=hackme&song=A", "", "200", done, "/sc.mp3", "A"},
		{"admin's password", "mode=updinfo&pass=adminpass&song=B", "", "200", done, "/sc.mp3", "B"},
		{"user:pass", "pass=source:hackme&mode=updinfo&song=C", "", "200", done, "/sc.mp3", "C"},
		{"user%3apass:#1", "pass=source%3ahackme%3A%231&mode=updinfo&song=D", "", "200", done, "/sc.mp3", "D"},
		{"admin:pass", "pass=admin:adminpass&mode=updinfo&song=E", "", "200", done, "/sc.mp3", "E"},
		{"sid", "sid=1&mode=updinfo&pass=hackme&song=F", "", "200", done, "/sc.mp3", "F"},
		{"charset", "mode=updinfo&pass=hackme&charset=latin1&song=Caf%e9", "", "200", done, "/sc.mp3", "Café"},
		{"no charset", "mode=updinfo&pass=hackme&song=Caf%e9%21", "", "200", done, "/sc.mp3", "Café!"},
		{"title and song, as Liquidsoap", "mode=updinfo&pass=hackme&title=no&song=G", "", "200", done, "/sc.mp3", "G"},
		{"Basic, source", "mode=updinfo&song=H", source, "200", done, "/sc.mp3", "H"},
		{"Basic, admin", "mode=updinfo&song=I", admin, "200", done, "/sc.mp3", "I"},
		{"empty song", "mode=updinfo&pass=hackme&song=", "", "200", done, "/sc.mp3", ""},
		{"fed by PUT", "mode=updinfo&pass=hackme&mount=/put&song=J", "", "200", done, "/put", "J"},
		{"mount in the password", "mode=updinfo&pass=/put:hackme&song=K", "", "200", done, "/put", "K"},
		{"mount in both", "mode=updinfo&pass=/put:hackme&mount=/put&song=L", "", "200", done, "/put", "L"},
		{"own password", "mode=updinfo&pass=mine&mount=/own&song=M", "", "200", done, "/own", "M"},
		{"own user", "mode=updinfo&pass=dj:mine&mount=/own&song=N", "", "200", done, "/own", "N"},
		{"mount in the password, another beside it", "mode=updinfo&pass=/put:hackme&mount=/own&song=no", "", "401", badLogin, "/own", "N"},
		{"server-wide password on a mount with its own", "mode=updinfo&pass=hackme&mount=/own&song=no", "", "401", badLogin, "/own", "N"},
		{"wrong password", "mode=updinfo&pass=secretx&song=no", "", "401", badLogin, "/sc.mp3", ""},
		{"wrong Basic", "mode=updinfo&song=no", "Authorization: " + harness.Basic("source", "x") + "\r\n", "401", badLogin, "/sc.mp3", ""},
		{"no password", "mode=updinfo&song=no", "", "400", "missing pass parameter", "/sc.mp3", ""},
		{"no song", "mode=updinfo&pass=hackme", "", "400", "Missing parameter", "/sc.mp3", ""},
		{"no mode", "pass=hackme&song=no", "", "400", "Missing parameter", "/sc.mp3", ""},
		{"no mount can be there", "mode=updinfo&pass=hackme&mount=/admin/x&song=no", "", "400", "Source does not exist", "/sc.mp3", ""},
	}
	for port, at := range ports(t, r) {
		for _, tt := range tests {
			t.Run(port+"/"+tt.name, func(t *testing.T) {
				answer := at.Exchange(t, "GET /admin.cgi?"+tt.query+" HTTP/1.0\r\nUser-Agent: Mozilla\r\n"+tt.head+"\r\n")
				if !strings.HasPrefix(answer, "HTTP/1.0 "+tt.status+" ") || !strings.Contains(answer, tt.says) {
					t.Errorf("answer %q, want %s with %q", answer, tt.status, tt.says)
				}
				if got := r.Source(t, tt.mount).Title; got != tt.title {
					t.Errorf("title %q, want %q", got, tt.title)
				}
			})
		}
	}
	t.Run("recorded", func(t *testing.T) {
		for _, c := range recorded.Connections(t, "admin-cgi") {
			if len(c.Server) == 0 {
				continue // on the second port, where Icecast closed the connection without an answer
			}
			if strings.Contains(string(c.Client), "mode=viewxml") {
				continue // Icecast did not know it
			}
			answer := r.Exchange(t, string(c.Client))
			wantHead, wantBody, _ := strings.Cut(string(c.Server), "\r\n\r\n")
			gotHead, gotBody, _ := strings.Cut(answer, "\r\n\r\n")
			if strings.Fields(wantHead)[1] != strings.Fields(gotHead)[1] || strings.TrimSpace(gotBody) != strings.TrimSpace(wantBody) {
				t.Errorf("%q\n got %s %q\nwant %s %q", c.Client, strings.Fields(gotHead)[1], gotBody, strings.Fields(wantHead)[1], wantBody)
			}
		}
	})
	t.Run("StreamUrl", func(t *testing.T) {
		r.Exchange(t, "GET /admin.cgi?mode=updinfo&pass=hackme&song=With&url=http%3A%2F%2Fradio.example%2Fsong HTTP/1.0\r\n\r\n")
		sc.Frames(t, 100)
		conn := r.Dial(t)
		io.WriteString(conn, "GET /sc.mp3 HTTP/1.0\r\nIcy-MetaData: 1\r\n\r\n")
		var heard strings.Builder
		for !strings.Contains(heard.String(), "StreamTitle='With';StreamUrl='http://radio.example/song';") {
			if _, err := io.CopyN(&heard, conn, 1000); err != nil {
				t.Fatalf("no StreamUrl: %v", err)
			}
		}
	})
	if strings.Contains(r.Log.String(), "secretx") {
		t.Error("a password is in the log")
	}
}

// ttl-8: a title that arrives moments before its mount exists is not lost.
func TestTitleBeforeItsSource(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.ShoutcastConfig)
	for _, request := range []string{
		"GET /admin.cgi?mode=updinfo&pass=hackme&song=Early+One HTTP/1.0\r\n\r\n",
		"GET /admin/metadata?mode=updinfo&mount=/put&song=Early+Two HTTP/1.0\r\nAuthorization: " + harness.Basic("source", "hackme") + "\r\n\r\n",
	} {
		if answer := r.Exchange(t, request); !strings.HasPrefix(answer, "HTTP/1.0 200 ") {
			t.Errorf("answer %q", answer)
		}
	}
	sc := r.Shoutcast(t, "hackme\n", "icy-name:x\n\n")
	sc.Frames(t, 10)
	put := r.Encode(t, "/put")
	put.Frames(t, 10)
	harness.Eventually(t, "both titles", func() bool {
		return r.Source(t, "/sc.mp3").Title == "Early One" && r.Source(t, "/put").Title == "Early Two"
	})
}

// Metadata within a source's stream becomes titles, and none of its bytes reaches
// listeners as audio.
func TestInlineMetadata(t *testing.T) {
	t.Parallel()
	const metaint = 8000
	tests := []struct {
		name    string
		connect func(t *testing.T, r *harness.Relay, mount string) *harness.Encoder
	}{
		{"SOURCE", func(t *testing.T, r *harness.Relay, mount string) *harness.Encoder {
			return r.Connect(t, "SOURCE "+mount+" HTTP/1.0\r\nAuthorization: "+harness.Basic("source", "hackme")+"\r\nicy-metaint: 8000\r\n\r\n")
		}},
		{"PUT", func(t *testing.T, r *harness.Relay, mount string) *harness.Encoder {
			return r.Encode(t, mount, "Icy-MetaInt: 8000")
		}},
		{"SHOUTcast", func(t *testing.T, r *harness.Relay, mount string) *harness.Encoder {
			return r.Shoutcast(t, mount+":hackme\r\n", "icy-metaint:8000\r\nicy-name:x\r\n\r\n")
		}},
	}
	r := harness.Start(t, harness.ShoutcastConfig)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mount := "/inline-" + tt.name
			e := tt.connect(t, r, mount)
			var audio []byte
			for range 120 {
				audio = append(audio, e.Next()...)
			}
			blocks := [][]byte{
				icy.AppendBlock(nil, "In-line Title", "http://radio.example/art.jpg"), icy.EmptyBlock,
				bytes.ReplaceAll(icy.AppendBlock(nil, "It's; CafX", ""), []byte("X"), []byte("\xe9")), icy.EmptyBlock, icy.EmptyBlock, icy.EmptyBlock,
			}
			for len(audio) > metaint {
				e.Write(audio[:metaint])
				e.Write(blocks[0])
				audio, blocks = audio[metaint:], blocks[1:]
			}
			e.Write(audio)
			harness.Eventually(t, "the last title", func() bool { return r.Source(t, mount).Title == "It's; Café" })
			p := r.Tune(t, mount, "Icy-MetaData: 1")
			if _, _, err := p.InOrder(119); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(p.Titles, "|"); got != "In-line Title|It's; Café" {
				t.Errorf("titles %q", got)
			}
		})
	}
	t.Run("Icy-MetaData, as ffmpeg sends, is something else", func(t *testing.T) {
		e := r.Encode(t, "/plain", "Icy-MetaData: 1")
		e.Frames(t, 100)
		onAir(t, r, "/plain", 95)
	})
}
