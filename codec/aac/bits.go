package aac

// reader reads bits, the highest of a byte first. Behind the end it reads zeros.
type reader struct {
	b  []byte
	at int // bits read
}

func (r *reader) read(n int) (v int) {
	for range n {
		v <<= 1
		if i := r.at >> 3; i < len(r.b) {
			v |= int(r.b[i]>>(7-r.at&7)) & 1
		}
		r.at++
	}
	return v
}

func (r *reader) flag() bool { return r.read(1) == 1 }

// align goes to the next whole byte.
func (r *reader) align() { r.at = (r.at + 7) &^ 7 }

// over reports whether more was read than there is.
func (r *reader) over() bool { return r.at > 8*len(r.b) }

// writer writes bits, the highest of a byte first.
type writer struct {
	b    []byte
	free int // bits of the last byte
}

func (w *writer) write(v, n int) {
	for n--; n >= 0; n-- {
		if w.free == 0 {
			w.b, w.free = append(w.b, 0), 8
		}
		w.free--
		w.b[len(w.b)-1] |= byte(v>>n&1) << w.free
	}
}
