package icy

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
)

// maxHeaderLines is the maximum number of header lines in one head. Real clients send
// fewer than thirty, proxies add a dozen.
const maxHeaderLines = 200

// ErrNotRequest means that the first line is not a request line in any dialect.
var ErrNotRequest = errors.New("the first line is not a request")

// HeadEnd returns the length of the request head at the start of b, its empty
// line included, or 0 when it is not complete. Lines may end in CR LF, in LF
// alone or in CR CR LF. Empty lines before the request line belong to the
// head (RFC 9112 §2.2).
func HeadEnd(b []byte) int {
	var scan HeadScan
	return scan.Look(b)
}

// FirstLine returns the first line of b that is not empty, without its line end. ok is
// false if b holds no complete line.
func FirstLine(b []byte) (line string, ok bool) {
	line, _, ok = cutFirstLine(b)
	return line, ok
}

func cutFirstLine(b []byte) (line string, rest []byte, ok bool) {
	var scan HeadScan
	scan.Look(b)
	return scan.FirstLine(b)
}

// ParseHead reads a whole request head as radio clients write it. It accepts what
// net/http refuses: ICE/1.0, a raw blank or raw bytes in the target, a missing or
// impossible Host, lines without a colon (skipped), blanks before a colon, bare LF,
// folded lines. In the returned request
//
//   - Proto is as it was sent; ProtoMajor and ProtoMinor are 1.0 unless it was HTTP/1.1;
//   - URL.Path is unescaped, URL.RawQuery is as it was sent (see ParseQuery);
//   - Host is as it was sent: the caller checks it with PlausibleHost;
//   - header values are UTF-8 without control characters, except station words:
//     only StationFromHeader knows their charset;
//   - no header value is longer than its limit in bounds.go.
//
// The caller reads the body. Errors wrap ErrNotRequest or describe the fault in words
// for the client.
func ParseHead(head []byte) (*http.Request, error) {
	lines := strings.Split(string(head), "\n")
	for len(lines) > 0 && strings.Trim(lines[0], "\r") == "" {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return nil, ErrNotRequest
	}
	req, err := ParseRequestLine(strings.TrimRight(lines[0], "\r"))
	if err != nil {
		return nil, err
	}
	if err := parseFields(req.Header, lines[1:]); err != nil {
		return nil, err
	}
	req.Host = req.Header.Get("Host")
	req.Header.Del("Host")
	return req, nil
}

// parseFields adds the header lines of a head to h, then applies bound to h.
func parseFields(h http.Header, lines []string) error {
	if len(lines) > maxHeaderLines {
		return fmt.Errorf("more than %d header lines", maxHeaderLines)
	}
	last := "" // the field that a folded line continues
	for _, line := range lines {
		line = strings.TrimRight(line, "\r")
		if line == "" {
			continue
		}
		if (line[0] == ' ' || line[0] == '\t') && last != "" {
			values := h[last]
			values[len(values)-1] += " " + fieldValue(last, line)
			continue
		}
		last = ""
		name, value, found := strings.Cut(line, ":")
		name = strings.TrimSpace(name)
		if !found || !isToken(name) || len(name) > maxName {
			continue
		}
		last = textproto.CanonicalMIMEHeaderKey(name)
		h[last] = append(h[last], fieldValue(last, value))
	}
	bound(h)
	return nil
}

