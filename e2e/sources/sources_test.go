package sources

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"relay/e2e/harness"
	"relay/e2e/recorded"
	"relay/icy"
)

// Every form of a source's request gets the right first answer, and the source is on
// the air with all its frames.
func TestSourceDialects(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config)
	login := "Authorization: " + harness.Basic("source", "hackme") + "\r\n"
	withContinue := icy.SourceContinue + icy.SourceAccepted
	tests := []struct{ name, head, answer string }{
		{"PUT", "PUT %s HTTP/1.1\r\nHost: a\r\nContent-Type: audio/mpeg\r\n", icy.SourceAccepted},
		{"PUT with Expect", "PUT %s HTTP/1.1\r\nHost: a\r\nContent-Type: audio/mpeg\r\nExpect: 100-continue\r\n", withContinue},
		{"PUT HTTP/1.0 with Expect, as Liquidsoap", "PUT %s HTTP/1.0\r\nContent-Type: audio/mpeg\r\nExpect: 100-continue\r\n", withContinue},
		{"PUT with a length", "PUT %s HTTP/1.1\r\nHost: a\r\nContent-Type: audio/mpeg\r\nContent-Length: 1000\r\n", icy.SourceAccepted},
		{"PUT with an empty Host", "PUT %s HTTP/1.1\r\nHost:\r\nContent-Type: AUDIO/MPEG; x=y\r\n", icy.SourceAccepted},
		{"SOURCE HTTP/1.0", "SOURCE %s HTTP/1.0\r\ncontent-type: audio/mpeg\r\n", icy.SourceAccepted},
		{"SOURCE HTTP/1.1", "SOURCE %s HTTP/1.1\r\nHost: a\r\nContent-Type: audio/mpeg\r\n", icy.SourceAccepted},
		{"SOURCE ICE/1.0", "SOURCE %s ICE/1.0\r\ncontent-type: audio/mpeg\r\n", icy.SourceAccepted},
		{"SOURCE without a type", "SOURCE %s HTTP/1.0\r\n", icy.SourceAccepted},
		{"query on the mount", "SOURCE %s?x=1 HTTP/1.0\r\n", icy.SourceAccepted},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mount := fmt.Sprintf("/dialect-%d.mp3", i)
			e := r.Connect(t, fmt.Sprintf(tt.head, mount)+login+"\r\n")
			if e.Answer != tt.answer {
				t.Fatalf("answer %q, want %q", e.Answer, tt.answer)
			}
			e.Frames(t, 100)
			onAir(t, r, mount, 90)
		})
	}
	t.Run("audio in the packet of the head", func(t *testing.T) {
		e := &harness.Encoder{}
		head := "SOURCE /packet HTTP/1.0\r\n" + login + "\r\n"
		for range 50 {
			head += string(e.Next())
		}
		r.Connect(t, head)
		if first := onAir(t, r, "/packet", 45); first != 1 {
			t.Errorf("the stream begins with frame %d, want 1", first)
		}
	})
	t.Run("chunked", func(t *testing.T) {
		e := r.Connect(t, "PUT /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Type: audio/mpeg\r\nExpect: 100-continue\r\n"+login+"\r\n")
		for range 100 {
			frame := e.Next()
			fmt.Fprintf(e, "%x\r\n%s\r\n%x\r\n%s\r\n", 100, frame[:100], len(frame)-100, frame[100:])
		}
		onAir(t, r, "/chunked", 90)
	})
	t.Run("LF alone", func(t *testing.T) {
		e := r.Connect(t, "SOURCE /lf HTTP/1.0\nAuthorization: "+harness.Basic("source", "hackme")+"\nContent-Type: audio/mpeg\n\n")
		e.Frames(t, 100)
		onAir(t, r, "/lf", 90)
	})
}

// onAir tunes in to a mount and reads numbered frames up to last; it returns the
// number of the first.
func onAir(t *testing.T, r *harness.Relay, mount string, last uint64) (first uint64) {
	t.Helper()
	harness.Eventually(t, mount+" to be listed", func() bool { return r.Source(t, mount).ListenURL != "" })
	first, _, err := r.Tune(t, mount).InOrder(last)
	if err != nil {
		t.Fatalf("%s: %v", mount, err)
	}
	return first
}

