package auth

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Origin says on whose behalf a request was sent. Browsers add the logins that they
// remember to every request that a page causes, even a page of another site.
type Origin int

// The origins of a request.
const (
	Program   Origin = iota // no browser sent it, as far as can be told
	OwnPage                 // a page of this server, or a person who typed the address
	OtherPage               // a page of another site
	Unsaid                  // a browser that does not say, as by plain HTTP it need not
)

// OriginOf returns the origin of a request. It knows the server by the Host of the
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

// isBrowser reports whether a browser sent a request, as far as can be told. Many programs
// call themselves Mozilla but send no Accept-Language. A page can make its visitor's
// browser send an empty Accept-Language, but cannot make it send none, or another
// User-Agent, without a preflight request that asks for permission.
func isBrowser(r *http.Request) bool {
	_, speaks := r.Header["Accept-Language"]
	return speaks && slices.ContainsFunc(browsers, func(name string) bool { return strings.HasPrefix(r.UserAgent(), name) })
}

// browsers are prefixes of the User-Agents of browsers and of players that browsers use.
var browsers = []string{"Mozilla/5.0", "Opera/", "AppleCoreMedia/"}

// isHere reports whether the address of a page is one of this server.
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
