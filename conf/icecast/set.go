package icecast

import (
	"relay/conf"
)

// setText sets what an element says, if it says anything.
func (t *table) setText(name string, e *element) {
	if text := e.word(); text != "" {
		t.set(name, text, e)
	}
}

// setSecret sets a password, which may have blanks at its ends.
func (t *table) setSecret(name string, e *element) {
	if e == nil || e.text == "" {
		return
	}
	t.put(name, e.text, e)
	if e.text == samplePassword {
		t.remark(name, "the password of Icecast's sample file, which everybody knows: change it")
	}
}

// samplePassword stands in every icecast.xml until somebody changes it.
const samplePassword = "hackme"

// setFlag sets what is yes or no.
func (t *table) setFlag(name string, e *element) {
	if e != nil {
		t.set(name, e.flag(), e)
	}
}

// setCount sets a number that is at least 1. Icecast counts from -1, for no
// limit, and so does a default of 0 here.
func (t *table) setCount(name string, e *element) {
	if e == nil {
		return
	}
	n, ok := e.number()
	switch {
	case !ok || n == 0:
		t.lose(e, "is no number that works; relay's own default holds")
	case n > 0:
		t.set(name, n, e)
	}
}

// setSeconds sets a length of time.
func (t *table) setSeconds(name string, e *element) {
	if e == nil {
		return
	}
	d, ok := e.seconds()
	if !ok || d <= 0 {
		t.lose(e, "is no number of seconds that works; relay's own default holds")
		return
	}
	t.set(name, d, e)
}

// sizeOf is the size that an element says; what is none is noted.
func (t *table) sizeOf(e *element) (conf.Size, bool) {
	if e == nil {
		return 0, false
	}
	size, ok := e.size()
	if !ok || size < 0 {
		t.lose(e, "is no number of bytes; relay's own default holds")
		return 0, false
	}
	if size == sampleBurst {
		size = 64 << 10
	}
	return size, true
}

// sampleBurst stands in every icecast.xml and means 64 KiB.
const sampleBurst = 65535
