package feed

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// codings returns the transfer codings of a body, in order; empty if it has none.
func codings(h http.Header) (list []string) {
	for _, coding := range strings.Split(strings.Join(h.Values("Transfer-Encoding"), ","), ",") {
		if coding = strings.ToLower(strings.TrimSpace(coding)); coding != "" && coding != "identity" {
			list = append(list, coding)
		}
	}
	return list
}

// Chunked reports whether a body is chunked, whatever its Content-Length (RFC 9112
// §6.3).
func Chunked(h http.Header) bool { return slices.Equal(codings(h), []string{"chunked"}) }

// CheckCodings returns an error for a body with any other transfer coding, because
// its bytes would be taken for audio. The error is a sentence for the client.
func CheckCodings(h http.Header) error {
	if list := codings(h); len(list) > 0 && !Chunked(h) {
		return fmt.Errorf("Transfer-Encoding %q cannot be read here, only chunked", strings.Join(list, ", "))
	}
	return nil
}
