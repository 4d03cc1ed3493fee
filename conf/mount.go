package conf

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"relay/internal/charset"

	"relay/internal/disk"
)

// Mount is a [[mount]]: the settings of one mount or, with "*" as the last
// character of its name, of every mount that fits.
type Mount struct {
	Name string `toml:"name"`

	// Title, Description, Genre and URL win over what the source says of
	// itself. Empty: the source's.
	Title       string `toml:"title"`
	Description string `toml:"description"`
	Genre       string `toml:"genre"`
	URL         string `toml:"url"`
	// Public lets directories list the mount.
	Public bool `toml:"public"`
	// Hidden keeps the mount out of the server's own lists.
	Hidden bool `toml:"hidden"`

	// Headers are header lines that listeners get besides, and in place of those of
	// the same name.
	Headers Headers `toml:"headers"`

	// Charset is that of titles, and of what a source says of its station, where
	// the client names none and the text is not UTF-8; by any name in use, see
	// charset.Find.
	Charset string `toml:"charset"`
	// Metaint is the bytes of audio between titles for a listener that asked
	// for them; 0: there are none even then.
	Metaint int `toml:"metaint"`

	// MaxListeners is how many the mount takes at once; 0: as many as the server.
	MaxListeners int `toml:"max_listeners"`
	// MaxDuration is how long a listener may stay; 0: for ever.
	MaxDuration Duration `toml:"max_duration"`
	// Burst is what a new listener gets at once, in bytes; never more than
	// Limits.Buffer.
	Burst Size `toml:"burst"`

	// SourceUser and SourcePassword are what the mount's sources log in with.
	// Empty, each for itself: that of Auth.
	SourceUser     string `toml:"source_user"`
	SourcePassword Secret `toml:"source_password"`
	// Sources are several logins, the most important first, in place of
	// SourceUser and SourcePassword.
	Sources []SourceLogin `toml:"source"`
	// Fallbacks are tried in order when there is no live source: mounts, and
	// FallbackFiles for the mount's own music, which otherwise comes last.
	Fallbacks []string `toml:"fallbacks"`
	// FallbackFull is the mount that listeners get when this one is full.
	FallbackFull string `toml:"fallback_full"`
	// RedirectFull is an address that listeners are sent to when this mount, or the
	// server, is full, and FallbackFull is too. Empty: they are refused.
	RedirectFull string `toml:"redirect_full"`
	// Silence plays silent frames when nothing else is left.
	Silence bool `toml:"silence"`

	// IntroFile is an MP3 file that each listener hears once, before the
	// stream. Empty: none.
	IntroFile string `toml:"intro_file"`

	// Takeover is what becomes of a source when a second one comes.
	Takeover Takeover `toml:"takeover"`
	// Grace is how long a lost source may take to come back before the
	// fallback starts.
	Grace Duration `toml:"grace"`

	// RecordDir is the folder that recordings of live sources go to. Empty:
	// nothing is recorded.
	RecordDir string `toml:"record_dir"`
	// RecordSplit is the step of the clock at which a new file is begun; 0: one
	// file a session.
	RecordSplit Duration `toml:"record_split"`
	// RecordKeep is how long a recording is kept after its end; 0: for ever.
	RecordKeep Duration `toml:"record_keep"`
	// RecordSpace is what the mount's recordings may take together, in bytes,
	// before the oldest are removed; 0: all there is.
	RecordSpace Size `toml:"record_space"`

	// ListenerAuth is who may listen, and who is asked or told.
	ListenerAuth ListenerAuth `toml:"listener_auth"`
	// Renditions are the same programme at other bit rates.
	Renditions []Rendition `toml:"rendition"`
	// Files is what plays from disk. Patterns have none.
	Files Files `toml:"files"`

	// set has the keys that were given, for those given as zero.
	set map[string]bool
}

// Takeover is what becomes of a source when a second one comes with the right
// login. One that has fallen silent never keeps another out.
type Takeover string

// What a takeover may be.
const (
	TakeoverRefuse   Takeover = "refuse"    // the first one keeps the mount
	TakeoverNewest   Takeover = "newest"    // the second one replaces it
	TakeoverSameUser Takeover = "same-user" // only a login's own source is replaced
)

