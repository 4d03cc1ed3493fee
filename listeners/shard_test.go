package listeners

import (
	"io"
	"runtime"
	"testing"
	"time"
	"weak"

	"relay/conf"
	"relay/mounts"
)

// What a shard has sent is referenced no more: neither when all its listeners have
// left, nor when one caught up with many segments and goes on with few.
func TestShardLetsGoOfTheStream(t *testing.T) {
	for name, leaves := range map[string]bool{"the last listener leaves": true, "a listener has caught up": false} {
		t.Run(name, func(t *testing.T) {
			c, in := station(t, "")
			l, client := pair(t, in, 1000, 0)
			in.Write(numbered(0))
			l.join(conf.Burst{Size: 64 << 10})
			early := weak.Make(&l.cursor.Next()[0])
			s := newShard(flusher{conf: conf.NewLive(c)}, func(*listener, string) {}, nil)
			s.add(l)
			s.takeIn(time.Now())
			write := func(frames int) {
				for n := range frames {
					in.Write(numbered(n))
				}
				before := l.Sent.Load()
				s.flushTick(s.wheel.next(), time.Now())
				io.CopyN(io.Discard, client, l.Sent.Load()-before)
			}
			write(20)
			if leaves {
				hangUp(l)
				write(1)
				l.cursor = mounts.Cursor{}
			}
			for range 400 { // more bytes than a burst
				write(1)
			}
			if stays := s.wheel.size == 1; stays == leaves {
				t.Fatalf("the listener stays: %v", stays)
			}
			runtime.GC()
			if early.Value() != nil {
				t.Error("the start of the stream is still referenced")
			}
			runtime.KeepAlive(s)
		})
	}
}
