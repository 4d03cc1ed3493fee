package conf

// ListenerAuth is [mount.listener_auth]: who may listen, and whom the hoster's
// own web server is asked about or told. Nothing set: everybody may.
type ListenerAuth struct {
	// HtpasswdFile has the names and passwords of those who may listen, as
	// Apache's htpasswd writes it. Empty: no such list.
	HtpasswdFile string `toml:"htpasswd_file"`
	// URL is asked about every listener who comes, and told of each who
	// leaves: Icecast's listener_add and listener_remove.
	URL string `toml:"url" secret:"path"`
	// OnSource is told when a live source takes the mount and when it has
	// left: Icecast's mount_add and mount_remove.
	OnSource string `toml:"on_source" secret:"path"`
	// StreamAuth is asked whether a source may send, instead of looking at
	// its password here: Icecast's stream_auth.
	StreamAuth string `toml:"stream_auth" secret:"path"`
	// TokenSecret signs addresses that let whoever has one listen until it
	// expires, without a password. Empty: none does.
	TokenSecret Secret `toml:"token_secret"`

	set given // among those given as empty
}

// given are the settings of a ListenerAuth that stand or fall together.
type given struct{ whoMayListen, onSource, streamAuth bool }

func (a *ListenerAuth) remember(key string) {
	switch key {
	case "on_source":
		a.set.onSource = true
	case "stream_auth":
		a.set.streamAuth = true
	default:
		a.set.whoMayListen = true
	}
}

// overlay takes over what was given in other. The three that say who may listen
// come together, since each is a way in of its own; hooks that are merely told,
// or asked about sources, change nothing about who may listen.
func (a *ListenerAuth) overlay(other ListenerAuth) {
	if other.set.whoMayListen || other.HtpasswdFile != "" || other.URL != "" || other.TokenSecret != "" {
		a.HtpasswdFile, a.URL, a.TokenSecret = other.HtpasswdFile, other.URL, other.TokenSecret
	}
	if other.set.onSource || other.OnSource != "" {
		a.OnSource = other.OnSource
	}
	if other.set.streamAuth || other.StreamAuth != "" {
		a.StreamAuth = other.StreamAuth
	}
}

// AsksListeners reports whether listeners need a login, a token or the word of a
// web server.
func (a ListenerAuth) AsksListeners() bool {
	return a.ofListeners() != ListenerAuth{}
}

// AsksAs reports whether a asks the listeners for the same as other does.
func (a ListenerAuth) AsksAs(other ListenerAuth) bool {
	return a.ofListeners() == other.ofListeners()
}

// ofListeners returns what says who may listen, and nothing else.
func (a ListenerAuth) ofListeners() ListenerAuth {
	return ListenerAuth{HtpasswdFile: a.HtpasswdFile, URL: a.URL, TokenSecret: a.TokenSecret}
}

// shortestTokenSecret keeps a secret from being guessed by who has a token and
// time, in bytes.
const shortestTokenSecret = 16

func (a *ListenerAuth) check(r *reader, p path) {
	a.HtpasswdFile = r.resolve(a.HtpasswdFile)
	for key, address := range map[string]string{"url": a.URL, "on_source": a.OnSource, "stream_auth": a.StreamAuth} {
		if address == "" {
			continue
		}
		if !isHookURL(address) {
			r.fail(p.key(key), `must be an absolute URL such as "https://members.example.org/radio"`)
		}
	}
	if a.HtpasswdFile != "" && a.URL != "" {
		r.fail(p.key("url"), "htpasswd_file is given too: keep one of the two")
	}
	a.checkTokenSecret(r, p)
}

func (a *ListenerAuth) checkTokenSecret(r *reader, p path) {
	at := p.key("token_secret")
	if from := p.key("token_secret_file"); r.given(from) {
		at = from
	}
	switch {
	case a.TokenSecret == "":
	case a.TokenSecret.Hashed():
		r.fail(at, "must be the secret itself: nothing can be signed with its hash")
	case len(a.TokenSecret.Reveal()) < shortestTokenSecret:
		r.fail(at, "must be at least %d bytes long, such as what \"openssl rand -hex 32\" prints", shortestTokenSecret)
	case a.URL != "":
		r.fail(at, "url is given too, which decides about every listener: keep one of the two")
	}
}
