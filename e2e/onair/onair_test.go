package onair

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/e2e/harness"
)

// Without any configuration: music plays on /live, a live source takes over, the
// music returns, and listeners stay all the time.
func TestMusicLiveMusic(t *testing.T) {
	t.Parallel()
	r := harness.Run(t, "-listen", "127.0.0.1:0")
	p := r.Tune(t, "/live", "Icy-MetaData: 1")
	for range 20 {
		frame, err := p.Frame()
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := frametest.Number(frame); ok {
			t.Fatal("numbered frame before any source")
		}
	}
	music := r.Source(t, "/live").Title
	if music == "" {
		t.Error("the music has no title")
	}

	e := r.Encode(t, "/live", "ice-name: Test Radio")
	stop := make(chan struct{})
	go e.Play(stop)
	n, err := p.Number()
	if err != nil || n != 1 {
		t.Fatalf("first live frame %d, %v; want 1", n, err)
	}
	if name := r.Source(t, "/live").ServerName; name != "Test Radio" {
		t.Errorf("name %q while live", name)
	}
	_, end, err := p.InOrder(40)
	if err != nil {
		t.Fatal(err)
	}
	close(stop)
	e.Close()
	for back := false; !back; {
		frame, err := p.Frame()
		if err != nil {
			t.Fatalf("listener lost after live frame %d: %v", end, err)
		}
		_, live := frametest.Number(frame)
		back = !live
	}
	harness.Eventually(t, "the music's title", func() bool { return r.Source(t, "/live").Title == music })
	if got := r.Source(t, "/live").Listeners; got != 1 {
		t.Errorf("%d listeners, want the one that stayed", got)
	}
}

// All listeners hear the same at the same time: the bytes that two of them get at the
// same time are the same.
func TestMusicPlaysInRealTimeForAll(t *testing.T) {
	t.Parallel()
	r := harness.Run(t, "-listen", "127.0.0.1:0")
	start := time.Now()
	a, b := r.Tune(t, "/live"), r.Tune(t, "/live")
	// The second tunes in later, so its burst begins within the first one's audio.
	second := make([]byte, 4000)
	if _, err := io.ReadFull(b, second); err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 5*16000+65536)
	if _, err := io.ReadFull(a, first); err != nil {
		t.Fatal(err)
	}
	// Audio beyond the burst cannot come before its time, however fast the machine
	// is.
	if took := time.Since(start); took < 4*time.Second {
		t.Errorf("five seconds of audio beyond the burst came in %v", took)
	}
	if !bytes.Contains(first, second) {
		t.Error("two listeners that came together hear different places")
	}
}

