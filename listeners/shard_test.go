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

// What a shard has sent is held by nobody any more: not when all its listeners
// have left, and not when one caught up with many segments and goes on with few.
func TestShardLetsGoOfTheStream(t *testing.T) {
	for name, leaves := range map[string]bool{"the last listener leaves": true, "a listener has caught up": false} {
		t.Run(name, func(t *testing.T) {
			c, in := station(t, "")
			l, client := pair(t, in, 1000, 0)
			in.Write(numbered(0))
			l.join(64 << 10)
			early := weak.Make(&l.cursor.Next()[0])
			s := newShard(visitor{conf: conf.NewLive(c)}, slotTime, func(*listener, string) {}, nil)
			s.add(l)
			s.takeIn(time.Now())
			write := func(frames int) {
				for n := range frames {
					in.Write(numbered(n))
				}
				before := l.Sent.Load()
				s.visit(0, time.Now())
				io.CopyN(io.Discard, client, l.Sent.Load()-before)
			}
			write(20)
			if leaves {
				hangUp(l)
				write(1)
				l.cursor = mounts.Cursor{}
			}
			for range 400 { // more than a burst
				write(1)
			}
			if stays := s.size == 1; stays == leaves {
				t.Fatalf("he stays: %v", stays)
			}
			runtime.GC()
			if early.Value() != nil {
				t.Error("the stream is held from where it began")
			}
			runtime.KeepAlive(s)
		})
	}
}
