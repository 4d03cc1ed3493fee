package pull

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/icy"
	"relay/ingest/feed/feedtest"
	"relay/mounts"
)

// relaying has a relay of /live from a scripted server at a:80.
type relaying struct {
	*elsewhereNet
	registry *mounts.Registry
	log      *observer.ObservedLogs
	stop     func() // ends the relay and waits for it
}

func startRelay(t *testing.T, onDemand bool, serve func(net.Conn)) *relaying {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	r := &relaying{
		elsewhereNet: &elsewhereNet{servers: map[string]func(net.Conn){}},
		registry:     mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.NewNop()),
		log:          logs,
	}
	r.set("a:80", serve)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		(&Relay{
			Registry: r.registry, Puller: r.puller(), Log: zap.New(core),
			From:    conf.Relay{URL: "http://a/there", Mount: "/live", OnDemand: onDemand},
			Timeout: 10 * time.Second,
		}).Run(ctx)
	}()
	r.stop = func() {
		cancel()
		<-done
		r.registry.Close()
		r.open.Wait()
	}
	synctest.Wait()
	return r
}

// plays streams numbered frames in real time, beginning with first.
func plays(head string, first uint64) func(net.Conn) {
	return func(conn net.Conn) {
		_, err := io.WriteString(conn, head)
		for n := first; err == nil; n++ {
			time.Sleep(feedtest.Stereo128.Duration())
			_, err = conn.Write(frametest.Numbered(feedtest.Stereo128, n))
		}
	}
}

// titled returns a stream with a metadata block after every metaint bytes of audio.
func titled(head string, metaint int, sound string, titles ...string) string {
	var b strings.Builder
	b.WriteString(strings.Replace(head, "\r\n\r\n", fmt.Sprintf("\r\nicy-metaint:%d\r\n\r\n", metaint), 1))
	for n := 0; len(sound) > metaint; n++ {
		b.WriteString(sound[:metaint])
		sound = sound[metaint:]
		if n < len(titles) {
			text := "StreamTitle='" + titles[n] + "';" // in the charset of the caller
			units := (len(text) + 15) / 16
			b.WriteString(string([]byte{byte(units)}) + text + strings.Repeat("\x00", 16*units-len(text)))
		} else {
			b.Write(icy.EmptyBlock)
		}
	}
	return b.String() + sound
}

// chunks returns body in chunks of size bytes.
func chunks(body string, size int) string {
	var b strings.Builder
	for len(body) > 0 {
		n := min(size, len(body))
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	return b.String() + "0\r\n\r\n"
}

// follower reads a mount from its current end, as a listener does.
type follower struct {
	mounts.Listener
	mounts.Cursor
	mount *mounts.Mount
}

func follow(t *testing.T, m *mounts.Mount) *follower {
	t.Helper()
	f := &follower{mount: m}
	f.Cursor, _, _ = m.Stream.Join(conf.Burst{Size: 64 << 10}, nil)
	if err := m.Audience.Join(&f.Listener); err != nil {
		t.Fatal(err)
	}
	return f
}

// numbers returns the numbers of the frames since the last call, none of them torn.
func (f *follower) numbers(t *testing.T) (numbers []uint64) {
	t.Helper()
	for b := f.Next(); len(b) > 0; b = f.Next() {
		h, ok := mp3.ParseHeader(b)
		if !ok || h.Size > len(b) {
			t.Fatal("torn frame")
		}
		if n, ok := frametest.Number(b[:h.Size]); ok {
			numbers = append(numbers, n)
		}
		f.Advance(h.Size)
	}
	return numbers
}

// sounds reports whether a mount plays now.
func sounds(m *mounts.Mount) bool {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	return m.WaitPlaying(now) == nil
}

// However a stream is cut into reads, every frame and title arrives.
func TestRelayReadsEveryFormOfAStream(t *testing.T) {
	const n = 60
	sound := audio(1, n)
	const chunkedHead = "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nTransfer-Encoding: chunked\r\nicy-name: Elsewhere\r\n\r\n"
	plainTitled := titled(icecast, 1000, sound, "Motörhead - Overkill")
	chunkedHeadTitled, chunkedTitled, _ := strings.Cut(titled(chunkedHead, 700, sound, "Motörhead - Overkill"), "\r\n\r\n")
	tests := []struct {
		name, said, title string
		portion           int // bytes per read
	}{
		{"plain", icecast + sound, "", 1 << 20},
		{"plain, torn", icecast + sound, "", 1},
		{"titles", plainTitled, "Motörhead - Overkill", 1 << 20},
		{"titles, torn", plainTitled, "Motörhead - Overkill", 1},
		{"titles in Latin-1", titled(icecast, 1000, sound, "Mot\xf6rhead - Overkill"), "Motörhead - Overkill", 1 << 20},
		{"SHOUTcast", titled("ICY 200 OK\r\nicy-name:Elsewhere\r\n\r\n", 8192, sound, "A - B"), "A - B", 1 << 20},
		{"chunked", chunkedHead + chunks(sound, 417), "", 1 << 20},
		{"chunked with titles, torn", chunkedHeadTitled + "\r\n\r\n" + chunks(chunkedTitled, 333), "Motörhead - Overkill", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := startRelay(t, false, func(conn net.Conn) {
					for said := tt.said; said != ""; {
						k := min(tt.portion, len(said))
						if _, err := io.WriteString(conn, said[:k]); err != nil {
							return
						}
						said = said[k:]
					}
					io.Copy(io.Discard, conn)
				})
				m := r.registry.Find("/live")
				if m == nil {
					t.Fatal("there is no mount")
				}
				f := &follower{mount: m} // not a listener: it would get silence while the stream is late
				f.Cursor, _, _ = m.Stream.Join(conf.Burst{Size: 64 << 10}, nil)
				for m.Status().Received < int64(len(sound))-2*int64(feedtest.Stereo128.Size) {
					time.Sleep(time.Second)
					if time.Since(f.mount.Status().Since) > 24*time.Hour {
						t.Fatalf("%d bytes came", m.Status().Received)
					}
				}
				in := m.Inputs()[0] // some streams have ended by now
				if in.Title.Text != tt.title || in.Station.Name != "Elsewhere" || in.Kind != mounts.Relayed {
					t.Errorf("the input is %+v", in)
				}
				for i, n := range f.numbers(t) {
					if n != uint64(i)+1 {
						t.Fatalf("frame %d at place %d", n, i)
					}
				}
				if r.registry.Counts.Relays.Load() != 1 || r.registry.Counts.Sources.Load() != 0 {
					t.Error("it is not counted as one relay")
				}
				r.stop()
			})
		})
	}
}

