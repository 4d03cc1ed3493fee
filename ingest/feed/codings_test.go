package feed

import (
	"net/http"
	"testing"
)

// A body is read as it is or in chunks, whatever its Content-Length. Any other coding
// is refused.
func TestTransferEncodings(t *testing.T) {
	for _, tt := range []struct {
		said             []string
		chunked, refused bool
	}{
		{nil, false, false},
		{[]string{"identity"}, false, false},
		{[]string{" Chunked"}, true, false},
		{[]string{"gzip, chunked"}, false, true},
		{[]string{"gzip", "chunked"}, false, true},
		{[]string{"chunked, chunked"}, false, true},
		{[]string{"deflate"}, false, true},
	} {
		header := http.Header{"Transfer-Encoding": tt.said, "Content-Length": {"100"}}
		if err := CheckCodings(header); (err != nil) != tt.refused {
			t.Errorf("%q: %v", tt.said, err)
		}
		if got := Chunked(header); got != tt.chunked {
			t.Errorf("%q is read in chunks: %v", tt.said, got)
		}
	}
}
