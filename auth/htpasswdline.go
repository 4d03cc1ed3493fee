package auth

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/tg123/go-htpasswd"
)

// problem is why a line of a file was skipped. It never holds the line, which
// may be a password.
type problem struct {
	line int // from 1
	text string
}

// parseHtpasswd reads the text of an htpasswd file. Of a name that is given
// twice the first line counts, as with Apache.
func parseHtpasswd(text []byte) (*roll, []problem) {
	r := newRoll()
	var problems []problem
	number := 0
	for line := range bytes.Lines(text) {
		number++
		name, encoded, isLogin := splitLine(line)
		if !isLogin {
			if len(bytes.TrimSpace(line)) > 0 && !isComment(line) {
				problems = append(problems, problem{number, "wants a name, a colon and the hash of a password"})
			}
			continue
		}
		hash, known := parseHash(encoded)
		switch _, twice := r.logins[name]; {
		case twice:
			problems = append(problems, problem{number, "this name is further up already"})
		case !known:
			problems = append(problems, problem{number, `not a hash of a known kind; "htpasswd -B" makes one`})
		default:
			r.add(name, hash)
			sum := sha256.Sum256([]byte(encoded))
			r.entries[name] = entryDigest(sum[:])
		}
	}
	return r, problems
}

// splitLine returns the name of a line and the hash behind it. What stands
// behind a second colon is a note.
func splitLine(line []byte) (name, encoded string, ok bool) {
	if isComment(line) {
		return "", "", false
	}
	name, encoded, ok = strings.Cut(strings.TrimSpace(string(line)), ":")
	encoded, _, _ = strings.Cut(encoded, ":")
	return name, encoded, ok && name != ""
}

func isComment(line []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) }

// hash is the hash of a password, and what it takes to try one.
type hash struct {
	htpasswd.EncodedPasswd
	work work
}

// work is what it takes to try a password: it is the same for all hashes of one
// kind with one cost.
type work struct {
	kind int    // the place among hashes
	cost string // as the hash has it; empty: there is no choice, or none was made
}

// hashes are the kinds of hashes that are known. The patterns bound how long
// it takes to try one, and keep from the parsers what they would stumble over.
// Their first group, if any, is the cost.
var hashes = []struct {
	pattern *regexp.Regexp
	parse   htpasswd.PasswdParser
}{
	{regexp.MustCompile(`^\$2[aby]\$(0[4-9]|1[0-7])\$[./A-Za-z0-9]{53}$`), htpasswd.AcceptBcrypt},
	{regexp.MustCompile(`^\$(?:apr1|1)\$[^$]{1,8}\$[./A-Za-z0-9]{22}$`), htpasswd.AcceptMd5},
	{regexp.MustCompile(`^\$5\$(rounds=[1-9]\d{3,5}\$)?[^$]{1,16}\$[./A-Za-z0-9]{43}$`), htpasswd.AcceptCryptSha},
	{regexp.MustCompile(`^\$6\$(rounds=[1-9]\d{3,5}\$)?[^$]{1,16}\$[./A-Za-z0-9]{86}$`), htpasswd.AcceptCryptSha},
	{regexp.MustCompile(`^\{SHA\}`), htpasswd.AcceptSha},
	{regexp.MustCompile(`^\{SSHA\}`), htpasswd.AcceptSsha},
	{regexp.MustCompile(`^[0-9a-fA-F]{32}$`), acceptIcecast},
}

// parseHash reads a hash; known is false when it is of no known kind.
func parseHash(encoded string) (h hash, known bool) {
	for i, kind := range hashes {
		found := kind.pattern.FindStringSubmatch(encoded)
		if found == nil {
			continue
		}
		if parsed, err := kind.parse(encoded); err == nil && parsed != nil {
			return hash{parsed, work{i, strings.Join(found[1:], "")}}, true
		}
	}
	return hash{}, false
}

// icecastHash is the MD5 of a password, which is all that Icecast writes.
type icecastHash [md5.Size]byte

func acceptIcecast(encoded string) (htpasswd.EncodedPasswd, error) {
	var h icecastHash
	_, err := hex.Decode(h[:], []byte(encoded))
	return h, err
}

// MatchesPassword tells whether h is the hash of password.
func (h icecastHash) MatchesPassword(password string) bool {
	sum := md5.Sum([]byte(password))
	return subtle.ConstantTimeCompare(sum[:], h[:]) == 1
}
