package icy

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Answers to the password line of a SHOUTcast source. Programs look for "OK"
// in the first (recorded: wire/source-shoutcast-v1.txt), one asks for
// "icy-caps:1" at the start of the second line before it sends titles, and one
// retries for ever unless it reads the words of the refusal.
const (
	ShoutcastAccepted = "OK2\r\nicy-caps:11\r\n\r\n"
	ShoutcastRefused  = "invalid password\r\n"
)

// ShoutcastProbe is the password that libshout sends first, to learn whether
// it speaks to a server of this dialect. Any answer without "OK" will do.
const ShoutcastProbe = "!POKE"

// maxPasswordLine bounds a password line, in bytes.
const maxPasswordLine = 512

// PasswordLine is one reading of what a SHOUTcast source sends as its
// password.
type PasswordLine struct {
	Mount    string // empty: not named
	User     string // empty: not named
	Password string
}

// IsPasswordLine reports whether a first line that is no request may be the
// password of a SHOUTcast source: text, not too long, and no request with a
// mistake in it.
func IsPasswordLine(line string) bool {
	if line == "" || len(line) > maxPasswordLine || strings.ContainsFunc(line, isControl) {
		return false
	}
	return !strings.Contains(line, " /") && !strings.Contains(line, "HTTP/") && !strings.HasPrefix(line, "PROXY ")
}

func isControl(c rune) bool { return c != utf8.RuneError && unicode.IsControl(c) }

// ReadPasswordLine returns how a password line can be read, the likeliest
// first:
//
//	password                also password:#N, N being the number of a stream
//	user:password           also user,password and user:password:#N
//	/mount:password         also /mount:password:#N
//	/mount:user:password    also /mount:user,password and /mount:user:password:#N
//
// A password may itself hold what the forms are told by, so the whole line is
// always among the readings.
func ReadPasswordLine(line string) []PasswordLine {
	texts := []string{line}
	if bare, ok := cutStreamNumber(line); ok {
		texts = []string{bare, line}
	}
	var readings []PasswordLine
	for _, text := range texts {
		readings = append(readings, PasswordLine{Password: text})
		mount := ""
		if strings.HasPrefix(text, "/") {
			var found bool
			if mount, text, found = strings.Cut(text, ":"); !found || text == "" {
				continue
			}
			readings = append(readings, PasswordLine{Mount: mount, Password: text})
		}
		for _, l := range splitLogin(text) {
			readings = append(readings, PasswordLine{Mount: mount, User: l.User, Password: l.Password})
		}
	}
	return readings
}

// cutStreamNumber takes ":#N" from the end of a line.
func cutStreamNumber(line string) (bare string, ok bool) {
	i := strings.LastIndex(line, ":#")
	if i <= 0 || i+2 == len(line) || strings.Trim(line[i+2:], "0123456789") != "" {
		return line, false
	}
	return line[:i], true
}

// IsSourceHeadStart reports whether b may be the beginning of what a
// SHOUTcast source sends behind its password: nothing yet, an empty line, or a
// line of its head.
func IsSourceHeadStart(b []byte) bool {
	for _, name := range []string{"icy-", "content-type", "host:", "user-agent:", "\r", "\n"} {
		n := min(len(b), len(name))
		if strings.EqualFold(string(b[:n]), name[:n]) {
			return true
		}
	}
	return false
}

// SourceHeadEnd returns the length of a SHOUTcast source's head at the start
// of b, its empty line included, or 0 when it is not complete. Lines end as in
// HeadEnd.
func SourceHeadEnd(b []byte) int {
	scan := SourceHeadScan()
	return scan.Look(b)
}

// ParseSourceHead reads the head that a SHOUTcast source sends behind its
// password: "icy-name:My Station" and the like, in the tolerant way of
// ParseHead.
func ParseSourceHead(head []byte) (http.Header, error) {
	h := http.Header{}
	if err := parseFields(h, strings.Split(string(head), "\n")); err != nil {
		return nil, err
	}
	h.Del("Host") // the server's own name, said by one program among the rest
	return h, nil
}