// ParseRequestLine reads "METHOD target PROTOCOL/x.y". The target may contain raw
// blanks: it extends from the first blank to the last. An absolute target is reduced to
// its path and query. Method and protocol may be in lower case.
func ParseRequestLine(line string) (*http.Request, error) {
	method, rest, ok := strings.Cut(line, " ")
	cut := strings.LastIndexByte(rest, ' ')
	if !ok || cut < 0 || !isToken(method) {
		return nil, ErrNotRequest
	}
	target, proto := strings.TrimSpace(rest[:cut]), rest[cut+1:]
	proto = strings.ToUpper(proto)
	name, version, ok := strings.Cut(proto, "/")
	if !ok || (name != "HTTP" && name != "ICE") || len(version) != 3 || version[0] != '1' || version[1] != '.' {
		return nil, ErrNotRequest
	}
	if scheme, after, found := strings.Cut(target, "://"); found && isToken(scheme) {
		_, path, _ := strings.Cut(after, "/")
		target = "/" + path
	}
	target, _, _ = strings.Cut(target, "#")
	path, query, _ := strings.Cut(target, "?")
	if path == "" {
		return nil, ErrNotRequest
	}
	bare := Clip(Unescape(path), MaxPath) // a clone: the name of a mount outlives the head
	if len(path) > MaxPath && len(Unescape(path)) > MaxPath {
		target = (&url.URL{Path: bare, RawQuery: query}).String()
	}
	req := &http.Request{
		Method:     strings.ToUpper(Clip(method, maxMethod)),
		Proto:      proto,
		ProtoMajor: 1,
		URL:        &url.URL{Path: bare, RawQuery: query},
		Header:     http.Header{},
		RequestURI: target,
	}
	if proto == "HTTP/1.1" {
		req.ProtoMinor = 1
	}
	return req, nil
}

// AppendHead appends req's head in the strict form that net/http reads:
// an HTTP protocol name, an escaped target, a Host line.
func AppendHead(dst []byte, req *http.Request) []byte {
	dst = append(dst, req.Method...)
	dst = append(dst, ' ')
	dst = AppendTarget(dst, req.RequestURI)
	dst = fmt.Appendf(dst, " HTTP/%d.%d\r\n", req.ProtoMajor, req.ProtoMinor)
	host := req.Host
	if !PlausibleHost(host) {
		host = ""
	}
	dst = fmt.Appendf(dst, "Host: %s\r\n", host)
	for name, values := range req.Header {
		for _, value := range values {
			dst = fmt.Appendf(dst, "%s: %s\r\n", name, value)
		}
	}
	return append(dst, "\r\n"...)
}

// PlausibleHost reports whether host is a name or address with an optional port. The
// proxies of a widely used panel send, for example, "radio.example//listen/station"
// (e2e/recorded/http-odd-host.txt).
func PlausibleHost(host string) bool {
	if host == "" || len(host) > 255 {
		return false
	}
	for i := range len(host) {
		c := host[i]
		alphanumeric := '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !alphanumeric && !strings.ContainsRune(".-_:[]", rune(c)) {
			return false
		}
	}
	u, err := url.Parse("http://" + host)
	return err == nil && u.Hostname() != ""
}

// AppendTarget appends the target of a request line, and escapes the characters that
// url.ParseRequestURI would refuse: blanks, control and raw bytes anywhere, and in the
// path also a '%' that does not begin an escape.
func AppendTarget(dst []byte, target string) []byte {
	inPath := true
	for i := range len(target) {
		c := target[i]
		switch {
		case c == '?':
			inPath = false
			dst = append(dst, c)
		case c <= ' ' || c >= 0x7f:
			dst = fmt.Appendf(dst, "%%%02X", c)
		case c == '%' && inPath && !(i+2 < len(target) && isHex(target[i+1]) && isHex(target[i+2])):
			dst = append(dst, "%25"...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// fieldValue returns the value of the header field of this name. A station word keeps
// the bytes that were sent.
func fieldValue(name, value string) string {
	if strings.HasPrefix(name, "Ice-") || strings.HasPrefix(name, "Icy-") {
		value = withoutControls(value)
	} else {
		value = Text(value, "", "")
	}
	return strings.TrimSpace(value)
}

// withoutControls replaces ASCII control characters by blanks. They are the same bytes
// in every charset that occurs in a head.
func withoutControls(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c < ' ' || c == 0x7f {
			b[i] = ' '
		}
	}
	return string(b)
}

// isToken reports whether s is a token (RFC 9110 §5.6.2), as methods and field names
// must be.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		alphanumeric := '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !alphanumeric && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}
