package conf

// ListenerAuth is [mount.listener_auth]: who may listen, and which hooks are asked or
// told. The zero value admits every listener.
type ListenerAuth struct {
	// HtpasswdFile has the names and passwords of listeners, in the format of Apache's
	// htpasswd. Empty: no such file.
	HtpasswdFile string `toml:"htpasswd_file"`
	// URL is the hook that is asked about every listener, and told when it leaves:
	// Icecast's listener_add and listener_remove.
	URL string `toml:"url" secret:"path"`
	// OnSource is the hook that is told when a live source takes the mount and when it
	// has left: Icecast's mount_add and mount_remove.
	OnSource string `toml:"on_source" secret:"path"`
	// StreamAuth is the hook that is asked whether a source may send, instead of
	// checking its password here: Icecast's stream_auth.
	StreamAuth string `toml:"stream_auth" secret:"path"`
	// TokenSecret signs addresses with which anyone may listen without a password until
	// the address expires. Empty: there are none.
	TokenSecret Secret `toml:"token_secret"`

	set given // keys that were given as empty
}

// given says which groups of settings of a ListenerAuth were given.
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

// overlay copies the settings that other has. The three settings that decide who may
// listen are copied together, since each of them admits listeners. Hooks that are only
// told, or are asked about sources, are independent of them.
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

// AsksListeners reports whether a listener needs a login, a token or the permission of
// a hook.
func (a ListenerAuth) AsksListeners() bool {
	return a.ofListeners() != ListenerAuth{}
}

// AsksAs reports whether a and other ask listeners for the same.
func (a ListenerAuth) AsksAs(other ListenerAuth) bool {
	return a.ofListeners() == other.ofListeners()
}

// ofListeners returns only the settings that decide who may listen.
func (a ListenerAuth) ofListeners() ListenerAuth {
	return ListenerAuth{HtpasswdFile: a.HtpasswdFile, URL: a.URL, TokenSecret: a.TokenSecret}
}

// shortestTokenSecret is the minimum length of a secret, in bytes. With a shorter one,
// the holder of a token could find the secret by trial.
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
		r.fail(at, "must be the secret itself: a hash cannot sign")
	case len(a.TokenSecret.Reveal()) < shortestTokenSecret:
		r.fail(at, "must be at least %d bytes long, such as what \"openssl rand -hex 32\" prints", shortestTokenSecret)
	case a.URL != "":
		r.fail(at, "url is given too, which decides about every listener: keep one of the two")
	}
}
