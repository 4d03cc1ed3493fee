package conf

// SourceLogin is a [[mount.source]]: one of several logins for the sources of a mount.
// A source with the first login has priority over one with the next, which stays
// connected and takes the air again when the first has left.
type SourceLogin struct {
	User     string `toml:"user"`
	Password Secret `toml:"password"`
}

// SourceLogins returns the logins of the mount's sources, the most important first.
func (m Mount) SourceLogins() []SourceLogin {
	if len(m.Sources) > 0 {
		return m.Sources
	}
	return []SourceLogin{{m.SourceUser, m.SourcePassword}}
}

func (m *Mount) checkSources(r *reader, p path) {
	if len(m.Sources) > 0 {
		if m.SourceUser != "" {
			r.fail(p.key("source_user"), "[[mount.source]] is given too: keep one of the two")
		}
		if m.SourcePassword != "" {
			r.fail(p.key("source_password"), "[[mount.source]] is given too: keep one of the two")
		}
	}
	seen := map[string]bool{}
	for i, login := range m.Sources {
		at := p.key("source").item(i)
		if r.failed[at.id] {
			continue // not a table at all
		}
		user := at.key("user")
		checkUser(r, user, login.User)
		switch {
		case login.User == "" && !r.failed[user.id]:
			r.fail(user, "needs the user name of the source")
		case seen[login.User]:
			r.fail(user, "already has a login on this mount")
		}
		if login.Password == "" && !r.failed[at.key("password").id] && !r.failed[at.key("password_file").id] {
			r.fail(at.key("password"), "needs a password")
		}
		seen[login.User] = true
	}
}
