package icecast

import (
	"maps"
	"net/url"
	"slices"
)

// setListenerAuth sets who may listen to a mount, and who is asked or told.
func (c *Config) setListenerAuth(t *table, e *element) {
	all := e.takeAll("authentication")
	for i, a := range all {
		if i < len(all)-1 {
			t.lose(a, "a mount has one; the last one counts")
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
			t.lose(a, "relay runs no programs to ask; it knows htpasswd and url")
			a.takeWhole()
		}
	}
}

// options are the <option> elements of an <authentication>, each of which is
// taken once.
type options map[string]*element

func optionsOf(a *element) options {
	all := make(options)
	for _, o := range a.takeAll("option") {
		all[o.attr("name")] = o
	}
	return all
}

// value is what an <option> is set to.
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

// setHtpasswd sets the file with the names of those who may listen.
func (c *Config) setHtpasswd(t *table, a *element) {
	all := optionsOf(a)
	file := all.take("filename")
	if file.value() == "" {
		t.lose(a, "names no file of listeners; nobody is asked for a password")
		return
	}
	t.sub("listener_auth", a).set("htpasswd_file", c.place(file.value()), file)
	if twice := all.take("allow_duplicate_users"); twice.value() == "0" {
		t.lose(twice, "a listener may listen several times with one login")
	}
	all.lose(t)
}

// setHooks sets which web server is asked and told.
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
		t.lose(yes, `relay takes the answer "icecast-auth-user: 1" for a yes, and nothing else`)
	}
	if limit := all.take("timelimit_header"); limit != nil && limit.value() != "icecast-auth-timelimit:" {
		t.lose(limit, `relay takes "icecast-auth-timelimit: SECONDS" for a limit, and nothing else`)
	}
	all.take("handlers") // icecast-kh's threads
	all.lose(t)
}

// lose notes the options that nobody took.
func (o options) lose(t *table) {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		t.lose(o[name], "relay has no such option")
	}
}

// withLogin puts a login for the web server itself into its address.
func withLogin(address string, user, password *element) string {
	u, err := url.Parse(address)
	if err != nil || user.value() == "" {
		return address
	}
	u.User = url.UserPassword(user.value(), password.value())
	return u.String()
}