func TestSourceRefusals(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+`
[[mount]]
name = "/own"
source_user = "dj"
source_password = "own"
`)
	busy := r.Encode(t, "/busy")
	busy.Frames(t, 10)
	login := "Authorization: " + harness.Basic("source", "hackme") + "\r\n"
	tests := []struct{ name, request, status, says string }{
		{"no login", "PUT /a HTTP/1.1\r\nContent-Type: audio/mpeg\r\n\r\n", "401", "You need to authenticate"},
		{"libshout's probe", "SOURCE /a HTTP/1.0\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n", "401", "You need to authenticate"},
		{"wrong password", "PUT /a HTTP/1.1\r\nContent-Type: audio/mpeg\r\nExpect: 100-continue\r\nAuthorization: " + harness.Basic("source", "no") + "\r\n\r\n", "401", ""},
		{"wrong user", "PUT /a HTTP/1.1\r\nContent-Type: audio/mpeg\r\nAuthorization: " + harness.Basic("dj", "hackme") + "\r\n\r\n", "401", ""},
		{"the admin is no source", "PUT /a HTTP/1.1\r\nContent-Type: audio/mpeg\r\nAuthorization: " + harness.Basic("admin", "adminpass") + "\r\n\r\n", "401", ""},
		{"server-wide login on a mount with its own", "PUT /own HTTP/1.1\r\nContent-Type: audio/mpeg\r\n" + login + "\r\n", "401", ""},
		{"in use", "PUT /busy HTTP/1.1\r\nContent-Type: audio/mpeg\r\n" + login + "\r\n", "403", "Mountpoint in use"},
		{"in use, with Expect", "PUT /busy HTTP/1.1\r\nContent-Type: audio/mpeg\r\nExpect: 100-continue\r\n" + login + "\r\n", "403", "Mountpoint in use"},
		{"PUT without a type", "PUT /a HTTP/1.1\r\n" + login + "\r\n", "403", "No Content-type given"},
		{"video", "PUT /a HTTP/1.1\r\nContent-Type: video/mp4\r\n" + login + "\r\n", "415", "takes MP3"},
		{"no slash", "SOURCE live HTTP/1.0\r\n" + login + "\r\n", "400", "must start with"},
		{"climbing", "SOURCE /../etc/passwd HTTP/1.0\r\n" + login + "\r\n", "400", ""},
		{"the server's own page", "SOURCE /admin/metadata HTTP/1.0\r\n" + login + "\r\n", "400", "server's own"},
		{"a password and something else", "hackme\r\nhello\r\n", "400", "not a request"},
		{"HTTP/0.9", "GET /busy\r\n\r\n", "400", "not a request"},
		{"a head without end", "GET / HTTP/1.1\r\n" + strings.Repeat("X-A: "+strings.Repeat("b", 500)+"\r\n", 40), "431", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer := r.Exchange(t, tt.request)
			if !strings.HasPrefix(answer, "HTTP/1.0 "+tt.status+" ") || !strings.Contains(answer, tt.says) {
				t.Errorf("answer %q, want %s with %q", answer, tt.status, tt.says)
			}
		})
	}
	t.Run("the mount's own login", func(t *testing.T) {
		e := r.Connect(t, "PUT /own HTTP/1.1\r\nContent-Type: audio/mpeg\r\nAuthorization: "+harness.Basic("dj", "own")+"\r\n\r\n")
		if e.Answer != icy.SourceAccepted {
			t.Errorf("answer %q", e.Answer)
		}
	})
	t.Run("the busy mount was not disturbed", func(t *testing.T) {
		busy.Frames(t, 100)
		onAir(t, r, "/busy", 100)
	})
	r.Says(t, "the user name must be", "wrong password")
}

// The recorded first packets of real programs get the answer that Icecast gave.
func TestRecordedSourcesAreAnsweredAsByIcecast(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config)
	for _, file := range []string{
		"source-put-100continue", "source-put-no-expect", "source-put-http10", "source-put-chunked", "source-method-ice10",
		"source-method-http10", "source-method-lf-only", "source-wrong-password", "source-wrong-password-expect",
		"source-no-auth", "source-empty-user", "source-wrong-user", "source-no-content-type-put", "source-no-content-type-source",
		"source-ffmpeg-put", "source-ffmpeg-legacy", "source-libshout-http",
	} {
		t.Run(file, func(t *testing.T) {
			first := recorded.Connections(t, file)[0]
			head := first.Client[:icy.HeadEnd(first.Client)]
			want, _, _ := strings.Cut(string(first.Server), "\r\n")
			mount := strings.Fields(string(head))[1]
			before := r.Left(mount)
			e := r.Connect(t, string(head))
			got, _, _ := strings.Cut(e.Answer, "\r\n")
			if got != want {
				t.Errorf("answered %q, Icecast %q", got, want)
			}
			e.Close()
			if strings.HasSuffix(want, "200 OK") || strings.HasSuffix(want, "100 Continue") {
				harness.Eventually(t, mount+" to be free", func() bool { return r.Left(mount) > before })
			}
		})
	}
}

// The format that a source sends in place of MP3 is named in the log.
func TestOtherFormatsAreNamed(t *testing.T) {
	t.Parallel()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	r := harness.Start(t, harness.Config)
	for name, args := range map[string]string{"MPEG Layer II": "-f mp2", "AAC (ADTS)": "-f adts", "Ogg Vorbis": "-c:a libvorbis -f ogg"} {
		stream, err := exec.Command(ffmpeg, strings.Fields("-v error -f lavfi -i anoisesrc=d=3:a=0.2 -ac 2 "+args+" -")...).Output()
		if err != nil {
			t.Logf("ffmpeg %s: %v", args, err) // this ffmpeg lacks the encoder
			continue
		}
		e := r.Encode(t, "/other")
		e.Write(stream)
		e.Close()
		harness.Eventually(t, name+" in the log", func() bool { return strings.Contains(r.Log.String(), "it sends "+name) })
	}
}
