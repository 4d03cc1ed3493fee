package listeners

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"relay/auth"
	"relay/codec"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/icy"
	"relay/mounts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var header128 = frametest.Header(128000, 44100, 2)

func numbered(n int) codec.Unit {
	return mp3.Frame{Header: header128, Data: frametest.Numbered(header128, uint64(n))}.Unit()
}

// station returns a mount's live source, already attached, and the configuration.
func station(t testing.TB, toml string) (*conf.Config, *mounts.Input) {
	t.Helper()
	c, err := conf.Parse("relay.toml", []byte(toml))
	if err != nil {
		t.Fatal(err)
	}
	in, err := mounts.NewRegistry(conf.NewLive(c), nil, zap.NewNop()).Attach("/live", mounts.Feed{})
	if err != nil {
		t.Fatal(err)
	}
	return c, in
}

// pair returns a listener and the other end of its socket. With a small buffer the
// socket takes a flush in parts.
func pair(t testing.TB, in *mounts.Input, metaint, buffer int) (*listener, *os.File) {
	t.Helper()
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	unix.SetNonblock(ends[0], true)
	if buffer > 0 {
		unix.SetsockoptInt(ends[0], unix.SOL_SOCKET, unix.SO_SNDBUF, buffer)
	}
	client := os.NewFile(uintptr(ends[1]), "client")
	t.Cleanup(func() {
		client.Close()
		unix.Close(ends[0])
	})
	l := &listener{mount: in.Mount, socket: &rawSocket{ends[0]}, metaint: int32(metaint), untilBlock: int32(metaint)}
	l.Since = time.Now()
	if err := in.Mount.Audience.Join(&l.Listener); err != nil {
		t.Fatal(err)
	}
	return l, client
}

// hangUp shuts down the server's side of a listener's socket.
func hangUp(l *listener) { unix.Shutdown(l.socket.(*rawSocket).fd, unix.SHUT_WR) }

// split separates the metadata blocks from what a listener was sent.
func split(t testing.TB, wire []byte, metaint int) (audio []byte, titles []string) {
	t.Helper()
	for len(wire) > metaint {
		audio = append(audio, wire[:metaint]...)
		units := int(wire[metaint])
		text := wire[metaint+1:]
		if len(text) < units*16 {
			break
		}
		if units > 0 {
			title, _, ok := icy.ParseBlock(text[:units*16])
			if !ok {
				t.Fatalf("no title in block %q", text[:units*16])
			}
			titles = append(titles, title)
		}
		wire = text[units*16:]
	}
	return append(audio, wire...), titles
}

// A socket that takes a few bytes at a time gets exactly the same bytes as one that
// takes everything, metadata blocks and titles included.
func TestPartialWritesLoseNothing(t *testing.T) {
	for _, metaint := range []int{0, 256, 1000, 16000} {
		c, in := station(t, "[limits]\nbuffer = '8MiB'\n")
		l, client := pair(t, in, metaint, 2048)
		in.Write(numbered(0))
		l.join(conf.Burst{Size: 64 << 10})
		v := flusher{conf: conf.NewLive(c)}
		const total = 400
		var want []byte
		for n := range total {
			if n > 0 {
				in.Write(numbered(n))
			}
			want = append(want, numbered(n).Data...)
			if n%50 == 49 {
				in.SetTitle(mounts.Title{Text: strings.Repeat("long title ", 20) + string(rune('a'+n/50))})
			}
		}
		done := make(chan []byte)
		go func() {
			got, _ := io.ReadAll(client)
			done <- got
		}()
		for stays := true; stays; {
			if reason := v.flush(l, time.Now()); reason != stillListens {
				t.Fatalf("left: %s", reason)
			}
			stays = l.cursor.Offset() < in.Mount.Stream.End() || len(l.pending) > 0
		}
		hangUp(l)
		got := <-done
		if int64(len(got)) != l.Sent.Load() {
			t.Errorf("metaint %d: %d bytes arrived, %d counted", metaint, len(got), l.Sent.Load())
		}
		var titles []string
		if metaint > 0 {
			got, titles = split(t, got, metaint)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("metaint %d: %d bytes of audio are not the %d that were played", metaint, len(got), len(want))
		}
		if metaint == 1000 && (len(titles) != 8 || titles[0] != "" || !strings.HasSuffix(titles[7], "g")) {
			t.Errorf("titles %q", titles)
		}
	}
}

