package journal

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"relay/icy"
)

// accessTime is that of the Combined Log Format.
const accessTime = "02/Jan/2006:15:04:05 -0700"

// longestAddress bounds what a line holds of an address, in bytes.
const longestAddress = 1 << 10

// Access is a connection that has not ended yet.
type Access struct {
	addr, user, request, referer, agent string
	since                               time.Time
}

// Begin notes a request; End writes its line. Nil, when there is no access log.
// The queries of address and Referer are left out: passwords and tokens stand
// there.
func (j *Journal) Begin(req *http.Request) *Access {
	if j == nil || j.access == nil {
		return nil
	}
	addr, _, _ := net.SplitHostPort(req.RemoteAddr)
	user, _, _ := req.BasicAuth()
	target, _, _ := strings.Cut(req.RequestURI, "?")
	referer, _, _ := strings.Cut(req.Referer(), "?")
	return &Access{
		addr:    addr,
		user:    icy.Clip(user, icy.LongestUser), // and not what it is a part of
		request: req.Method + " " + icy.CutText(target, longestAddress) + " " + req.Proto,
		referer: icy.Clip(referer, longestAddress),
		agent:   req.UserAgent(), // bounded at the door, and shared with the listener
		since:   time.Now(),
	}
}

// BeginSource notes a SHOUTcast source, which sends no request: the line shows
// it as Icecast's own kind of source.
func (j *Journal) BeginSource(addr, mount string) *Access {
	if j == nil || j.access == nil {
		return nil
	}
	return &Access{addr: addr, request: "SOURCE " + mount + " ICE/1.0", since: time.Now()}
}

// End writes the line of a connection that has ended: what it was answered,
// how many bytes it was sent and for how many seconds it stayed. a may be nil.
func (j *Journal) End(a *Access, status int, bytes int64) {
	if j == nil || a == nil {
		return
	}
	now := time.Now()
	j.access.put(fmt.Appendf(nil, "%s - %s [%s] \"%s\" %d %d \"%s\" \"%s\" %d\n",
		cmp.Or(a.addr, "-"), bare(a.user), now.Format(accessTime), quoted(a.request), status, bytes,
		quoted(a.referer), quoted(a.agent), int64(now.Sub(a.since)/time.Second)))
}

// bare is a field without quotes: it may hold no blank either.
func bare(s string) string {
	return strings.ReplaceAll(quoted(s), " ", `\x20`)
}

// quoted keeps what a client sent from ending its field or line, and from
// steering the terminal that shows it, as Apache does it; nothing is a dash.
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
