package accesslog

import (
	"cmp"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"relay/icy"
	"relay/internal/netconn"
)

// accessTime is the time format of the Combined Log Format.
const accessTime = "02/Jan/2006:15:04:05 -0700"

// maxAddress is the maximum length of an address in a line, in bytes.
const maxAddress = 1 << 10

// Access is a connection that has not ended yet.
type Access struct {
	addr, user, request, referer, agent string
	since                               time.Time
}

// Begin notes a request; End writes its line. Begin returns nil if there is no access
// log. The queries of the address and of Referer are removed: they may contain
// passwords and tokens.
func (l *Logs) Begin(req *http.Request) *Access {
	if l == nil || l.access == nil {
		return nil
	}
	addr := netconn.Text(netconn.Client(req))
	user, _, _ := req.BasicAuth()
	target, _, _ := strings.Cut(req.RequestURI, "?")
	referer, _, _ := strings.Cut(req.Referer(), "?")
	return &Access{
		addr:    addr,
		user:    icy.Clip(user, icy.MaxUser), // a copy, which does not keep the head alive
		request: req.Method + " " + icy.CutText(target, maxAddress) + " " + req.Proto,
		referer: icy.Clip(referer, maxAddress),
		agent:   req.UserAgent(), // its length was limited when the head was read; shared with the listener
		since:   time.Now(),
	}
}

// BeginSource notes a SHOUTcast source, which sends no request: the line shows it as a
// source with Icecast's own method.
func (l *Logs) BeginSource(addr netip.Addr, mount string) *Access {
	if l == nil || l.access == nil {
		return nil
	}
	return &Access{addr: netconn.Text(addr), request: "SOURCE " + mount + " ICE/1.0", since: time.Now()}
}

// End writes the line of an ended connection: the status of the answer, the number of
// bytes sent, and the seconds it lasted. a may be nil.
func (l *Logs) End(a *Access, status int, bytes int64) {
	if l == nil || a == nil {
		return
	}
	now := time.Now()
	l.access.put(fmt.Appendf(nil, "%s - %s [%s] \"%s\" %d %d \"%s\" \"%s\" %d\n",
		cmp.Or(a.addr, "-"), bare(a.user), now.Format(accessTime), quoted(a.request), status, bytes,
		quoted(a.referer), quoted(a.agent), int64(now.Sub(a.since)/time.Second)))
}

// bare formats a field without quotes, which may not contain a blank.
func bare(s string) string {
	return strings.ReplaceAll(quoted(s), " ", `\x20`)
}

// quoted escapes text from clients as Apache does, so that it cannot end its field or
// line or control the terminal that shows it. An empty text becomes a dash.
func quoted(s string) string {
	if s == "" {
		return "-"
	}
	var b strings.Builder
	for len(s) > 0 {
		c, size := utf8.DecodeRuneInString(s)
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case !unicode.IsPrint(c) || c == utf8.RuneError && size == 1:
			for _, hidden := range []byte(s[:size]) {
				fmt.Fprintf(&b, `\x%02x`, hidden)
			}
		default:
			b.WriteRune(c)
		}
		s = s[size:]
	}
	return b.String()
}
