package recordings

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// longestStem is how long the part of a file name may be that comes from the
// mount, in bytes. File systems take 255 for the whole.
const longestStem = 150

// stampLayout is the time in a file name, in UTC. It has no colon, which some
// file systems refuse.
const stampLayout = "2006-01-02T15-04-05Z"

// stem returns what the names of a mount's recordings begin with: "live" for
// "/live", "dj~one" for "/dj/one". No two mounts have the same one, and it
// never leaves the folder. What may not stand in it is written as %XX; the end
// of a long one is replaced by a hash of the whole.
func stem(mount string) string {
	var b strings.Builder
	fits := 0 // bytes that leave room for the hash
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
		if b.Len() <= longestStem-hashed {
			fits = b.Len()
		}
	}
	if b.Len() <= longestStem {
		return b.String()
	}
	sum := sha256.Sum256([]byte(mount))
	return fmt.Sprintf("%s%%-%x", b.String()[:fits], sum[:16])
}

// fileName is that of a recording, without its extension. A mount's second one
// of the same second, and those after it, are numbered.
func fileName(stem string, began time.Time, number int) string {
	name := stem + "-" + began.UTC().Format(stampLayout)
	if number > 1 {
		name += fmt.Sprintf("-%d", number)
	}
	return name
}

// The extensions of a recording's two files.
const (
	audioExt = ".mp3"
	sheetExt = ".cue"
)

// stamp is what stands between a stem and the extension.
var stamp = regexp.MustCompile(`^-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)(-[1-9]\d{0,5})?$`)

// isNameOf tells whether a file is the audio or the cue sheet of a recording
// with this stem, and returns its name without the extension.
func isNameOf(stem, file string) (name string, ok bool) {
	name, ok = strings.CutSuffix(file, audioExt)
	if !ok {
		name, ok = strings.CutSuffix(file, sheetExt)
	}
	rest, ours := strings.CutPrefix(name, stem)
	if !ok || !ours {
		return "", false
	}
	found := stamp.FindStringSubmatch(rest)
	if found == nil {
		return "", false
	}
	_, err := time.Parse(stampLayout, found[1])
	return name, err == nil
}

// begun returns the time in a name that isNameOf has returned.
func begun(stem, name string) time.Time {
	at, _ := time.Parse(stampLayout, strings.TrimPrefix(name, stem+"-")[:len(stampLayout)])
	return at
}
