package rewind

import (
	"path/filepath"
	"slices"
	"sync"
)

// maxOpen is how many audio files stay open for the next read, in all stores of a server.
const maxOpen = 64

// descriptors are the audio files that are open for reading. They are shared: a file is
// open once, however many listeners hear it.
type descriptors struct {
	mu   sync.Mutex
	list []*descriptor // the one that was used last is the last
}

type descriptor struct {
	input
	path   string
	users  int  // guarded by descriptors.mu
	closes bool // it is not in the list any more; guarded by descriptors.mu
}

// take returns the file at a path, which open opens if it is not open. The caller gives it
// back.
func (d *descriptors) take(path string, open func(string) (input, error)) (*descriptor, error) {
	if one := d.use(path, nil); one != nil {
		return one, nil
	}
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	one := d.use(path, f)
	if one.input != f {
		f.Close() // another reader was quicker
	}
	d.forget(func(*descriptor) bool { return false })
	return one, nil
}

// use returns the file that is open at a path, which is f if there is none. f may be nil.
func (d *descriptors) use(path string, f input) *descriptor {
	d.mu.Lock()
	defer d.mu.Unlock()
	one := &descriptor{input: f, path: path}
	if i := slices.IndexFunc(d.list, func(one *descriptor) bool { return one.path == path }); i >= 0 {
		one = d.list[i]
		d.list = slices.Delete(d.list, i, i+1)
	} else if f == nil {
		return nil
	}
	one.users++
	d.list = append(d.list, one)
	return one
}

// give returns a file after use.
func (d *descriptors) give(one *descriptor) {
	d.mu.Lock()
	one.users--
	unused := one.closes && one.users == 0
	d.mu.Unlock()
	if unused {
		one.Close()
	}
}

// drop closes a file that was removed, once nobody reads it: its bytes are free then.
func (d *descriptors) drop(path string) {
	d.forget(func(one *descriptor) bool { return one.path == path })
}

// dropAll closes all files in a folder.
func (d *descriptors) dropAll(dir string) {
	d.forget(func(one *descriptor) bool { return filepath.Dir(one.path) == dir })
}

// forget closes the files that which selects, and those over the limit.
func (d *descriptors) forget(which func(*descriptor) bool) {
	var closing []*descriptor
	d.mu.Lock()
	over := len(d.list) - maxOpen
	d.list = slices.DeleteFunc(d.list, func(one *descriptor) bool {
		if over--; over < 0 && !which(one) {
			return false
		}
		one.closes = true
		if one.users == 0 {
			closing = append(closing, one)
		}
		return true
	})
	d.mu.Unlock()
	for _, one := range closing {
		one.Close()
	}
}