// FallbackFiles stands for a mount's own music among its Fallbacks.
const FallbackFiles = "files"

// The bounds of Mount.Metaint, if it is not 0, in bytes.
const (
	MinMetaint = 256
	MaxMetaint = 1_000_000
)

// IsPattern tells whether m stands for every mount that fits its name.
func (m Mount) IsPattern() bool { return strings.HasSuffix(m.Name, "*") }

// fits tells whether m has something to say about the mount of this name.
func (m Mount) fits(name string) bool {
	if m.IsPattern() {
		return strings.HasPrefix(name, strings.TrimSuffix(m.Name, "*"))
	}
	return m.Name == name
}

// Mount returns the settings that count for a mount of this name, declared or
// not. Each setting is taken from the declared mount of that name, else from
// the longest pattern that fits and has it, else from the defaults, where
// Burst is that of Limits, and SourceUser and SourcePassword are those of Auth.
// A rendition has the rules of the mount it is made of, see Mount.inherit.
func (c *Config) Mount(name string) Mount { return c.mount(name, nil) }

// mount is Mount. made are the renditions whose mount is asked for, so that a
// circle of them ends.
func (c *Config) mount(name string, made []string) Mount {
	m := Mount{
		Charset:  "UTF-8",
		Metaint:  16000,
		Burst:    c.Limits.Burst,
		Takeover: TakeoverRefuse,
		Grace:    Duration(3 * time.Second),

		RecordSplit: Duration(time.Hour),
	}
	var fitting []*Mount
	for i := range c.Mounts {
		if c.Mounts[i].fits(name) {
			fitting = append(fitting, &c.Mounts[i])
		}
	}
	slices.SortStableFunc(fitting, byWeight)
	for _, declared := range fitting {
		m.overlay(declared)
	}
	m.Name = name
	if of := c.RenditionOf(name); of != "" && !slices.Contains(made, of) {
		fitting = slices.DeleteFunc(fitting, func(declared *Mount) bool { return declared.fits(of) })
		m.inherit(c.mount(of, append(made, name)), fitting)
	}
	m.SourceUser = cmp.Or(m.SourceUser, c.Auth.SourceUser)
	m.SourcePassword = cmp.Or(m.SourcePassword, c.Auth.SourcePassword)
	m.Files = m.Files.withDefaults()
	if slices.Contains(m.Fallbacks, name) {
		m.Fallbacks = nil // of a pattern, that puts this very mount behind all others
	}
	m.Fallbacks = slices.Clone(m.Fallbacks)
	m.Sources = slices.Clone(m.Sources)
	m.Renditions = slices.Clone(m.Renditions)
	m.Headers = maps.Clone(m.Headers)
	return m
}

// WithHtpasswd returns the mounts, renditions and patterns whose listeners are
// those of a file.
func (c *Config) WithHtpasswd(file string) (names []string) {
	want, err := disk.Stat(file)
	for _, m := range c.Mounts {
		candidates := []string{m.Name}
		for _, rendition := range m.Renditions {
			candidates = append(candidates, rendition.Name)
		}
		for _, name := range candidates {
			other := c.Mount(name).ListenerAuth.HtpasswdFile
			same := other != "" && filepath.Clean(other) == filepath.Clean(file)
			if !same && other != "" && err == nil {
				found, err := disk.Stat(other)
				same = err == nil && os.SameFile(want, found)
			}
			if same {
				names = append(names, name)
			}
		}
	}
	return names
}

// Declares tells whether a mount of this name is declared by itself, not only
// by a pattern.
func (c *Config) Declares(name string) bool {
	return slices.ContainsFunc(c.Mounts, func(m Mount) bool { return m.Name == name })
}

// byWeight puts short patterns before long ones, and patterns before mounts.
func byWeight(a, b *Mount) int {
	switch {
	case a.IsPattern() && !b.IsPattern():
		return -1
	case !a.IsPattern() && b.IsPattern():
		return 1
	}
	return len(a.Name) - len(b.Name)
}