func TestWhoFallsBehindIsMovedToAFrame(t *testing.T) {
	c, in := station(t, "[limits]\nbuffer = '32KiB'\nburst = '16KiB'\n")
	for _, metaint := range []int{0, 700} {
		l, client := pair(t, in, metaint, 4096)
		for n := range 100 {
			in.Write(numbered(n))
		}
		l.join(conf.Burst{Size: 16 << 10})
		v := flusher{conf: conf.NewLive(c)}
		for n := 100; n < 1000; n++ {
			in.Write(numbered(n))
			if n%50 == 0 {
				v.flush(l, time.Now())
			}
		}
		done := make(chan []byte)
		go func() {
			got, _ := io.ReadAll(client)
			done <- got
		}()
		for l.cursor.Offset() < in.Mount.Stream.End() || len(l.pending) > 0 {
			if reason := v.flush(l, time.Now()); reason != stillListens {
				t.Fatalf("left: %s", reason)
			}
		}
		hangUp(l)
		got := <-done
		if metaint > 0 {
			got, _ = split(t, got, metaint)
		}
		last, skips := uint64(0), 0
		for len(got) > 0 {
			h, ok := mp3.ParseHeader(got)
			if !ok || h.Size > len(got) {
				t.Fatalf("metaint %d: torn frame after number %d", metaint, last)
			}
			if n, ok := frametest.Number(got[:h.Size]); ok {
				if last != 0 && n < last {
					t.Fatalf("frame %d after %d", n, last)
				}
				if last != 0 && n != last+1 {
					skips++
				}
				last = n
			}
			got = got[h.Size:]
		}
		if skips == 0 || last != 999 {
			t.Errorf("metaint %d: %d skips, ends at %d", metaint, skips, last)
		}
		in.Mount.Audience.Leave(&l.Listener, "left")
	}
	if in.Mount.Audience.Skips() == 0 {
		t.Error("skips are not counted")
	}
}

func TestReasonsToLeave(t *testing.T) {
	tests := []struct {
		name, toml string
		prepare    func(*listener, io.Closer, *mounts.Input)
		later      time.Duration
		want       string
	}{
		{name: "nothing new", want: stillListens},
		{name: "hung up while nothing plays", prepare: func(l *listener, c io.Closer, _ *mounts.Input) {
			c.Close()
			for !l.socket.peerLeft() {
			}
		}, want: mounts.LeftByItself},
		{name: "fell behind", toml: "[limits]\nlag_policy = 'drop'\nbuffer = '64KiB'\n", prepare: func(_ *listener, _ io.Closer, in *mounts.Input) {
			for n := range 500 {
				in.Write(numbered(n))
			}
		}, want: mounts.LeftBehind},
		{name: "takes nothing", toml: "[limits]\nbuffer = '64MiB'\n", prepare: func(_ *listener, _ io.Closer, in *mounts.Input) {
			for n := range 20000 {
				in.Write(numbered(n))
			}
		}, later: time.Hour, want: mounts.LeftTimeout},
		{name: "takes nothing yet", toml: "[limits]\nbuffer = '64MiB'\n", prepare: func(_ *listener, _ io.Closer, in *mounts.Input) {
			for n := range 20000 {
				in.Write(numbered(n))
			}
		}, later: time.Second, want: stillListens},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, in := station(t, tt.toml)
			l, client := pair(t, in, 0, 0)
			l.join(conf.Burst{})
			if tt.prepare != nil {
				tt.prepare(l, client, in)
			}
			v := flusher{conf: conf.NewLive(c)}
			if tt.later > 0 {
				v.flush(l, time.Now()) // fills the socket
			}
			if got := v.flush(l, time.Now().Add(tt.later)); got != tt.want {
				t.Errorf("left: %q, want %q", got, tt.want)
			}
		})
	}
}