func TestFileInsteadOfMusic(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i, name := range []string{"a first.mp3", "b second.mp3"} {
		var mp3 []byte
		for n := range 60 {
			mp3 = append(mp3, frametest.Numbered(harness.Header128, uint64(1000*(i+1)+n))...)
		}
		if err := os.WriteFile(filepath.Join(dir, name), mp3, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	os.WriteFile(filepath.Join(dir, "c broken.mp3"), []byte(strings.Repeat("no audio ", 1000)), 0o600)
	os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("not music"), 0o600)
	r := harness.Run(t, "-listen", "127.0.0.1:0", dir)
	p := r.Tune(t, "/live", "Icy-MetaData: 1")
	want, at := []uint64{1000, 2000, 1000}, 0
	for at < len(want) {
		n, err := p.Number()
		if err != nil {
			t.Fatal(err)
		}
		if n == want[at] {
			at++
		}
	}
	titles := strings.Join(p.Titles, "|")
	if !strings.Contains(titles, "a first") || !strings.Contains(titles, "b second") {
		t.Errorf("titles %q", titles)
	}
	r.Says(t, "c broken.mp3")
	if log := r.Log.String(); strings.Contains(log, "notes.txt") {
		t.Errorf("log:\n%s", log)
	}
}

// Every listener receives every frame once and in order.
func TestManyListenersMissNothing(t *testing.T) {
	t.Parallel()
	listeners, seconds := 200, 10
	if harness.Long() {
		seconds = 60
	}
	r := harness.Start(t, harness.Config+"[limits]\nsource_timeout = \"1m\"\n") // the source is late when the machine is busy
	e := r.Encode(t, "/live")
	e.Frames(t, 100)
	stop := make(chan struct{})
	last := uint64(100 + seconds*38) // 38.28 frames a second
	var heard sync.WaitGroup
	errs := make(chan error, listeners)
	for i := range listeners {
		var header []string
		if i%2 == 1 {
			header = append(header, "Icy-MetaData: 1")
		}
		p := r.Tune(t, "/live", header...)
		p.SetDeadline(time.Time{})
		heard.Go(func() {
			if first, end, err := p.InOrder(last); err != nil {
				errs <- fmt.Errorf("listener %d, frames %d to %d: %w", i, first, end, err)
			}
		})
	}
	go e.Play(stop)
	heard.Wait()
	close(stop)
	close(errs)
	for err := range errs {
		t.Error(err)
	}
}

func TestListenerRequests(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config)
	e := r.Encode(t, "/live.mp3", "ice-name: Lab Radio", "ice-genre: Test", "ice-audio-info: bitrate=64")
	e.Frames(t, 200)
	harness.Eventually(t, "frames", func() bool { return r.Source(t, "/live.mp3").BitRate == 128 })

	t.Run("head", func(t *testing.T) {
		p := r.Tune(t, "/live.mp3?t=1234", "Range: bytes=0-1", "icy-metadata:1")
		for name, want := range map[string]string{
			"content-type": "audio/mpeg", "icy-name": "Lab Radio", "icy-genre": "Test", "icy-br": "128", "icy-metaint": "16000",
			"access-control-allow-origin": "*", "connection": "Close",
		} {
			if got := p.Header[name]; got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		for _, name := range []string{"content-length", "transfer-encoding"} {
			if got, there := p.Header[name]; there {
				t.Errorf("%s: %q", name, got)
			}
		}
		if _, _, err := p.InOrder(195); err != nil {
			t.Error(err)
		}
	})
	t.Run("plain has no metadata", func(t *testing.T) {
		p := r.Tune(t, "/live.mp3", "Icy-MetaData: 0")
		if p.Metaint != 0 {
			t.Errorf("icy-metaint %d", p.Metaint)
		}
		if _, _, err := p.InOrder(195); err != nil {
			t.Error(err)
		}
	})
	t.Run("odd requests of real players", func(t *testing.T) {
		for _, head := range []string{
			"GET /live.mp3?&_ic2=1 HTTP/1.0\r\nHost: radio.example//listen/station\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n",
			"GET /live.mp3 HTTP/1.1\r\n\r\n",
			"GET /live%2emp3 HTTP/1.0\r\n\r\n",
			"GET /live.mp3 HTTP/1.0\n\n",
		} {
			p := r.Ask(t, head)
			if p.Status != "HTTP/1.0 200 OK" {
				t.Errorf("%q got %q", head, p.Status)
			}
			if _, err := p.Frame(); err != nil {
				t.Errorf("%q: %v", head, err)
			}
		}
	})
	t.Run("HEAD", func(t *testing.T) {
		answer := r.Exchange(t, "HEAD /live.mp3 HTTP/1.1\r\nHost: a\r\n\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.0 200 OK\r\n") || !strings.HasSuffix(answer, "\r\n\r\n") || !strings.Contains(answer, "icy-name:Lab Radio\r\n") {
			t.Errorf("%q", answer)
		}
	})
	t.Run("OPTIONS", func(t *testing.T) {
		answer := r.Exchange(t, "OPTIONS /live.mp3 HTTP/1.1\r\nHost: a\r\nOrigin: http://player.example\r\nAccess-Control-Request-Headers: icy-metadata\r\n\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 204 ") || !strings.Contains(answer, "Access-Control-Allow-Headers: Icy-MetaData, Range") ||
			!strings.Contains(answer, "Access-Control-Allow-Origin: *") {
			t.Errorf("%q", answer)
		}
	})
	t.Run("libshout's probes", func(t *testing.T) {
		if answer := r.Exchange(t, "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: TLS/1.0, HTTP/1.1\r\n\r\n"); !strings.HasPrefix(answer, "HTTP/1.1 204 ") {
			t.Errorf("OPTIONS * got %q", answer)
		}
		if status, _, _ := r.Get(t, "/admin/!POKE"); status != 400 {
			t.Errorf("/admin/!POKE got %d", status)
		}
	})
	t.Run("absent mounts", func(t *testing.T) {
		for _, path := range []string{"/nothere", "/nothere/", "/Live.mp3", "/live"} {
			if status, _, _ := r.Get(t, path); status != 404 {
				t.Errorf("%s got %d", path, status)
			}
		}
	})
	t.Run("playlists", func(t *testing.T) {
		_, header, body := r.Get(t, "/live.mp3.m3u")
		if want := r.URL("/live.mp3") + "\r\n"; body != want || header.Get("Content-Type") != "audio/x-mpegurl" {
			t.Errorf("m3u %q as %q, want %q", body, header.Get("Content-Type"), want)
		}
		_, header, body = r.Get(t, "/live.mp3.pls")
		if !strings.Contains(body, "File1="+r.URL("/live.mp3")+"\n") || header.Get("Content-Type") != "audio/x-scpls" {
			t.Errorf("pls %q as %q", body, header.Get("Content-Type"))
		}
		// If no client can use the Host, the configured name is used.
		if answer := r.Exchange(t, "GET /live.mp3.m3u HTTP/1.0\r\nHost: radio.example//listen\r\n\r\n"); !strings.Contains(answer, "\r\nhttp://localhost") {
			t.Errorf("%q", answer)
		}
	})
}

// The burst comes at once, begins with a frame, and is about as large as configured.
func TestBurst(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+"[limits]\nburst = \"16KiB\"\n")
	e := r.Encode(t, "/live")
	e.Frames(t, 500)
	if _, _, err := r.Tune(t, "/live").InOrder(499); err != nil { // so that all of it has been played
		t.Fatal(err)
	}
	first, _, err := r.Tune(t, "/live").InOrder(499) // the last frame waits for the next one
	if err != nil {
		t.Fatal(err)
	}
	if size := (499 - first + 1) * uint64(harness.Header128.Size); size < 15<<10 || size > 17<<10 {
		t.Errorf("burst of %d bytes, want 16 KiB", size)
	}
}

