package hooks

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/icy"
	"relay/internal/dial"
	"relay/internal/netconn"
)

// RetryAfter is when a client is to come again about which a hook gave no answer.
const RetryAfter = 5 * time.Second

const (
	exchangeTimeout = 5 * time.Second // see Hooks.Timeout
	maxQuestions    = 32              // at once to one server
)

// Hooks asks and tells hooks. A hook is known by its address, a URL of HTTP or HTTPS that
// may have a login. Safe for concurrent use.
type Hooks struct {
	// Timeout is for a whole exchange with a hook. New sets it; it may be changed before
	// the first use.
	Timeout time.Duration

	conf    *conf.Live
	client  *http.Client
	notices *notices
	log     *zap.Logger

	// Questions by their answers.
	yes, no, redirect, none atomic.Uint64

	mu       sync.Mutex
	asking   map[string]chan struct{} // by server, a value for each question under way; guarded by mu
	breakers map[string]*breaker      // by address; guarded by mu
}

// New returns hooks that name this server as c does, and log the faults of a hook. Events
// wait for Run.
func New(c *conf.Live, log *zap.Logger) *Hooks {
	h := &Hooks{
		Timeout:  exchangeTimeout,
		conf:     c,
		asking:   map[string]chan struct{}{},
		breakers: map[string]*breaker{},
		log:      log,
		client: &http.Client{
			CheckRedirect: checkRedirect,
			Transport: &http.Transport{ // Proxy is unset: the environment must not redirect logins
				DialContext:            (&dial.Dialer{Timeout: exchangeTimeout}).DialContext,
				MaxIdleConnsPerHost:    noticeWorkers,
				IdleConnTimeout:        4 * time.Second, // before Apache's 5 s, which would lose a POST
				MaxResponseHeaderBytes: maxAnswer,
				DisableCompression:     true,
			},
		},
	}
	h.notices = newNotices(h.send)
	return h
}

// Answers returns how many questions hooks have answered with yes, with no and with an
// address to go to, and how many they gave no answer to.
func (h *Hooks) Answers() (yes, no, redirect, none uint64) {
	return h.yes.Load(), h.no.Load(), h.redirect.Load(), h.none.Load()
}

// Stream is a source, or a title for one, that a hook is asked about with stream_auth.
type Stream struct {
	Mount          string
	IP             netip.Addr
	User, Password string
	Admin          bool // not a source, but a title for one
}

// MayStream asks a hook about a source, or about a title for one. who names the client in
// words for the log. The answer is never Redirect.
func (h *Hooks) MayStream(ctx context.Context, address, who string, s Stream) Verdict {
	server, port := h.itself()
	fields := []field{{"mount", s.Mount}, {"ip", netconn.Text(s.IP)}, server, port,
		{"user", s.User}, {"pass", s.Password}}
	if s.Admin {
		fields = append(fields, field{"admin", "1"})
	}
	return h.ask(ctx, address, who, "action=stream_auth&"+encode(fields...), false)
}

// Listener is a listener that a hook is asked about, and told of when it leaves.
type Listener struct {
	ID    uint64 // by which the hook tells one from another
	Mount string
	Query string // of the address that it asked for, as it came; a hook is told the first MaxQuery bytes
	IP    netip.Addr
	// User and Password are its login; empty if it gave none.
	User, Password string
	Agent          string // its User-Agent
}

// MayListen asks a hook about a listener with listener_add. One without a login is asked
// about too: there may be a key in the query. Of the header of its request the hook is
// told what ClientHeader returns. If the answer is Yes, ListenerLeft must follow.
func (h *Hooks) MayListen(ctx context.Context, address string, l Listener, header http.Header) Verdict {
	identity, origin := h.forms(l)
	question := "action=listener_add&" + identity + "&" + origin
	if headers := clientHeaders(header); len(headers) > 0 {
		question += "&" + encode(headers...)
	}
	name := "a listener without a login"
	if l.User != "" {
		name = fmt.Sprintf("user %q", l.User)
	}
	return h.ask(ctx, address, name, question, true)
}

// ListenerLeft tells a hook with listener_remove that a listener has left which it let in.
// It does not wait.
func (h *Hooks) ListenerLeft(address string, l Listener, stayed time.Duration) {
	identity, origin := h.forms(l)
	seconds := strconv.FormatInt(int64(stayed.Round(time.Second)/time.Second), 10)
	h.tell(notice{address: address, action: "listener_remove", mount: l.Mount,
		body: "action=listener_remove&" + identity + "&duration=" + seconds + "&" + origin})
}

// SourceCame tells a hook with mount_add that a live source has taken a mount. It does not
// wait.
func (h *Hooks) SourceCame(address, mount string) { h.tellOfSource(address, "mount_add", mount) }

// SourceLeft tells a hook with mount_remove that the live source of a mount has left. It
// does not wait. The hook gets the events of a mount in the order of the calls.
func (h *Hooks) SourceLeft(address, mount string) { h.tellOfSource(address, "mount_remove", mount) }

func (h *Hooks) tellOfSource(address, action, mount string) {
	server, port := h.itself()
	h.tell(notice{address: address, action: action, mount: mount, ordered: true,
		body: "action=" + action + "&" + encode(field{"mount", mount}, server, port)})
}

// forms returns the two parts of a form about a listener. The second has its address and
// its program, which come last.
func (h *Hooks) forms(l Listener) (identity, origin string) {
	server, port := h.itself()
	mount := l.Mount
	if l.Query != "" {
		mount += "?" + icy.CutText(l.Query, MaxQuery)
	}
	identity = encode(server, port, field{"client", strconv.FormatUint(l.ID, 10)},
		field{"mount", mount}, field{"user", l.User}, field{"pass", l.Password})
	return identity, encode(field{"ip", netconn.Text(l.IP)}, field{"agent", cmp.Or(l.Agent, "-")})
}

// itself returns the fields that name this server in each form.
func (h *Hooks) itself() (server, port field) {
	c := h.conf.Config()
	host, number := c.Server.Hostname, "80"
	if base, err := url.Parse(c.BaseURL()); err == nil {
		host = base.Hostname()
		if base.Scheme == "https" {
			number = "443"
		}
		number = cmp.Or(base.Port(), number)
	}
	return field{"server", host}, field{"port", number}
}

// hookName names a hook in the log, without the parts of its address that may be secret.
func hookName(address string) string {
	if server := hookServer(address); server != "" {
		return "the hook at " + server
	}
	return "the hook"
}

// hookServer returns the host of a hook, with its port if one is given.
func hookServer(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