// Listeners join and leave while the shards run; none is leaked.
func TestServe(t *testing.T) {
	c, in := station(t, "[limits]\nflush_interval = '20ms'\n")
	w := NewWriters(conf.NewLive(c), auth.NewGate(conf.NewLive(c), zap.NewNop()), nil, zap.NewNop())
	ctx, stop := contextWithStop(t)
	running := make(chan struct{})
	go func() {
		w.Run(ctx)
		close(running)
	}()
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer door.Close()
	var clients []net.Conn
	for i := range 50 {
		client, err := net.Dial("tcp", door.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		clients = append(clients, client)
		server, err := door.Accept()
		if err != nil {
			t.Fatal(err)
		}
		req, _ := http.NewRequest("GET", "/live", nil)
		if i%2 == 0 {
			req.Header.Set("Icy-MetaData", "1")
		}
		w.Serve(server, req, in.Mount)
	}
	for n := range 200 {
		in.Write(numbered(n))
	}
	for _, client := range clients {
		client.SetDeadline(time.Now().Add(30 * time.Second))
		if _, err := io.ReadFull(client, make([]byte, 200*header128.Size)); err != nil {
			t.Fatal(err)
		}
	}
	for _, client := range clients[:25] {
		client.Close()
	}
	for deadline := time.Now().Add(30 * time.Second); in.Mount.Audience.Count() != 25; {
		if time.Now().After(deadline) {
			t.Fatalf("%d listeners are counted, want 25", in.Mount.Audience.Count())
		}
		time.Sleep(time.Millisecond)
	}
	stop()
	<-running
	if in.Mount.Audience.Count() != 0 {
		t.Errorf("%d listeners after the end", in.Mount.Audience.Count())
	}
	for _, client := range clients[25:] {
		if _, err := io.Copy(io.Discard, client); err != nil {
			t.Errorf("not a clean end: %v", err)
		}
	}
}

func contextWithStop(t testing.TB) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	return ctx, stop
}

// One flush of a listener that is half a second behind.
func BenchmarkVisit(b *testing.B) {
	for _, metaint := range []int{0, 16000} {
		name := "plain"
		if metaint > 0 {
			name = "icy"
		}
		b.Run(name, func(b *testing.B) {
			c, in := station(b, "")
			l, client := pair(b, in, metaint, 0)
			go io.Copy(io.Discard, client)
			l.join(conf.Burst{})
			v := flusher{conf: conf.NewLive(c)}
			f := numbered(1)
			b.ReportAllocs()
			for b.Loop() {
				for range 19 {
					in.Write(f)
				}
				if reason := v.flush(l, time.Now()); reason != stillListens {
					b.Fatal(reason)
				}
			}
		})
	}
}

// The same without the socket: the cost of interleaving alone.
func BenchmarkCollect(b *testing.B) {
	_, in := station(b, "")
	for n := range 1000 {
		in.Write(numbered(n))
	}
	l := &listener{mount: in.Mount, metaint: 16000, untilBlock: 16000}
	l.join(conf.Burst{Size: 64 << 10})
	start := l.cursor
	var g gather
	b.ReportAllocs()
	for b.Loop() {
		l.cursor, l.pending = start, nil
		g.collect(l)
		g.commit(l, g.bytes)
	}
}

func TestVisitAllocatesNothing(t *testing.T) {
	for _, metaint := range []int{0, 1000} {
		c, in := station(t, "")
		l, client := pair(t, in, metaint, 0)
		go io.Copy(io.Discard, client)
		l.join(conf.Burst{})
		v := flusher{conf: conf.NewLive(c)}
		f, now := numbered(1), time.Now()
		in.Write(f)
		v.flush(l, now)
		if got := testing.AllocsPerRun(10, func() { // within one chunk
			in.Write(f)
			v.flush(l, now)
		}); got != 0 {
			t.Errorf("metaint %d: %v allocations a flush", metaint, got)
		}
	}
}

