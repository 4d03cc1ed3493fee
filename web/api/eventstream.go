package api

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"relay/auth"
	"relay/internal/netconn"
)

const (
	// pingEvery is how often a comment is sent to keep the connection alive.
	pingEvery = 15 * time.Second
	// lookEvery is how often the caller's login is checked again.
	lookEvery = 2 * time.Second
	// writeTimeout is the time limit for each write to the client.
	writeTimeout = 10 * time.Second
)

// events answers with all events from now on as server-sent events, for as long as
// the client stays.
func (h *Handlers) events(c *call) error {
	mount := c.query.Get("mount")
	if mount != "" && !h.mayKnow(c, mount) {
		return noMount(mount)
	}
	header := c.w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("X-Accel-Buffering", "no") // nginx would buffer events
	if c.r.Method == http.MethodHead {
		return nil
	}
	f, err := h.Events.follow(view{mount: mount, by: c.by.mount, all: c.by.operator}, netconn.Client(c.r), func() { h.Traffic.HangUp(c.r) })
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
	connection.SetReadDeadline(time.Time{}) // otherwise net/http would take the end of the time limit for the client leaving
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

// forgetHead frees the follower's request head, except for the login that isStill
// checks.
func (h *Handlers) forgetHead(c *call) {
	session, err := c.r.Cookie(auth.SessionCookie)
	h.Traffic.KeepOpen(c.r, "Authorization", "User-Agent")
	if err == nil {
		c.r.Header.Set("Cookie", auth.SessionCookie+"="+strings.Clone(session.Value))
	}
}

// isStill reports whether the caller still has the rights of its login. A session may
// end at any time; other logins may end with a change of the configuration.
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