// overlay takes over from other every setting that was given or is not zero.
func (m *Mount) overlay(other *Mount) {
	listenerAuth := m.ListenerAuth
	m.forgetLogins(other)
	to, from := reflect.ValueOf(m).Elem(), reflect.ValueOf(other).Elem()
	for i := range from.NumField() {
		key := from.Type().Field(i).Tag.Get("toml")
		if key != "" && (other.set[key] || !from.Field(i).IsZero()) {
			to.Field(i).Set(from.Field(i))
		}
	}
	listenerAuth.overlay(other.ListenerAuth)
	m.ListenerAuth = listenerAuth
}

// forgetLogins lets go of the logins that those of other, in whichever of the
// two forms, stand in place of.
func (m *Mount) forgetLogins(other *Mount) {
	if len(other.Sources) > 0 {
		m.SourceUser, m.SourcePassword = "", ""
	}
	if other.SourceUser != "" || other.SourcePassword != "" || other.set["source_user"] || other.set["source_password"] {
		m.Sources = nil
	}
}

func (m *Mount) remember(key string) {
	if m.set == nil {
		m.set = make(map[string]bool)
	}
	m.set[key] = true
}

// checkMounts reports what is wrong with each mount, and names used twice.
func checkMounts(r *reader, p path, c *Config) {
	first := make(map[string]int)
	for i := range c.Mounts {
		m, at := &c.Mounts[i], p.item(i)
		name := at.key("name")
		m.check(r, at, c.Limits.Buffer)
		if !r.usable(name) {
			continue
		}
		if line, twice := first[m.Name]; twice {
			r.fail(name, "is declared on line %d already", line)
			continue
		}
		first[m.Name] = r.line(name)
	}
	checkFallbackLoops(r, p, c)
	checkRenditionNames(r, p, c)
}

func (m *Mount) check(r *reader, p path, buffer Size) {
	if r.failed[p.id] {
		return // not a table at all
	}
	if !r.given(p.key("name")) {
		r.fail(p, `needs a name, such as name = "/live"`)
	} else if r.usable(p.key("name")) {
		if problem := nameProblem(m.Name, true); problem != "" {
			r.fail(p.key("name"), "%s", problem)
		}
	}
	checkText(r, p.key("title"), m.Title)
	checkText(r, p.key("description"), m.Description)
	checkText(r, p.key("genre"), m.Genre)
	checkText(r, p.key("url"), m.URL)
	checkUser(r, p.key("source_user"), m.SourceUser)
	atLeast(r, p.key("max_listeners"), m.MaxListeners, 0)
	m.IntroFile = r.resolve(m.IntroFile)
	m.checkFallbacks(r, p)
	m.checkSources(r, p)
	m.checkRenditions(r, p)
	if r.usable(p.key("takeover")) {
		oneOf(r, p.key("takeover"), string(m.Takeover), string(TakeoverRefuse), string(TakeoverNewest), string(TakeoverSameUser))
	}
	m.checkRecording(r, p)
	m.Headers.check(r, p.key("headers"))
	if m.RedirectFull != "" && !isStreamAddress(m.RedirectFull) {
		r.fail(p.key("redirect_full"), `must be the address of a stream, such as "http://other.example.org:8000/live"`)
	}
	m.ListenerAuth.check(r, p.key("listener_auth"))
	if r.usable(p.key("charset")) && !isCharset(m.Charset) {
		r.fail(p.key("charset"), `is not a known charset; must be one such as "UTF-8" or "ISO-8859-1"`)
	}
	if m.Metaint != 0 && (m.Metaint < MinMetaint || m.Metaint > MaxMetaint) {
		r.fail(p.key("metaint"), "must be 0 (no titles) or between %d and %d", MinMetaint, MaxMetaint)
	}
	if m.Burst > buffer {
		r.fail(p.key("burst"), "must not be larger than limits.buffer (%v)", buffer)
	}
	if r.given(p.key("files")) && m.IsPattern() {
		r.fail(p.key("files"), "needs a mount of its own: %s is a pattern", m.Name)
	}
	m.Files.check(r, p.key("files"))
}

// isCharset tells whether a charset has this name and can be decoded.
func isCharset(name string) bool {
	return charset.Find(name) != nil
}