// A shard that could not run for an hour flushes every listener at once, and does not
// make up for every flush it missed; one that is merely late keeps its schedule.
func TestShardAfterTheMachineWasAway(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct{ late, after time.Duration }{{time.Hour, 2 * time.Second}, {100 * time.Millisecond, 100 * time.Millisecond}} {
		s := newShard(flusher{conf: conf.NewLive(conf.Default())}, nil, nil)
		s.wheel.add(&listener{}, 1, 1)
		s.epoch = now.Add(-tt.late - slotTime) // tick 1, its first, was due that long ago
		next := s.nextTick(now)
		if got := now.Sub(s.due(next)); next != 1 || got != tt.after {
			t.Errorf("%v late: tick %d is %v late thereafter, want %v", tt.late, next, got, tt.after)
		}
	}
}

// A moved listener finishes its frame, keeps its metadata interval, and gets the
// other mount's title with its sound.
func TestMovedListener(t *testing.T) {
	for _, metaint := range []int{0, 1000} {
		c, in := station(t, "")
		other, err := mounts.NewRegistry(conf.NewLive(c), nil, zap.NewNop()).Attach("/other", mounts.Feed{})
		if err != nil {
			t.Fatal(err)
		}
		other.SetTitle(mounts.Title{Text: "there"})
		for n := range 100 {
			in.Write(numbered(n))
			other.Write(numbered(1000 + n))
		}
		l, client := pair(t, in, metaint, 0)
		l.join(conf.Burst{})
		v := flusher{conf: conf.NewLive(c), gate: auth.NewGate(conf.NewLive(c), zap.NewNop())}
		v.flush(l, time.Now())
		in.Mount.Audience.Order(l.ID, mounts.Order{MoveTo: other.Mount})
		for n := range 3 {
			other.Write(numbered(1100 + n))
			if reason := v.flush(l, time.Now()); reason != stillListens {
				t.Fatalf("left: %s", reason)
			}
		}
		hangUp(l)
		wire, _ := io.ReadAll(client)
		var titles []string
		if metaint > 0 {
			wire, titles = split(t, wire, metaint)
			if len(titles) == 0 || titles[len(titles)-1] != "there" {
				t.Errorf("titles %q", titles)
			}
		}
		var cutter mp3.Cutter
		cutter.Write(wire)
		cutter.Finish()
		last, jumps := uint64(0), 0
		for f, ok := cutter.Next(); ok; f, ok = cutter.Next() {
			n, known := frametest.Number(f.Data)
			if known && last > 0 && n != last+1 {
				jumps++
			}
			last = n
		}
		if last != 1102 || jumps != 1 || cutter.Stats().Garbage > 0 {
			t.Errorf("metaint %d: ends with frame %d after %d jumps and %d torn bytes", metaint, last, jumps, cutter.Stats().Garbage)
		}
		if in.Mount.Audience.Count() != 0 || other.Mount.Audience.Count() != 1 {
			t.Error("the listener is counted on the wrong mount")
		}
	}
}

// A listener that is banned while it is moved may be in neither audience when the
// banned are disconnected.
func TestBannedListenersAreNotMoved(t *testing.T) {
	c, in := station(t, "auth.deny_agents = ['Ripper']")
	other, err := mounts.NewRegistry(conf.NewLive(c), nil, zap.NewNop()).Attach("/other", mounts.Feed{})
	if err != nil {
		t.Fatal(err)
	}
	l, _ := pair(t, in, 0, 0)
	l.SetAgent("Ripper")
	l.join(conf.Burst{})
	v := flusher{conf: conf.NewLive(c), gate: auth.NewGate(conf.NewLive(c), zap.NewNop())}
	in.Mount.Audience.Order(l.ID, mounts.Order{MoveTo: other.Mount})
	if reason := v.flush(l, time.Now()); reason != mounts.LeftKicked {
		t.Errorf("left: %q", reason)
	}
}