func TestRelayKeepsListenersAndTitle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRelay(t, false, func(conn net.Conn) {
			io.WriteString(conn, titled(icecast, 2000, audio(1, 100), "Song"))
		})
		time.Sleep(500 * time.Millisecond)
		m := r.registry.Find("/live")
		f := follow(t, m)
		r.set("a:80", nil)
		time.Sleep(time.Hour)
		if r.registry.Find("/live") != m || m.Audience.Count() != 1 || sounds(m) || m.Programme().Title.Text != "" {
			t.Fatalf("after the loss: %+v", m.Status())
		}
		r.set("a:80", plays(strings.Replace(icecast, "Elsewhere", "Again", 1), 1000))
		time.Sleep(time.Minute)
		if p := m.Programme(); p.Title.Text != "Song" || p.Station.Name != "Again" || !sounds(m) {
			t.Errorf("after it came back: %+v", p)
		}
		got := f.numbers(t)
		for i, n := range got[1:] {
			if n != got[i]+1 && (n < 1000 || n > 1002 || got[i] < 98) {
				t.Fatalf("frame %d after %d", n, got[i])
			}
		}
		late := follow(t, m)
		if n := late.numbers(t); len(n) == 0 || n[0] < 1000 {
			t.Error("a new listener gets a burst from an hour ago")
		}
		r.stop()
	})
}

func TestRelayLetsGoOfAMountNobodyHears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRelay(t, false, says(icecast+audio(1, 100)))
		time.Sleep(500 * time.Millisecond)
		m := r.registry.Find("/live")
		f := follow(t, m)
		r.set("a:80", nil)
		time.Sleep(time.Minute)
		if r.registry.Find("/live") == nil {
			t.Error("the mount ended under a listener")
		}
		m.Audience.Leave(&f.Listener, "left")
		time.Sleep(time.Minute)
		if r.registry.Find("/live") != nil {
			t.Error("the mount exists without a stream or listener")
		}
		r.set("a:80", plays(icecast, 1))
		time.Sleep(time.Minute)
		if m := r.registry.Find("/live"); m == nil || !sounds(m) {
			t.Error("it does not come back with its stream")
		}
		r.stop()
		if r.registry.Find("/live") != nil {
			t.Error("it outlives the server")
		}
	})
}

