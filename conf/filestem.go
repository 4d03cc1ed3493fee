package conf

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// maxStem is the maximum length of a FileStem in bytes. File systems allow 255 for a whole
// name.
const maxStem = 150

// FileStem returns what the names of a mount's files and folders begin with: "live" for
// "/live", "dj~one" for "/dj/one". It is unique for each mount, never empty, and never leads
// out of a folder. Other characters are written as %XX; the end of a long stem is replaced by a hash
// of the whole.
func FileStem(mount string) string {
	var b strings.Builder
	fits := 0 // length that leaves room for the hash
	const hashed = len("%-") + 32
	for i, c := range []byte(strings.TrimPrefix(mount, "/")) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-', c == '.' && i > 0:
			b.WriteByte(c)
		case c == '/':
			b.WriteByte('~')
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
		if b.Len() <= maxStem-hashed {
			fits = b.Len()
		}
	}
	switch {
	case b.Len() == 0:
		return "%2F"
	case b.Len() <= maxStem:
		return b.String()
	}
	sum := sha256.Sum256([]byte(mount))
	return fmt.Sprintf("%s%%-%x", b.String()[:fits], sum[:16])
}