// Titles reach listeners together with their audio.
func TestTitlesInStep(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+"[[mount]]\nname = \"/live\"\nmetaint = 1000\n")
	e := r.Encode(t, "/live")
	p := r.Tune(t, "/live", "Icy-MetaData: 1")
	set := func(song string) {
		t.Helper()
		status, _, body := r.Request(t, "GET", "/admin/metadata?mode=updinfo&mount=/live&song="+song, "source", "hackme")
		if status != 200 || !strings.Contains(body, "<message>Metadata update successful</message><return>1</return>") {
			t.Fatalf("%d %s", status, body)
		}
	}
	e.Frames(t, 50)
	if _, _, err := p.InOrder(45); err != nil { // the last frame waits for the next one
		t.Fatal(err)
	}
	set("First%20%26+Song")
	e.Frames(t, 50)
	var at uint64
	for p.Title != "First & Song" {
		n, err := p.Number()
		if err != nil {
			t.Fatal(err)
		}
		at = n
	}
	if at < 49 || at > 53 { // 1000 bytes are two and a half frames
		t.Errorf("the title came with frame %d, set after frame 49", at)
	}
	set("Caf%e9&charset=latin1")
	e.Frames(t, 50)
	if _, _, err := p.InOrder(145); err != nil {
		t.Fatal(err)
	}
	if p.Title != "Café" || r.Source(t, "/live").Title != "Café" {
		t.Errorf("title %q, in the status %q", p.Title, r.Source(t, "/live").Title)
	}
	// A late listener's burst begins before the title was set, and shows it at its
	// place.
	late := r.Tune(t, "/live", "Icy-MetaData: 1")
	if _, _, err := late.InOrder(145); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(late.Titles, "|"); got != "|First & Song|Café" {
		t.Errorf("a new listener was shown %q", got)
	}
}

