package icy

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Answers to the password line of a SHOUTcast source. Programs look for "OK" in the
// first answer (recorded: e2e/recorded/source-shoutcast-v1.txt). One program sends
// titles only if the second line begins with "icy-caps:1", and another retries for ever
// unless it reads the words of the refusal.
const (
	ShoutcastAccepted = "OK2\r\nicy-caps:11\r\n\r\n"
	ShoutcastRefused  = "invalid password\r\n"
)

// ShoutcastProbe is the password that libshout sends first, to find out whether the
// server speaks this dialect. Any answer without "OK" will do.
const ShoutcastProbe = "!POKE"

// maxPasswordLine is the maximum length of a password line, in bytes.
const maxPasswordLine = 512

// PasswordLine is one way to read the line that a SHOUTcast source sends as its
// password.
type PasswordLine struct {
	Mount    string // empty: not given
	User     string // empty: not given
	Password string
}

// IsPasswordLine reports whether a first line that is not a request may be the password
// of a SHOUTcast source: text, not too long, and not a request with a mistake.
func IsPasswordLine(line string) bool {
	if line == "" || len(line) > maxPasswordLine || strings.ContainsFunc(line, isControl) {
		return false
	}
	return !strings.Contains(line, " /") && !strings.Contains(line, "HTTP/") && !strings.HasPrefix(line, "PROXY ")
}

func isControl(c rune) bool { return c != utf8.RuneError && unicode.IsControl(c) }

// ReadPasswordLine returns the ways to read a password line, the most likely first:
//
//	password                also password:#N, N being the number of a stream
//	user:password           also user,password and user:password:#N
//	/mount:password         also /mount:password:#N
//	/mount:user:password    also /mount:user,password and /mount:user:password:#N
//
// A password may itself contain these separators, so the whole line is always among the
// readings.
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

// cutStreamNumber removes ":#N" from the end of a line.
func cutStreamNumber(line string) (bare string, ok bool) {
	i := strings.LastIndex(line, ":#")
	if i <= 0 || i+2 == len(line) || strings.Trim(line[i+2:], "0123456789") != "" {
		return line, false
	}
	return line[:i], true
}

// IsSourceHeadStart reports whether b may be the beginning of the head that a SHOUTcast
// source sends after its password: nothing yet, an empty line, or a line of the head.
func IsSourceHeadStart(b []byte) bool {
	for _, name := range []string{"icy-", "content-type", "host:", "user-agent:", "\r", "\n"} {
		n := min(len(b), len(name))
		if strings.EqualFold(string(b[:n]), name[:n]) {
			return true
		}
	}
	return false
}

// SourceHeadEnd returns the length of a SHOUTcast source's head at the start of b, its
// empty line included, or 0 if it is not complete. Lines end as in HeadEnd.
func SourceHeadEnd(b []byte) int {
	scan := SourceHeadScan()
	return scan.Look(b)
}

// ParseSourceHead reads the head that a SHOUTcast source sends after its password, such
// as "icy-name:My Station", as tolerantly as ParseHead.
func ParseSourceHead(head []byte) (http.Header, error) {
	h := http.Header{}
	if err := parseFields(h, strings.Split(string(head), "\n")); err != nil {
		return nil, err
	}
	h.Del("Host") // one program sends the server's name too
	return h, nil
}
