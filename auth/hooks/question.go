package hooks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"relay/internal/version"
)

const (
	maxRedirects = 3
	maxAnswer    = 16 << 10 // bytes of head or body that are read
	maxLines     = 100      // header lines of an answer

	// bodyPatience is for the body of an answer. It says nothing, but a connection can be
	// used again only after it has been read.
	bodyPatience = 100 * time.Millisecond
)

// ask puts a question about who, and counts the answer. With mayRedirect, that may be an
// address to go to.
func (h *Hooks) ask(ctx context.Context, address, who, body string, mayRedirect bool) Verdict {
	answer, problem := h.question(ctx, address, who, body)
	if problem != "" {
		return Verdict{Answer: None, Reason: hookName(address) + " " + problem}
	}
	v := verdictOn(answer, address, who, mayRedirect)
	switch v.Answer {
	case Yes:
		h.yes.Add(1)
	case Redirect:
		h.redirect.Add(1)
	default:
		h.no.Add(1)
	}
	return v
}

// question returns the answer to a question about who. If there is none, problem says why,
// in words that follow the name of the hook.
func (h *Hooks) question(ctx context.Context, address, who, body string) (answer *http.Response, problem string) {
	turn, problem := h.mayAsk(address)
	if problem != "" {
		h.tellOfFailure(address, problem)
		return nil, fmt.Sprintf("is down and cannot be asked about %s: %s", who, problem)
	}
	asking, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	questions := h.questions(address)
	select {
	case questions <- struct{}{}:
		defer func() { <-questions }()
	case <-turn.down:
		problem := h.problemOf(address)
		h.tellOfFailure(address, problem)
		return nil, fmt.Sprintf("is down and cannot be asked about %s: %s", who, problem)
	case <-asking.Done():
		h.left(turn)
		if ctx.Err() != nil {
			return nil, fmt.Sprintf("cannot be asked about %s: %s", who, h.explain(ctx.Err()))
		}
		problem := fmt.Sprintf("%d questions were under way for %v", cap(questions), h.Timeout)
		h.tellOfFailure(address, problem)
		return nil, fmt.Sprintf("is slow: %s before that about %s", problem, who)
	}
	turn.asked = time.Now()
	answer, err := h.post(asking, address, body)
	switch {
	case err != nil && ctx.Err() != nil && time.Since(turn.asked) < h.Timeout*9/10: // the client did not wait for the answer
		h.left(turn)
		return nil, fmt.Sprintf("cannot be asked about %s: %s", who, h.explain(ctx.Err()))
	case err != nil:
		h.failed(turn, true, h.explain(err))
		return nil, fmt.Sprintf("cannot be asked about %s: %s", who, h.explain(err))
	case !isAnswer(answer):
		problem := fmt.Sprintf(`its answer, "%s", has no "icecast-auth-user"`, printable(answer.Status))
		h.failed(turn, false, problem)
		return nil, fmt.Sprintf("gives no answer about %s: %s", who, problem)
	}
	h.answered(turn)
	return answer, ""
}

// questions returns the channel of the questions under way to the server of a hook. Each
// server has its own, so that one that hangs holds up no other.
func (h *Hooks) questions(address string) chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	server := hookServer(address)
	if h.asking[server] == nil {
		h.asking[server] = make(chan struct{}, maxQuestions)
	}
	return h.asking[server]
}

// post sends a form and returns the head of the answer. It reads the body only to be able
// to use the connection again. No error names the address, which may hold a key.
func (h *Hooks) post(ctx context.Context, address, body string) (*http.Response, error) {
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

// checkRedirect follows a redirect only to the same server, and only if the question stays
// a POST.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > maxRedirects || req.Method != first.Method || !sameServer(first.URL, req.URL) {
		return http.ErrUseLastResponse
	}
	return nil
}

// sameServer reports whether a hook that is asked at one address may redirect the question
// to another: of the same server, or from HTTP to HTTPS at their usual ports. Another port
// of the same host may be somebody else's.
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

// explain says in words for the log why an exchange failed.
func (h *Hooks) explain(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %v", h.Timeout)
	case errors.Is(err, context.Canceled):
		return "the client left meanwhile"
	}
	return printable(err.Error())
}
