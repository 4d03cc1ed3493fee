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

// Mount is a [[mount]]: the settings of one mount or, if its name ends in "*", of every
// mount whose name begins that way.
type Mount struct {
	Name string `toml:"name"`

	// Title, Description, Genre and URL override the station words of the source.
	// Empty: those of the source apply.
	Title       string `toml:"title"`
	Description string `toml:"description"`
	Genre       string `toml:"genre"`
	URL         string `toml:"url"`
	// Public allows directories to list the mount.
	Public bool `toml:"public"`
	// Hidden omits the mount from the server's own lists.
	Hidden bool `toml:"hidden"`

	// Headers are additional header lines for listeners. They replace lines of the same
	// name.
	Headers Headers `toml:"headers"`

	// Charset is the charset of titles and station words that are not UTF-8 and come
	// without a charset. It may have any name in use, see charset.Find.
	Charset string `toml:"charset"`
	// Metaint is the number of audio bytes between two metadata blocks, for listeners
	// that ask for metadata; 0: none get any.
	Metaint int `toml:"metaint"`

	// MaxListeners is the maximum number of listeners of the mount; 0: only the
	// server's limit.
	MaxListeners int `toml:"max_listeners"`
	// MaxDuration is how long a listener may stay; 0: no limit.
	MaxDuration Duration `toml:"max_duration"`
	// Burst is what a new listener is sent at once; never more than
	// Limits.Buffer.
	Burst Burst `toml:"burst"`

	// Format is the format of all audio of the mount. Inputs of another format are brought
	// to it.
	Format Format `toml:"format"`
	// Chained keeps the links of an Ogg source, which begin with each title, and their
	// headers. Otherwise links of equal parameters are joined into one.
	Chained bool `toml:"chained"`
	// HLS serves the mount, and its renditions, by HTTP Live Streaming too.
	HLS bool `toml:"hls"`
	// HLSWindow is how much of the past its playlists have.
	HLSWindow Duration `toml:"hls_window"`
	// ContentType is what listeners are told, if it is another name of the mount's codec.
	// Empty: the usual name.
	ContentType string `toml:"content_type"`

	// SourceUser and SourcePassword are the login of the mount's sources. Each is that
	// of Auth if it is empty.
	SourceUser     string `toml:"source_user"`
	SourcePassword Secret `toml:"source_password"`
	// Sources are several logins, the most important first, which replace SourceUser
	// and SourcePassword.
	Sources []SourceLogin `toml:"source"`
	// Fallbacks are tried in order if there is no live source. They are mounts, and
	// FallbackFiles for the mount's own music, which otherwise comes last.
	Fallbacks []string `toml:"fallbacks"`
	// FallbackFull is the mount to which listeners go if this one is full.
	FallbackFull string `toml:"fallback_full"`
	// RedirectFull is an address to which listeners are redirected if this mount, or
	// the server, is full, and FallbackFull is too. Empty: they are refused.
	RedirectFull string `toml:"redirect_full"`
	// Interlude plays the music that ships with relay if there would be only silence
	// otherwise.
	Interlude bool `toml:"interlude"`
	// Silence plays silent audio if there is nothing else.
	Silence bool `toml:"silence"`

	// IntroFile is a file that each listener hears once, before the stream. Empty: none.
	IntroFile string `toml:"intro_file"`

	// Takeover is what happens when a second source connects.
	Takeover Takeover `toml:"takeover"`
	// Grace is how long a mount waits for a lost source to come back before the
	// fallback takes the air.
	Grace Duration `toml:"grace"`

	// RecordDir is the folder for recordings of live sources. Empty: nothing is
	// recorded.
	RecordDir string `toml:"record_dir"`
	// RecordSplit is the interval, by the clock of the day, at which a new file is
	// begun; 0: one file a session.
	RecordSplit Duration `toml:"record_split"`
	// RecordKeep is how long a recording is kept after its end; 0: for ever.
	RecordKeep Duration `toml:"record_keep"`
	// RecordSpace is the maximum total size of the mount's recordings, in bytes. The
	// oldest are removed first; 0: no limit.
	RecordSpace Size `toml:"record_space"`

	// Rewind is for how long what the mount has played is kept, to be heard again; 0: it
	// is not.
	Rewind Duration `toml:"rewind"`
	// RewindDir is the folder for that. Mounts may share one.
	RewindDir string `toml:"rewind_dir"`
	// RewindSpace is how many bytes the mount's rewind may take. The oldest goes first;
	// 0: no limit.
	RewindSpace Size `toml:"rewind_space"`

	// ListenerAuth is who may listen, and which hooks are asked or told.
	ListenerAuth ListenerAuth `toml:"listener_auth"`
	// Renditions are the same programme at other bit rates.
	Renditions []Rendition `toml:"rendition"`
	// Files is the music that AutoDJ plays. Patterns have none.
	Files Files `toml:"files"`

	// set has the keys that were given, also those given as zero.
	set map[string]bool
}

// Takeover is what happens when a second source connects with a valid login. A source
// that has fallen silent is always replaced.
type Takeover string

// The values of Takeover.
const (
	TakeoverRefuse   Takeover = "refuse"    // the first source keeps the mount
	TakeoverNewest   Takeover = "newest"    // the second source replaces it
	TakeoverSameUser Takeover = "same-user" // a source is replaced only by one with the same login
)

// FallbackFiles stands for a mount's own music among its Fallbacks.
const FallbackFiles = "files"

