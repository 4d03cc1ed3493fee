package rewind

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The extensions of the files of a reel.
const (
	audioExt = ".audio"
	indexExt = ".index"
)

// maxStem is the maximum length of the name of a mount's folder, in bytes. File systems
// allow 255.
const maxStem = 150

// stem returns the name of a mount's folder, by the rule that recordings have for their
// names: "live" for "/live", "dj~one" for "/dj/one". It is unique for each mount, never
// empty, and never leads out of the folder. Other characters are written as %XX; the end
// of a long stem is replaced by a hash of the whole.
func stem(mount string) string {
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

// stampLayout is the format of the time in the name of a reel, in UTC. It has no colon,
// since some file systems do not allow one.
const stampLayout = "2006-01-02T15-04-05.000Z"

// reelName returns the name of a reel's files, without extension.
func reelName(began time.Time, count int64) string {
	return fmt.Sprintf("%s-%d", began.UTC().Format(stampLayout), count)
}

var nameOfReel = regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z)-([1-9]\d{0,17})$`)

// parseReelName reads a name from reelName.
func parseReelName(name string) (began time.Time, count int64, ok bool) {
	found := nameOfReel.FindStringSubmatch(name)
	if found == nil {
		return time.Time{}, 0, false
	}
	began, err := time.Parse(stampLayout, found[1])
	if err != nil {
		return time.Time{}, 0, false
	}
	count, err = strconv.ParseInt(found[2], 10, 64)
	return began, count, err == nil
}