// An hour without success: how often the other server is asked, and how often the log
// says so.
func TestRelayDoesNotPester(t *testing.T) {
	tests := []struct {
		name        string
		serve       func(net.Conn)
		least, most int
	}{
		{"not there", nil, 120, 250},
		{"refused", says("HTTP/1.0 404 Not Found\r\n\r\n"), 120, 250},
		{"another format", says("HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n"), 120, 245},
		{"garbage", func(conn net.Conn) {
			endless(icecast, strings.Repeat("\xff\xfe", 1000))(conn)
		}, 50, 245},
		{"closed at once", says(icecast), 120, 250},
		{"played for a moment", says(icecast + audio(1, 10)), 120, 250},
		{"silent", hangs(icecast + audio(1, 10)), 80, 180},
		{"never answers", hangs(""), 80, 180},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := startRelay(t, false, tt.serve)
				time.Sleep(time.Hour)
				if n := int(r.dials.Load()); n < tt.least || n > tt.most {
					t.Errorf("asked %d times in an hour, want between %d and %d", n, tt.least, tt.most)
				}
				said := r.log.FilterMessage("relay has no stream").Len()
				if want := 1; said != want && tt.name != "played for a moment" && tt.name != "silent" {
					t.Errorf("said %d times, want %d", said, want)
				}
				r.stop()
			})
		})
	}
}

// A stream that was steady is asked for again at once.
func TestRelayReturnsSoonAfterASteadyStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRelay(t, false, nil)
		time.Sleep(time.Hour)
		r.set("a:80", func(conn net.Conn) {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
			defer cancel()
			context.AfterFunc(ctx, func() { conn.Close() })
			plays(icecast, uint64(r.dials.Load())*1_000_000)(conn)
		})
		time.Sleep(time.Minute)
		m := r.registry.Find("/live")
		follow(t, m)
		for range 3 {
			for sounds(m) {
				time.Sleep(10 * time.Millisecond)
			}
			lost := time.Now()
			for !sounds(m) {
				time.Sleep(10 * time.Millisecond)
			}
			if away := time.Since(lost); away > 3*time.Second {
				t.Errorf("away for %v", away)
			}
		}
		r.stop()
	})
}

func TestRelayComesBackAfterAKick(t *testing.T) {
	for _, onDemand := range []bool{false, true} {
		t.Run(fmt.Sprint("on demand ", onDemand), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := startRelay(t, onDemand, plays(icecast, 1))
				m := r.registry.Find("/live")
				follow(t, m)
				time.Sleep(10 * time.Second)
				m.Source().Kick()
				synctest.Wait()
				if sounds(m) {
					t.Error("a kick changes nothing")
				}
				kicked := time.Now()
				for m := r.registry.Find("/live"); m == nil || !sounds(m); m = r.registry.Find("/live") {
					if time.Since(kicked) > 8*time.Second { // 2 s, and what it sends again is held in doubt
						t.Fatal("it does not come back")
					}
					time.Sleep(10 * time.Millisecond)
				}
				r.stop()
			})
		})
	}
}

// The relay ends by itself when the server shuts down.
func TestRelayEndsWithTheRegistry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRelay(t, true, plays(icecast, 1))
		follow(t, r.registry.Find("/live"))
		time.Sleep(10 * time.Second)
		r.registry.Close()
		time.Sleep(time.Minute)
		if r.dials.Load() != 1 {
			t.Errorf("asked %d times", r.dials.Load())
		}
		if _, err := r.registry.Attach("/live", mounts.Feed{}); !errors.Is(err, mounts.ErrShutdown) {
			t.Error(err)
		}
		r.stop()
	})
}

// Other servers send each frame in a TLS record of its own; reading must be as fast
// as without TLS.
func TestARelayIsReadAsFastOverTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 200 // more frames than are read in one portion
		server, client := feedtest.Certificate(t)
		var elsewhere sync.WaitGroup
		took := make(chan time.Duration, 1)
		puller := &Puller{tls: client, dial: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			elsewhere.Go(func() {
				defer theirs.Close()
				conn := tls.Server(theirs, server)
				if _, err := readHead(conn); err != nil {
					return
				}
				io.WriteString(conn, icecast)
				took <- feedtest.SendFrames(t, conn, many)
				io.Copy(io.Discard, conn)
			})
			return ours, nil
		}}
		registry := mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.NewNop())
		r := &Relay{Registry: registry, Puller: puller, Log: zap.NewNop(), From: conf.Relay{URL: "https://a/there", Mount: "/live"},
			Timeout: 10 * time.Second}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.Run(ctx)
		}()
		if took := <-took; took > registry.Find("/live").ReadPace() {
			t.Errorf("%d frames took %v", many, took)
		}
		stop()
		<-done
		registry.Close()
		elsewhere.Wait()
	})
}
