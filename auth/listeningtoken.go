package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"relay/conf"
)

// A listening token opens a mount to any client that sends it, until it expires:
//
//	EXPIRY.SIGNATURE
//
//	EXPIRY     seconds since 1970, in decimal
//	SIGNATURE  HMAC-SHA256 in hexadecimal, with token_secret as its key, of
//	           the mount, a line feed, EXPIRY and, for a token that is good at
//	           one IP address alone, a line feed and that address
//
// A web site makes one in three lines of any language (docs/listeners-auth.md),
// and a listener sends it as ?token= behind the mount's name.
type listeningToken struct {
	expiry    string
	until     time.Time
	signature []byte
}

// parseListeningToken parses a token. ok is false if text is none.
func parseListeningToken(text string) (t listeningToken, ok bool) {
	expiry, signature, ok := strings.Cut(text, ".")
	seconds, err := strconv.ParseInt(expiry, 10, 64)
	if !ok || err != nil || seconds < 0 || strconv.FormatInt(seconds, 10) != expiry {
		return listeningToken{}, false
	}
	if len(signature) != 2*sha256.Size {
		return listeningToken{}, false
	}
	t = listeningToken{expiry: expiry, until: time.Unix(seconds, 0)}
	t.signature, err = hex.DecodeString(signature)
	return t, err == nil
}

// opens reports whether the token is signed for a mount, and either for all addresses or
// for the address from.
func (t listeningToken) opens(mount string, from netip.Addr, secret conf.Secret) bool {
	anywhere := sign(secret, mount, t.expiry)
	there := sign(secret, mount, t.expiry, from.String())
	return hmac.Equal(t.signature, anywhere) || hmac.Equal(t.signature, there)
}

func sign(secret conf.Secret, parts ...string) []byte {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(strings.Join(parts, "\n")))
	return mac.Sum(nil)
}

// checkToken returns nil for a token that opens a mount. A token for a mount opens its
// renditions too. A wrong token is no guess, since nobody guesses 256 bits: if it were
// one, images on any web page could slow down the people who look at it.
func (g *Gate) checkToken(token, mount string, from netip.Addr) *Refusal {
	if token == "" {
		return &Refusal{Missing: true, Reason: "no token was given"}
	}
	t, ok := parseListeningToken(token)
	if !ok {
		return &Refusal{Reason: "the value of token= is not a token"}
	}
	c := g.conf.Config()
	secret := c.Mount(mount).ListenerAuth.TokenSecret
	signed := t.opens(mount, from, secret)
	if whole := c.RenditionOf(mount); whole != "" && !signed {
		signed = t.opens(whole, from, secret)
	}
	if !signed {
		return &Refusal{Reason: "the token is not signed for this mount, or not for this address"}
	}
	if late := g.throttle.Now().Sub(t.until); late > 0 {
		return &Refusal{Reason: fmt.Sprintf("the token expired %v ago", late.Round(time.Second))}
	}
	return nil
}
