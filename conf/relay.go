package conf

import (
	"cmp"
	"net/url"
	"strings"
	"time"
)

// Relay is a [[relay]]: a mount that is pulled from another server.
type Relay struct {
	// URL is the address of the stream on the other server, or of a playlist.
	URL string `toml:"url" secret:"query"`
	// Mount is the mount on this server. Empty: the mount of the same name or, for "/",
	// the only stream of a server, ShoutcastMount.
	Mount string `toml:"mount"`
	// OnDemand connects only while the mount has listeners.
	OnDemand bool `toml:"on_demand"`
	// User and Password are the login at the other server. Empty: none is sent.
	User     string `toml:"user"`
	Password Secret `toml:"password"`
}

// Master is [master]: a server whose mounts are all pulled.
type Master struct {
	// URL is the address of that server, without a path. Empty: there is none.
	URL string `toml:"url" secret:"query"`
	// User and Password are its relay login.
	User     string `toml:"user"`
	Password Secret `toml:"password"`
	// Interval is the time between two requests for its list of mounts.
	Interval Duration `toml:"interval"`
}

func defaultMaster() Master {
	return Master{User: "relay", Interval: Duration(2 * time.Minute)}
}

func checkRelays(r *reader, p path, c *Config) {
	first := make(map[string]int)
	for i := range c.Relays {
		relay, at := &c.Relays[i], p.item(i)
		if r.failed[at.id] {
			continue // not a table at all
		}
		from := at.key("url")
		u, ok := streamURL(relay.URL)
		switch {
		case !r.given(from):
			r.fail(from, `needs the address of a stream, such as url = "http://radio.example.org:8000/live"`)
		case !ok:
			r.fail(from, `must be the address of a stream, such as "http://radio.example.org:8000/live"`)
		default:
			relay.Mount = cmp.Or(relay.Mount, c.relayMount(u))
		}
		checkUser(r, at.key("user"), relay.User)
		name := at.key("mount")
		if r.failed[from.id] || r.failed[name.id] {
			continue
		}
		if problem := nameProblem(relay.Mount, false); problem != "" {
			r.fail(name, "%s", problem)
			continue
		}
		if line, twice := first[relay.Mount]; twice {
			r.fail(name, "is already pulled on line %d: each mount has one relay", line)
			continue
		}
		first[relay.Mount] = r.line(at.key("url"))
	}
}

// relayMount returns the mount for a stream address without a configured mount. The
// ways in which SHOUTcast addresses are written, with ";" or without a path, do not
// count as a name, nor does the ending of a playlist of HLS: mounts have such playlists
// themselves.
func (c *Config) relayMount(u *url.URL) string {
	path, _, _ := strings.Cut(u.Path, ";")
	return c.SourceMount(strings.TrimSuffix(path, ".m3u8"))
}

func (m *Master) check(r *reader, p path) {
	if m.URL != "" {
		u, ok := streamURL(m.URL)
		if !ok || u.Path != "" && u.Path != "/" {
			r.fail(p.key("url"), `must be the address of a server, such as "http://radio.example.org:8000"`)
		}
	}
	checkUser(r, p.key("user"), m.User)
	atLeast(r, p.key("interval"), m.Interval, Duration(time.Second))
}

// isHookURL reports whether a text is a valid address of a hook, which may contain a
// login.
func isHookURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && isHost(u.Hostname()) && u.Fragment == ""
}

// streamURL parses the HTTP address of a stream or server.
func streamURL(text string) (*url.URL, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !isHost(u.Hostname()) || u.User != nil || u.Fragment != "" {
		return nil, false
	}
	return u, u.Port() == "" || u.Port() != "0" && isPort(u.Port())
}