func TestListenerMustLeave(t *testing.T) {
	c, in := station(t, "")
	in.Write(numbered(1))
	v := flusher{conf: conf.NewLive(c)}
	kicked, _ := pair(t, in, 0, 0)
	kicked.join(conf.Burst{})
	in.Mount.Audience.Order(kicked.ID, mounts.Order{})
	if reason := v.flush(kicked, time.Now()); reason != mounts.LeftKicked {
		t.Errorf("left: %s", reason)
	}
	limited, _ := pair(t, in, 0, 0)
	limited.join(conf.Burst{})
	limited.mustAccount().until = time.Since(limited.Since) + time.Minute
	if reason := v.flush(limited, time.Now()); reason != stillListens {
		t.Errorf("left: %s", reason)
	}
	if reason := v.flush(limited, time.Now().Add(2*time.Minute)); reason != mounts.LeftOverdue {
		t.Errorf("left: %s", reason)
	}
}

// The intro comes as a burst and then in real time, whole, and the stream follows it
// frame by frame.
func TestIntroThenStream(t *testing.T) {
	for _, metaint := range []int{0, 1000} {
		var intro []byte
		const introFrames = 200
		for n := range introFrames {
			intro = append(intro, numbered(n).Data...)
		}
		file := filepath.Join(t.TempDir(), "welcome.mp3")
		if err := os.WriteFile(file, intro, 0o600); err != nil {
			t.Fatal(err)
		}
		c, in := station(t, "[[mount]]\nname = '/live'\nburst = '8KiB'\nintro_file = '"+file+"'")
		in.SetTitle(mounts.Title{Text: "live"})
		for n := range 100 {
			in.Write(numbered(1000 + n))
		}
		l, client := pair(t, in, metaint, 0)
		began := time.Now()
		l.introduce(began)
		v := flusher{conf: conf.NewLive(c)}
		v.flush(l, began)
		if got := l.cursor.Offset(); got < 8<<10 || got > 9<<10 {
			t.Errorf("%d bytes of the intro at once, want a burst", got)
		}
		length := introFrames * header128.Duration()
		v.flush(l, began.Add(length/2))
		if got, want := l.cursor.Offset(), 8<<10+l.intro.Stream.End()/2; got < want-100 || got > want+100 {
			t.Errorf("%d bytes of the intro in half its time, want %d", got, want)
		}
		for n := range 3 {
			in.Write(numbered(1100 + n))
			if reason := v.flush(l, began.Add(length+time.Duration(n)*time.Second)); reason != stillListens {
				t.Fatalf("left: %s", reason)
			}
		}
		hangUp(l)
		wire, _ := io.ReadAll(client)
		if metaint > 0 {
			var titles []string
			wire, titles = split(t, wire, metaint)
			if len(titles) == 0 || titles[len(titles)-1] != "live" {
				t.Errorf("titles %q", titles)
			}
		}
		var cutter mp3.Cutter
		cutter.Write(wire)
		cutter.Finish()
		var heard []uint64
		for f, ok := cutter.Next(); ok; f, ok = cutter.Next() {
			n, _ := frametest.Number(f.Data)
			heard = append(heard, n)
		}
		jumps := 0
		for i := 1; i < len(heard); i++ {
			if heard[i] != heard[i-1]+1 {
				jumps++
			}
		}
		if len(heard) < introFrames || heard[0] != 0 || heard[introFrames-1] != introFrames-1 || heard[len(heard)-1] != 1102 || jumps != 1 || cutter.Stats().Garbage > 0 {
			t.Errorf("metaint %d: %d frames from %d, %d jumps, %d torn bytes", metaint, len(heard), heard[0], jumps, cutter.Stats().Garbage)
		}
	}
}
