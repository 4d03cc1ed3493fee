package icecast

import (
	"maps"
	"net/url"
	"slices"
)

// setListenerAuth sets who may listen to a mount, and which hooks are asked or told.
func (c *Config) setListenerAuth(t *table, e *element) {
	all := e.takeAll("authentication")
	for i, a := range all {
		if i < len(all)-1 {
			t.lose(a, "a mount can have only one; the last one counts")
			a.takeWhole()
			continue
		}
		switch a.attr("type") {
		case "htpasswd":
			c.setHtpasswd(t, a)
		case "url":
			setHooks(t, a)
		case "":
			t.notes = c.leftBelow(a, t.notes) // Icecast 2.5's roles
		default:
			t.lose(a, "relay runs no programs; it supports htpasswd and url")
			a.takeWhole()
		}
	}
}

// options are the <option> elements of an <authentication>. Each can be taken once.
type options map[string]*element

func optionsOf(a *element) options {
	all := make(options)
	for _, o := range a.takeAll("option") {
		all[o.attr("name")] = o
	}
	return all
}

// value returns the value of an <option>.
func (e *element) value() string {
	if e == nil {
		return ""
	}
	return oneLine(e.attr("value"))
}

func (o options) take(name string) *element {
	e := o[name]
	delete(o, name)
	return e
}

// setHtpasswd sets the file with the logins of listeners.
func (c *Config) setHtpasswd(t *table, a *element) {
	all := optionsOf(a)
	file := all.take("filename")
	if file.value() == "" {
		t.lose(a, "names no file; listeners are not asked for a password")
		return
	}
	t.sub("listener_auth", a).set("htpasswd_file", c.place(file.value()), file)
	if twice := all.take("allow_duplicate_users"); twice.value() == "0" {
		t.lose(twice, "a listener may listen several times with one login")
	}
	all.lose(t)
}

// setHooks sets which hooks are asked and told.
func setHooks(t *table, a *element) {
	all := optionsOf(a)
	user, password := all.take("username"), all.take("password")
	set := func(name, come, leave string) {
		first, last := all.take(come), all.take(leave)
		if last.value() != "" && last.value() != first.value() {
			why := "is told at the same address as " + come + "; action= in the form says which it is"
			if first.value() == "" {
				why = "is told only where " + come + " is asked too"
			}
			t.lose(last, why)
		}
		if first.value() != "" {
			hooks := t.sub("listener_auth", a)
			hooks.set(name, withLogin(first.value(), user, password), first)
		}
	}
	set("url", "listener_add", "listener_remove")
	set("on_source", "mount_add", "mount_remove")
	set("stream_auth", "stream_auth", "")
	if yes := all.take("auth_header"); yes != nil && yes.value() != "icecast-auth-user: 1" {
		t.lose(yes, `relay accepts only the answer "icecast-auth-user: 1"`)
	}
	if limit := all.take("timelimit_header"); limit != nil && limit.value() != "icecast-auth-timelimit:" {
		t.lose(limit, `relay accepts only "icecast-auth-timelimit: SECONDS"`)
	}
	all.take("handlers") // icecast-kh's threads
	all.lose(t)
}

// lose adds notes about the options that were not taken.
func (o options) lose(t *table) {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		t.lose(o[name], "relay has no such option")
	}
}

// withLogin adds the login for a web server to its address.
func withLogin(address string, user, password *element) string {
	u, err := url.Parse(address)
	if err != nil || user.value() == "" {
		return address
	}
	u.User = url.UserPassword(user.value(), password.value())
	return u.String()
}
