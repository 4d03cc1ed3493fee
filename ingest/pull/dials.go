package pull

import (
	"context"
	"sync"
)

// maxDials is how many connection attempts to one server may be under way at once.
// Attempts to other servers do not wait for them.
const maxDials = 16

// dials counts connection attempts under way. The zero value is ready to use.
type dials struct {
	mu sync.Mutex
	to map[string]*dialling // by host
}

// dialling has the attempts to one host.
type dialling struct {
	places chan struct{}
	users  int // that have a place or wait for one; guarded by dials.mu
}

// begin waits for a place; the caller calls end when the connection is made or the
// attempt has failed. The error is that of ctx.
func (d *dials) begin(ctx context.Context, host string) (end func(), err error) {
	d.mu.Lock()
	if d.to == nil {
		d.to = map[string]*dialling{}
	}
	to := d.to[host]
	if to == nil {
		to = &dialling{places: make(chan struct{}, maxDials)}
		d.to[host] = to
	}
	to.users++
	d.mu.Unlock()
	select {
	case to.places <- struct{}{}:
		return func() {
			<-to.places
			d.leave(host, to)
		}, nil
	case <-ctx.Done():
		d.leave(host, to)
		return nil, ctx.Err()
	}
}

func (d *dials) leave(host string, to *dialling) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if to.users--; to.users == 0 {
		delete(d.to, host)
	}
}
