package icecast

import (
	"relay/conf"
)

// setText sets a text, unless the element is missing or empty.
func (t *table) setText(name string, e *element) {
	if text := e.word(); text != "" {
		t.set(name, text, e)
	}
}

// setSecret sets a password, which may begin or end with blanks.
func (t *table) setSecret(name string, e *element) {
	if e == nil || e.text == "" {
		return
	}
	t.put(name, e.text, e)
	if e.text == samplePassword {
		t.remark(name, "the password of Icecast's sample file, which everybody knows: change it")
	}
}

// samplePassword is in every icecast.xml until somebody changes it.
const samplePassword = "hackme"

// setFlag sets a value that is yes or no.
func (t *table) setFlag(name string, e *element) {
	if e != nil {
		t.set(name, e.flag(), e)
	}
}

// setCount sets a number that is at least 1. In Icecast -1 means no limit; relay has 0
// for that, where it is the default.
func (t *table) setCount(name string, e *element) {
	if e == nil {
		return
	}
	n, ok := e.number()
	switch {
	case !ok || n == 0:
		t.lose(e, "is not a valid number; relay's default applies")
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
		t.lose(e, "is not a valid number of seconds; relay's default applies")
		return
	}
	t.set(name, d, e)
}

// sizeOf returns the size in an element. It adds a note if the text is not a size.
func (t *table) sizeOf(e *element) (conf.Size, bool) {
	if e == nil {
		return 0, false
	}
	size, ok := e.size()
	if !ok || size < 0 {
		t.lose(e, "is not a number of bytes; relay's default applies")
		return 0, false
	}
	return size, true
}

// burstOf is sizeOf for a burst. sampleBurst is relay's default, which is a time.
func (t *table) burstOf(e *element) (conf.Burst, bool) {
	size, ok := t.sizeOf(e)
	if size == sampleBurst {
		return conf.Default().Limits.Burst, ok
	}
	return conf.Burst{Size: size}, ok
}

// sampleBurst is in every icecast.xml, whatever the bit rate.
const sampleBurst = 65535