func TestMetadataRequests(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config)
	e := r.Encode(t, "/live.mp3")
	e.Frames(t, 10)
	source, admin := "Authorization: "+harness.Basic("source", "hackme")+"\r\n", "Authorization: "+harness.Basic("admin", "adminpass")+"\r\n"
	tests := []struct{ name, target, login, status, says, title string }{
		{"source login", "mode=updinfo&mount=/live.mp3&song=A", source, "200", "<return>1</return>", "A"},
		{"admin login", "mode=updinfo&mount=/live.mp3&song=B", admin, "200", "<return>1</return>", "B"},
		{"escaped as libshout does", "mode=updinfo&mount=%2flive%2emp3&charset=UTF%2d8&song=Ez%20%2d%20T", source, "200", "successful", "Ez - T"},
		{"artist and title", "mode=updinfo&mount=/live.mp3&artist=The&title=Title", source, "200", "successful", "The - Title"},
		{"song replaces both", "mode=updinfo&mount=/live.mp3&song=C", source, "200", "successful", "C"},
		{"title alone", "mode=updinfo&mount=/live.mp3&title=Alone", source, "200", "successful", "Alone"},
		{"nothing to set", "mode=updinfo&mount=/live.mp3", source, "200", "successful", "Alone"},
		{"raw bytes, quotes, bad escapes", "mode=updinfo&mount=/live.mp3&song=Caf\xc3\xa9 \"100%\" ; 'x'", source, "200", "successful", `Café "100%" ; 'x'`},
		{"markup", "mode=updinfo&mount=/live.mp3&song=<b>%26%0d%0aX:", source, "200", "successful", "<b>&  X:"},
		{"empty", "mode=updinfo&mount=/live.mp3&song=", source, "200", "successful", ""},
		{"no login", "mode=updinfo&mount=/live.mp3&song=no", "", "401", "You need to authenticate", ""},
		{"wrong login", "mode=updinfo&mount=/live.mp3&song=no", "Authorization: " + harness.Basic("source", "x") + "\r\n", "401", "", ""},
		{"other mode", "mode=other&mount=/live.mp3&song=no", admin, "200", "<message>No such action</message><return>0</return>", ""},
		{"no mode", "mount=/live.mp3&song=no", admin, "400", "Missing parameter", ""},
		{"no mount", "mode=updinfo&song=no", admin, "400", "Unknown admin request", ""},
		{"before its source", "mode=updinfo&mount=/nothere&song=no", admin, "200", "successful", ""},
		{"no mount can be there", "mode=updinfo&mount=/admin/x&song=no", admin, "400", "Source does not exist", ""},
		{"unknown charset", "mode=updinfo&mount=/live.mp3&song=Caf%e9&charset=klingon", admin, "200", "successful", "Café"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer := r.Exchange(t, "GET /admin/metadata?"+tt.target+" HTTP/1.0\r\n"+tt.login+"\r\n")
			if !strings.HasPrefix(answer, "HTTP/1.0 "+tt.status) || !strings.Contains(answer, tt.says) {
				t.Errorf("answer %q, want %s with %q", answer, tt.status, tt.says)
			}
			if got := r.Source(t, "/live.mp3").Title; got != tt.title {
				t.Errorf("title %q, want %q", got, tt.title)
			}
		})
	}
	t.Run("client that closes at once", func(t *testing.T) {
		conn, err := net.Dial("tcp", r.Addr)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "GET /admin/metadata?mode=updinfo&mount=/live.mp3&song=Closed+Early HTTP/1.0\r\n%s\r\n", source)
		conn.Close()
		harness.Eventually(t, "the title", func() bool { return r.Source(t, "/live.mp3").Title == "Closed Early" })
	})
}

// A source that breaks off is bridged: listeners stay, and get the whole frames of
// the next source.
func TestSourceReturnsWithinGrace(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config)
	e := r.Encode(t, "/live")
	e.Frames(t, 100)
	p := r.Tune(t, "/live")
	if _, _, err := p.InOrder(95); err != nil {
		t.Fatal(err)
	}
	half := e.Next()
	e.Write(half[:200])
	e.Conn.(*net.TCPConn).SetLinger(0) // closes with a reset, as ffmpeg does
	e.Close()
	harness.Eventually(t, "the mount to be free", func() bool { return r.Left("/live") > 0 })
	again := r.Encode(t, "/live")
	again.Sent = 1000
	again.Frames(t, 100)
	for n := uint64(0); n != 1001; {
		var err error
		if n, err = p.Number(); err != nil {
			t.Fatal(err)
		}
		if n > 101 && n != 1001 {
			t.Fatalf("frame %d after the first source's last", n)
		}
	}
	if _, _, err := p.InOrder(1095); err != nil {
		t.Error(err)
	}
}

func TestMountEndsWhenItsSourceStaysAway(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+"[[mount]]\nname = \"/live\"\ngrace = \"200ms\"\n")
	e := r.Encode(t, "/live")
	e.Frames(t, 100)
	p := r.Tune(t, "/live")
	e.Close()
	if _, end, err := p.InOrder(10000); err != io.EOF || end != 100 {
		t.Errorf("after frame %d: %v; want all 100 and a clean end", end, err)
	}
	if status, _, _ := r.Get(t, "/live"); status != 404 {
		t.Errorf("the mount still exists: %d", status)
	}
}

func TestSilentSourceIsDropped(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+"[limits]\nsource_timeout = \"1s\"\n")
	e := r.Encode(t, "/live")
	e.Frames(t, 10)
	if _, err := e.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("a silent source got %v, want the close", err)
	}
}

