package auth

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Origin is on whose behalf a request was sent. Browsers send the logins they
// remember along with whatever a page asks for, be it another site's.
type Origin int

// What an Origin may be.
const (
	Program   Origin = iota // no browser sent it, so far as can be told
	OwnPage                 // a page of this server, or whoever typed the address
	OtherPage               // a page of another site
	Unsaid                  // a browser that does not say, as by plain HTTP it need not
)

// OriginOf tells who had a request sent. The server is known by the Host of the
// request, by the one that a trusted proxy names, and by its public address.
func OriginOf(r *http.Request, public string) Origin {
	site := r.Header.Get("Sec-Fetch-Site")
	page := cmp.Or(r.Header.Get("Origin"), r.Header.Get("Referer"))
	switch {
	case site == "same-origin" || site == "none":
		return OwnPage
	case site != "":
		return OtherPage
	case page != "" && isHere(r, public, page):
		return OwnPage
	case page != "":
		return OtherPage
	case isBrowser(r):
		return Unsaid
	}
	return Program
}

// isBrowser reports whether a browser sent a request, as far as can be told. Many
// programs call themselves Mozilla, but do not speak of languages. A page can have
// its visitor's browser send an empty Accept-Language, and cannot have it send none
// or another User-Agent without being asked for leave by a preflight.
func isBrowser(r *http.Request) bool {
	_, speaks := r.Header["Accept-Language"]
	return speaks && slices.ContainsFunc(browsers, func(name string) bool { return strings.HasPrefix(r.UserAgent(), name) })
}

// browsers are how the names of browsers begin, and of what plays sound for them.
var browsers = []string{"Mozilla/5.0", "Opera/", "AppleCoreMedia/"}

// isHere tells whether the address of a page is one of this server.
func isHere(r *http.Request, public, page string) bool {
	from, err := url.Parse(page)
	if err != nil || from.Host == "" {
		return false
	}
	if strings.EqualFold(from.Host, r.Host) || strings.EqualFold(from.Host, r.Header.Get("X-Forwarded-Host")) {
		return true
	}
	home, err := url.Parse(public)
	return err == nil && from.Scheme == home.Scheme && strings.EqualFold(from.Host, home.Host)
}
