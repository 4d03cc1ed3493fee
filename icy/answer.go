package icy

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"relay/internal/version"
)

// Answers to a source, byte for byte as recorded
// (e2e/recorded/source-put-100continue.txt). The final answer has no header at all:
// curl stops sending when it sees a Content-Length, and old encoders stop when they see
// anything they do not know.
const (
	SourceContinue = "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n"
	SourceAccepted = "HTTP/1.0 200 OK\r\n\r\n"
)

// AppendRefusal appends the whole answer that refuses a stream request: the head and a
// sentence as plain text, ended by the close (recorded:
// e2e/recorded/source-mount-in-use.txt, e2e/recorded/source-wrong-password.txt). more
// holds further header fields; in a 401, "Www-Authenticate" without a value omits the
// challenge, so that browsers do not ask for a password.
func AppendRefusal(dst []byte, status int, sentence string, now time.Time, more ...http.Header) []byte {
	reason := http.StatusText(status)
	challenge, extra := "", ""
	if status == http.StatusUnauthorized {
		reason = "Authentication Required"
		challenge = "WWW-Authenticate: Basic realm=\"relay\"\r\n"
	}
	for _, header := range more {
		for name, values := range header {
			switch {
			case len(values) > 0:
				extra += name + ": " + values[0] + "\r\n"
			case name == "Www-Authenticate":
				challenge = ""
			}
		}
	}
	dst = appendStart(dst, status, reason, "text/plain; charset=utf-8", challenge+extra, now)
	dst = append(dst, "\r\n"...)
	return append(dst, sentence...)
}

// exposedFields begins the line that names the fields which other sites' scripts may
// read.
const exposedFields = "Access-Control-Expose-Headers:"

// AppendListenerHead appends the head that a listener gets before the audio (recorded:
// e2e/recorded/listener-icy.txt). metaint is 0 for a listener without metadata. bitRate
// is in kbit/s; if it is 0, no icy-br is sent.
func AppendListenerHead(dst []byte, s Station, contentType string, bitRate int, audioInfo string, metaint int, now time.Time) []byte {
	const exposed = exposedFields + " icy-br, icy-description, icy-genre, icy-metaint, icy-name, icy-pub, icy-url\r\n"
	dst = appendStart(dst, http.StatusOK, "OK", contentType, exposed, now)
	field := func(name, value string) {
		if value = printable(value); value != "" {
			dst = append(dst, name...)
			dst = append(dst, value...)
			dst = append(dst, "\r\n"...)
		}
	}
	if bitRate > 0 {
		dst = fmt.Appendf(dst, "icy-br:%d\r\n", bitRate)
	}
	field("ice-audio-info: ", audioInfo)
	field("icy-description:", s.Description)
	field("icy-genre:", s.Genre)
	field("icy-name:", s.Name)
	if s.Public {
		dst = append(dst, "icy-pub:1\r\n"...)
	} else {
		dst = append(dst, "icy-pub:0\r\n"...)
	}
	field("icy-url:", s.URL)
	if metaint > 0 {
		dst = fmt.Appendf(dst, "icy-metaint:%d\r\n", metaint)
	}
	return append(dst, "\r\n"...)
}

// WithHeaders returns a listener's head with further header lines. They replace lines
// of the same name. Scripts may read the fields that begin with icy-.
func WithHeaders(head []byte, own map[string]string) []byte {
	if len(own) == 0 {
		return head
	}
	lines := strings.Split(strings.TrimSuffix(string(head), "\r\n\r\n"), "\r\n")
	names := slices.Sorted(maps.Keys(own))
	lines = slices.DeleteFunc(lines, func(line string) bool {
		name, _, isField := strings.Cut(line, ":")
		return isField && slices.ContainsFunc(names, func(own string) bool { return strings.EqualFold(own, strings.TrimSpace(name)) })
	})
	for i, line := range lines {
		if strings.HasPrefix(line, exposedFields) {
			for _, name := range names {
				if name = strings.ToLower(name); strings.HasPrefix(name, "icy-") && !strings.Contains(line, name+",") {
					lines[i] += ", " + name
				}
			}
		}
	}
	for _, name := range names {
		lines = append(lines, name+": "+strings.TrimSpace(printable(own[name])))
	}
	return []byte(strings.Join(lines, "\r\n") + "\r\n\r\n")
}

// WantsICY reports whether a player accepts only SHOUTcast's own status line. The list
// is that of icecast-kh.
func WantsICY(userAgent string) bool {
	for _, old := range []string{"shoutcastsource", "Windows-Media-Player", "RealMedia", "BlackBerry"} {
		if strings.Contains(userAgent, old) {
			return true
		}
	}
	return false
}

// AsICY replaces the status line of a listener's head by that of SHOUTcast's first
// protocol.
func AsICY(head []byte) []byte {
	return append([]byte("ICY"), bytes.TrimPrefix(head, []byte("HTTP/1.0"))...)
}

func appendStart(dst []byte, status int, reason, contentType, extra string, now time.Time) []byte {
	return fmt.Appendf(dst, "HTTP/1.0 %d %s\r\n"+
		"Server: %s\r\n"+
		"Connection: Close\r\n"+
		"Date: %s\r\n"+
		"Content-Type: %s\r\n"+
		"%s"+
		"Cache-Control: no-cache, no-store\r\n"+
		"Expires: Mon, 26 Jul 1997 05:00:00 GMT\r\n"+
		"Pragma: no-cache\r\n"+
		"Access-Control-Allow-Origin: *\r\n",
		status, reason, version.Server(), now.UTC().Format(http.TimeFormat), contentType, extra)
}

// KeepsBlocks reports whether a program asks for metadata blocks and does not remove them
// from Ogg: Icecast's relays pass them on, and MPlayer decodes them.
func KeepsBlocks(userAgent string) bool {
	return strings.HasPrefix(userAgent, "Icecast") || strings.HasPrefix(userAgent, "MPlayer") || strings.HasPrefix(userAgent, "mplayer")
}

// WantsMetadata reports whether the listener asked for metadata blocks:
// "Icy-MetaData: 1" in any case and spacing, "0" is off
// (e2e/recorded/listener-icy-lower.txt, e2e/recorded/listener-icy-0.txt).
func WantsMetadata(h http.Header) bool {
	return strings.TrimSpace(h.Get("Icy-Metadata")) == "1"
}