func TestGarbageNeverReachesListeners(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config)
	e := r.Encode(t, "/live")
	e.Frames(t, 100)
	p := r.Tune(t, "/live")
	for range 20 {
		e.Write([]byte("ID3\x04\x00\x00\x00\x00\x00#TSSE\x00\x00\x00\x0f\x00\x00\x03Lavf59.27.100\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
		e.Frames(t, 10)
		e.Write([]byte(strings.Repeat("\xff\xfbgarbage", 100)))
		cut := e.Next()
		e.Write(cut[:len(cut)/2])
		e.Frames(t, 10)
	}
	var lastNumber uint64
	for lastNumber < e.Sent-2 {
		n, err := p.Number() // fails on anything but a frame
		if err != nil {
			t.Fatal(err)
		}
		if n <= lastNumber {
			t.Fatalf("frame %d after %d", n, lastNumber)
		}
		lastNumber = n
	}
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	r := harness.Run(t, "-listen", "127.0.0.1:0")
	e := r.Encode(t, "/live")
	stop := make(chan struct{})
	defer close(stop)
	go e.Play(stop)
	p := r.Tune(t, "/live")
	idle := r.Dial(t)
	if _, err := p.Number(); err != nil {
		t.Fatal(err)
	}
	if err := r.Stop(t); err != nil {
		t.Errorf("exit: %v", err)
	}
	if _, err := io.Copy(io.Discard, p); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Errorf("listener: %v", err)
	}
	if _, err := idle.Read(make([]byte, 1)); err == nil || harness.IsTimeout(err) {
		t.Errorf("idle connection: %v", err)
	}
}

func TestCommandLineErrors(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	bad := harness.WriteFile(t, "relay.toml", "[limits]\nflush_intervall = \"1s\"\n")
	tests := []struct {
		name string
		args []string
		says []string
	}{
		{"port in use", []string{"-listen", taken.Addr().String()}, []string{taken.Addr().String(), "in use"}},
		{"wrong key", []string{"-c", bad}, []string{bad + ":2", "flush_intervall", "flush_interval"}},
		{"check", []string{"check", "-c", bad}, []string{bad + ":2"}},
		{"no such file", []string{"-c", bad + ".not"}, []string{bad + ".not", "no such file"}},
		{"no such music", []string{bad + ".mp3"}, []string{bad + ".mp3", "no such file"}},
		{"unknown flag", []string{"-nonsense"}, []string{"nonsense", "relay help"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, err := exec.Command(harness.Binary, tt.args...).CombinedOutput()
			if err == nil {
				t.Fatal("exit status 0")
			}
			for _, want := range tt.says {
				if !strings.Contains(string(out), want) {
					t.Errorf("said %q, want %q in it", out, want)
				}
			}
		})
	}
	for _, command := range []string{"version", "help"} {
		if out, err := exec.Command(harness.Binary, command).Output(); err != nil || len(out) == 0 {
			t.Errorf("relay %s: %q, %v", command, out, err)
		}
	}
}

// A source that changes its sample rate and channels is heard in the format with which it
// began, and the frames that have that format lose nothing.
func TestFormatChanges(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config)
	e := r.Encode(t, "/live")
	e.Frames(t, 100)
	p := r.Tune(t, "/live")
	formats := []mp3.Header{
		harness.MustHeader(0xff, 0xfb, 0x94, 0xc0), // 48 kHz mono
		harness.MustHeader(0xff, 0xf3, 0x80, 0x00), // MPEG-2, 22.05 kHz
		harness.MustHeader(0xff, 0xe3, 0x48, 0xc0), // MPEG-2.5, 8 kHz mono
		harness.Header128,
	}
	for _, h := range formats {
		for range 50 {
			e.Sent++
			if _, err := e.Write(frametest.Numbered(h, e.Sent)); err != nil {
				t.Fatal(err)
			}
		}
	}
	harness.Program(t, "ffmpeg") // which brings the other formats to the first one
	for last := uint64(0); last < e.Sent-1; {
		frame, err := p.Frame()
		if err != nil {
			t.Fatalf("after frame %d: %v", last, err)
		}
		if h, _ := mp3.ParseHeader(frame); h.Format() != harness.Header128.Format() {
			t.Fatalf("after frame %d the format is %v", last, h.Format())
		}
		n, numbered := frametest.Number(frame)
		if back := last == 100 && n == e.Sent-49; numbered && last > 0 && n != last+1 && !back {
			t.Fatalf("frame %d after %d", n, last)
		}
		if numbered {
			last = n
		}
	}
}
