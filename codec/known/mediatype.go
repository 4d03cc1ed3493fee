package known

import (
	"strconv"
	"strings"
)

// mediaType returns the media type of a Content-Type in lower case, without parameters
// and surrounding quotes.
func mediaType(contentType string) string {
	kind := strings.Trim(contentType, " \t\"'")
	kind, _, _ = strings.Cut(kind, ";")
	kind, _, _ = strings.Cut(kind, ",") // some programs send the type twice
	return strings.ToLower(strings.Trim(kind, " \t\"'"))
}

// maxQuote bounds how much of a text of a client's is quoted, in bytes.
const maxQuote = 100

func quoted(text string) string {
	if len(text) > maxQuote {
		text = text[:maxQuote] + "…"
	}
	return strconv.Quote(text)
}
