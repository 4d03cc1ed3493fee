package api

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"relay/auth"
)

const (
	// pingEvery is how often a comment says that the connection is there.
	pingEvery = 15 * time.Second
	// lookEvery is how soon a login that is no more is found out.
	lookEvery = 2 * time.Second
	// writeTimeout is how long a client may take for what it is sent.
	writeTimeout = 10 * time.Second
)

// events answers with all that happens from now on, for as long as the client
// stays, as server-sent events.
func (h *Handlers) events(c *call) error {
	query, err := queryOf(c.r, "mount")
	if err != nil {
		return err
	}
	header := c.w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("X-Accel-Buffering", "no") // nginx would hold events back
	if c.r.Method == http.MethodHead {
		return nil
	}
	f, err := h.Events.follow(view{mount: query.Get("mount"), by: c.by.mount, all: c.by.operator}, ipOf(c.r), func() { h.HangUp(c.r) })
	if err != nil {
		header.Del("X-Accel-Buffering")
		if errors.Is(err, errTooManyOfOne) {
			return tryLater(c, http.StatusTooManyRequests, err)
		}
		return tryLater(c, http.StatusServiceUnavailable, err)
	}
	defer h.Events.leave(f)
	h.forgetHead(c)

	connection := http.NewResponseController(c.w)
	connection.SetReadDeadline(time.Time{}) // net/http would take the time limit of a request for the client's leaving
	send := func(news string) bool {
		connection.SetWriteDeadline(time.Now().Add(writeTimeout))
		_, err := c.w.Write([]byte(news))
		return err == nil && connection.Flush() == nil
	}
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	if !c.by.isKnown() {
		look.Stop()
	}
	for alive := send("retry: 2000\n\n"); alive; {
		select {
		case news := <-f.queue:
			alive = send(string(news))
		case <-ping.C:
			alive = send(": still here\n\n")
		case <-look.C:
			alive = h.isStill(c)
		case <-f.gone:
			return nil
		case <-c.r.Context().Done():
			return nil
		}
	}
	return nil
}

// forgetHead lets go of what a follower has sent, but for the login by which isStill
// knows it again.
func (h *Handlers) forgetHead(c *call) {
	session, err := c.r.Cookie(auth.SessionCookie)
	h.Stays(c.r, "Authorization", "User-Agent")
	if err == nil {
		c.r.Header.Set("Cookie", auth.SessionCookie+"="+strings.Clone(session.Value))
	}
}

// isStill reports whether the caller is who it was: the login that shows it more than
// others see may have ended. A session may end at any time, another login with the
// configuration that it is in.
func (h *Handlers) isStill(c *call) bool {
	config := h.Conf.Config()
	if !c.by.isKnown() || c.by.session == nil && config == c.config {
		return true
	}
	c.config = config
	again := &call{w: c.w, r: c.r}
	h.recognise(operation{who: anyone}, again)
	return again.by.operator == c.by.operator && again.by.mount == c.by.mount
}