// The bounds of Mount.Metaint, if it is not 0, in bytes.
const (
	MinMetaint = 256
	MaxMetaint = 1_000_000
)

// IsPattern reports whether m applies to every mount whose name begins like its own.
func (m Mount) IsPattern() bool { return strings.HasSuffix(m.Name, "*") }

// fits reports whether m applies to the mount of this name.
func (m Mount) fits(name string) bool {
	if m.IsPattern() {
		return strings.HasPrefix(name, strings.TrimSuffix(m.Name, "*"))
	}
	return m.Name == name
}

// Mount returns the settings that apply to the mount of this name, declared or not.
// Each setting comes from the declared mount of that name, otherwise from the longest
// matching pattern that has it, otherwise from the defaults, where Burst is that of
// Limits, and SourceUser and SourcePassword are those of Auth. A rendition follows the
// rules of its mount, see Mount.inherit.
func (c *Config) Mount(name string) Mount { return c.mount(name, nil) }

// mount is Mount. made lists the renditions on the way to this mount, so that a loop of
// renditions ends.
func (c *Config) mount(name string, made []string) Mount {
	m := Mount{
		Charset:  "UTF-8",
		Metaint:  16000,
		Burst:    c.Limits.Burst,
		Takeover: TakeoverRefuse,
		Grace:    Duration(3 * time.Second),

		RecordSplit: Duration(time.Hour),
		HLSWindow:   Duration(15 * time.Minute),
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
		m.Fallbacks = nil // from a pattern that makes this mount a fallback of all others
	}
	m.Fallbacks = slices.Clone(m.Fallbacks)
	m.Sources = slices.Clone(m.Sources)
	m.Renditions = slices.Clone(m.Renditions)
	m.Headers = maps.Clone(m.Headers)
	return m
}

// HasMembers reports whether any mount has an htpasswd file.
func (c *Config) HasMembers() bool {
	return slices.ContainsFunc(c.Mounts, func(m Mount) bool { return m.ListenerAuth.HtpasswdFile != "" })
}

// WithHtpasswd returns the mounts, renditions and patterns whose htpasswd file is file.
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

// Declares reports whether a mount of this name is declared itself, rather than only
// matched by a pattern.
func (c *Config) Declares(name string) bool {
	return slices.ContainsFunc(c.Mounts, func(m Mount) bool { return m.Name == name })
}

// byWeight sorts short patterns before long ones, and patterns before mounts.
func byWeight(a, b *Mount) int {
	switch {
	case a.IsPattern() && !b.IsPattern():
		return -1
	case !a.IsPattern() && b.IsPattern():
		return 1
	}
	return len(a.Name) - len(b.Name)
}

// overlay copies every setting of other that was given or is not zero.
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

// forgetLogins drops the logins that other replaces by its own, in either form.
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

// checkMounts reports what is wrong with each mount, and duplicate names.
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
			r.fail(name, "is already declared on line %d", line)
			continue
		}
		first[m.Name] = r.line(name)
	}
	checkRewinds(r, p, c)
	checkFallbackLoops(r, p, c)
	checkFallbackCodecs(r, p, c)
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
	m.checkRewind(r, p)
	m.Headers.check(r, p.key("headers"))
	if m.RedirectFull != "" && !IsStreamAddress(m.RedirectFull) {
		r.fail(p.key("redirect_full"), `must be the address of a stream, such as "http://other.example.org:8000/live"`)
	}
	m.ListenerAuth.check(r, p.key("listener_auth"))
	if r.usable(p.key("charset")) && !isCharset(m.Charset) {
		r.fail(p.key("charset"), `is not a known charset; must be one such as "UTF-8" or "ISO-8859-1"`)
	}
	if m.Metaint != 0 && (m.Metaint < MinMetaint || m.Metaint > MaxMetaint) {
		r.fail(p.key("metaint"), "must be 0 (no titles) or between %d and %d", MinMetaint, MaxMetaint)
	}
	m.Burst.check(r, p.key("burst"), buffer)
	m.Format.check(r, p.key("format"))
	m.checkHLS(r, p)
	if kind := p.key("content_type"); m.ContentType != "" && r.usable(kind) {
		oneOf(r, kind, m.ContentType, contentTypes...)
	}
	if r.given(p.key("files")) && m.IsPattern() {
		r.fail(p.key("files"), "needs a mount of its own: %s is a pattern", m.Name)
	}
	if m.Interlude && m.IsPattern() {
		r.fail(p.key("interlude"), "needs a mount of its own: %s is a pattern", m.Name)
	}
	m.Files.check(r, p.key("files"))
}

// contentTypes are the values of Mount.ContentType. Old players of AAC know only
// audio/aacp.
var contentTypes = []string{"audio/mpeg", "audio/aac", "audio/aacp", "application/ogg", "audio/ogg"}

// isCharset reports whether a charset of this name exists and can be decoded.
func isCharset(name string) bool {
	return charset.Find(name) != nil
}

// MinRecordSplit is the minimum of Mount.RecordSplit, if it is not 0: the names of
// recordings have a resolution of a second.
const MinRecordSplit = Duration(time.Second)

func (m *Mount) checkRecording(r *reader, p path) {
	m.RecordDir = r.resolve(m.RecordDir)
	if m.RecordSplit != 0 && m.RecordSplit < MinRecordSplit {
		r.fail(p.key("record_split"), "must be 0 (one file a session) or at least %v", MinRecordSplit)
	}
}
