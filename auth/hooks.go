package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/dial"
	"relay/version"
)

const (
	hookTimeout  = 5 * time.Second // for a whole exchange
	maxQuestions = 32              // at once to one server
	maxRedirects = 3
	maxAnswer    = 16 << 10 // bytes of head or body that are read
	maxLines     = 100      // header lines of an answer
	maxMessage   = 200      // bytes of icecast-auth-message that are kept

	// bodyPatience is for the body of an answer, which says nothing: to have read
	// it keeps the connection usable.
	bodyPatience = 100 * time.Millisecond
	// hookRetry is when clients are to come again that a hook gave no answer about.
	hookRetry = 5 * time.Second
)

// hooks asks and tells the hoster's own web server as Icecast does, byte for
// byte (wire/auth-url.txt). Whatever it answers that is not a clear yes is a no.
// No answer is neither: see isAnswer.
type hooks struct {
	conf    *conf.Live
	client  *http.Client
	timeout time.Duration
	notices *notices
	log     *zap.Logger

	// Questions by how they were answered.
	yes, no, none atomic.Uint64

	mu       sync.Mutex
	asking   map[string]chan struct{} // by server, one for each question under way
	breakers map[string]*breaker      // by address
}

func newHooks(c *conf.Live) *hooks {
	h := &hooks{
		conf:     c,
		timeout:  hookTimeout,
		asking:   map[string]chan struct{}{},
		breakers: map[string]*breaker{},
		log:      zap.NewNop(),
		client: &http.Client{
			CheckRedirect: checkRedirect,
			Transport: &http.Transport{ // Proxy is unset: nothing around us redirects logins
				DialContext:            (&dial.Dialer{Timeout: hookTimeout}).DialContext,
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

// questions holds those under way to the server of a hook. Each has a share of
// its own, so that one that hangs is in nobody else's way.
func (h *hooks) questions(address string) chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	server := hookServer(address)
	if h.asking[server] == nil {
		h.asking[server] = make(chan struct{}, maxQuestions)
	}
	return h.asking[server]
}

// itself is how this server is named in each form.
func (h *hooks) itself() (server, port field) {
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

// checkRedirect follows to the same server only, and no way that would turn the
// question into a GET.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > maxRedirects || req.Method != first.Method || !sameServer(first.URL, req.URL) {
		return http.ErrUseLastResponse
	}
	return nil
}

// sameServer reports whether a hook that is asked at one address may send on to
// another: of the same server, or from HTTP to HTTPS at their usual ports.
// Another port of the same host may be somebody else's.
func sameServer(from, to *url.URL) bool {
	if !strings.EqualFold(from.Hostname(), to.Hostname()) {
		return false
	}
	port := func(u *url.URL) string {
		if u.Scheme == "https" {
			return cmp.Or(u.Port(), "443")
		}
		return cmp.Or(u.Port(), "80")
	}
	same := from.Scheme == to.Scheme && port(from) == port(to)
	return same || from.Scheme == "http" && port(from) == "80" && to.Scheme == "https" && port(to) == "443"
}

// stream is what a stream_auth hook is asked about.
type stream struct {
	mount, ip, user, password string
	admin                     bool // not a source, but a title for one
}

// mayStream asks a stream_auth hook. who is asked about, in words for the log.
func (h *hooks) mayStream(ctx context.Context, address, who string, s stream) *Refusal {
	server, port := h.itself()
	fields := []field{{"mount", s.mount}, {"ip", s.ip}, server, port,
		{"user", s.user}, {"pass", s.password}}
	if s.admin {
		fields = append(fields, field{"admin", "1"})
	}
	_, refusal := h.ask(ctx, address, who, "action=stream_auth&"+encode(fields...))
	return refusal
}

// tellOfSource queues mount_add or mount_remove.
func (h *hooks) tellOfSource(address, action, mount string) {
	server, port := h.itself()
	h.tell(notice{address: address, action: action, mount: mount, ordered: true,
		body: "action=" + action + "&" + encode(field{"mount", mount}, server, port)})
}

// ask puts a question about who, and returns how long the yes holds, 0 for
// ever.
func (h *hooks) ask(ctx context.Context, address, who, body string) (time.Duration, *Refusal) {
	answer, refusal := h.question(ctx, address, who, body)
	switch {
	case refusal != nil:
		return 0, refusal
	case !saysYes(answer.Header):
		h.no.Add(1)
		message := printable(answer.Header.Get("Icecast-Auth-Message"))
		reason := cmp.Or(message, `its answer, "`+printable(answer.Status)+`", has no "icecast-auth-user: 1"`)
		return 0, &Refusal{Reason: hookName(address) + " refuses " + who + ": " + reason, Message: message, wrong: true}
	}
	h.yes.Add(1)
	return timeLimit(answer.Header), nil
}

// question returns the answer to a question about who. The refusal is for a hook
// that gives none.
func (h *hooks) question(ctx context.Context, address, who, body string) (*http.Response, *Refusal) {
	unavailable := func(format string, arguments ...any) *Refusal {
		return &Refusal{Unavailable: true, RetryAfter: hookRetry, Reason: hookName(address) + " " + fmt.Sprintf(format, arguments...)}
	}
	turn, problem := h.mayAsk(address)
	if problem != "" {
		h.tellOfFailure(address, problem)
		return nil, unavailable("is down and cannot be asked about %s: %s", who, problem)
	}
	asking, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	questions := h.questions(address)
	select {
	case questions <- struct{}{}:
		defer func() { <-questions }()
	case <-turn.down:
		problem := h.problemOf(address)
		h.tellOfFailure(address, problem)
		return nil, unavailable("is down and cannot be asked about %s: %s", who, problem)
	case <-asking.Done():
		h.left(turn)
		if ctx.Err() != nil {
			return nil, unavailable("cannot be asked about %s: %s", who, h.explain(ctx.Err()))
		}
		problem := fmt.Sprintf("%d questions were under way for %v", cap(questions), h.timeout)
		h.tellOfFailure(address, problem)
		return nil, unavailable("is slow: %s before that about %s", problem, who)
	}
	turn.asked = time.Now()
	answer, err := h.post(asking, address, body)
	switch {
	case err != nil && ctx.Err() != nil && time.Since(turn.asked) < h.timeout*9/10: // nobody knows what it would have said
		h.left(turn)
		return nil, unavailable("cannot be asked about %s: %s", who, h.explain(ctx.Err()))
	case err != nil:
		h.failed(turn, true, h.explain(err))
		return nil, unavailable("cannot be asked about %s: %s", who, h.explain(err))
	case !isAnswer(answer):
		problem := fmt.Sprintf(`its answer, "%s", has no "icecast-auth-user"`, printable(answer.Status))
		h.failed(turn, false, problem)
		return nil, unavailable("gives no answer about %s: %s", who, problem)
	}
	h.answered(turn)
	return answer, nil
}

// isAnswer reports whether a hook has decided: in Icecast's words, or by refusing
// in those of HTTP. A server in trouble has not.
func isAnswer(answer *http.Response) bool {
	if len(answer.Header.Values("Icecast-Auth-User")) > 0 {
		return true
	}
	status := answer.StatusCode
	return status < http.StatusInternalServerError && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout
}

// post sends a form and returns the answer's head; its body is read no further
// than keeps the connection usable. No error names the address, which may hold
// a key.
func (h *hooks) post(ctx context.Context, address, body string) (*http.Response, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("its address is no URL")
	}
	login := u.User
	u.User = nil
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(body))
	if err != nil {
		return nil, errors.New("its address is no URL")
	}
	if login != nil {
		password, _ := login.Password()
		req.SetBasicAuth(login.Username(), password)
	}
	req.Header.Set("User-Agent", version.Server())
	req.Header.Set("Accept", "*/*")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := h.client.Do(req)
	if err != nil {
		var around *url.Error
		if errors.As(err, &around) {
			err = around.Err
		}
		return nil, err
	}
	late := time.AfterFunc(bodyPatience, cancel)
	defer late.Stop()
	io.CopyN(io.Discard, answer.Body, maxAnswer)
	answer.Body.Close()
	lines := 0
	for _, values := range answer.Header {
		lines += len(values)
	}
	if lines > maxLines {
		return nil, fmt.Errorf("its answer has %d header lines, more than %d", lines, maxLines)
	}
	return answer, nil
}

// saysYes wants nothing but the value 1, whatever the status is.
func saysYes(h http.Header) bool {
	values := h.Values("Icecast-Auth-User")
	for _, value := range values {
		if strings.TrimSpace(value) != "1" {
			return false
		}
	}
	return len(values) > 0
}

// timeLimit is how long a listener may stay, in whole seconds on the wire.
func timeLimit(h http.Header) time.Duration {
	seconds, err := strconv.ParseInt(strings.TrimSpace(h.Get("Icecast-Auth-Timelimit")), 10, 32)
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

func (h *hooks) explain(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %v", h.timeout)
	case errors.Is(err, context.Canceled):
		return "the client left meanwhile"
	}
	return printable(err.Error())
}

// hookName names a hook in the log, without what may be secret in its address.
func hookName(address string) string {
	if server := hookServer(address); server != "" {
		return "the hook at " + server
	}
	return "the hook"
}

// hookServer is the host of a hook, with its port if one is given.
func hookServer(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// printable is one line of text that may go into logs and answers.
func printable(text string) string {
	text = strings.ToValidUTF8(text[:min(len(text), maxMessage)], "")
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, text))
}
