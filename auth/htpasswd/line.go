package htpasswd

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"regexp"
	"strings"

	gohtpasswd "github.com/tg123/go-htpasswd"
)

// problem says why a line of a file was skipped. It never holds the line, which may be a
// password.
type problem struct {
	line int // from 1
	text string
}

// parse reads the text of an htpasswd file. If a name is there twice, the first line
// counts, as with Apache.
func parse(text []byte) (*snapshot, []problem) {
	s := newSnapshot()
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
		switch _, twice := s.logins[name]; {
		case twice:
			problems = append(problems, problem{number, "this name is further up already"})
		case !known:
			problems = append(problems, problem{number, `not a hash of a known kind; "htpasswd -B" makes one`})
		default:
			s.add(name, hash)
			sum := sha256.Sum256([]byte(encoded))
			s.entries[name] = Entry(sum[:])
		}
	}
	return s, problems
}

// splitLine returns the name of a line and the hash after it. A second colon begins a
// note.
func splitLine(line []byte) (name, encoded string, ok bool) {
	if isComment(line) {
		return "", "", false
	}
	name, encoded, ok = strings.Cut(strings.TrimSpace(string(line)), ":")
	encoded, _, _ = strings.Cut(encoded, ":")
	return name, encoded, ok && name != ""
}

func isComment(line []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) }

// hash is the hash of a password, and the work of trying one.
type hash struct {
	gohtpasswd.EncodedPasswd
	work work
}

// work is the work of trying a password. It is the same for all hashes of one kind and
// cost.
type work struct {
	kind int    // the index in hashes
	cost string // as the hash has it; empty if the hash has none
}

// hashes are the known kinds of hashes. The patterns bound the time that one takes, and
// keep texts from the parsers that they would stumble over. Their first group, if any, is
// the cost.
var hashes = []struct {
	pattern *regexp.Regexp
	parse   gohtpasswd.PasswdParser
}{
	{regexp.MustCompile(`^\$2[aby]\$(0[4-9]|1[0-7])\$[./A-Za-z0-9]{53}$`), gohtpasswd.AcceptBcrypt},
	{regexp.MustCompile(`^\$(?:apr1|1)\$[^$]{1,8}\$[./A-Za-z0-9]{22}$`), gohtpasswd.AcceptMd5},
	{regexp.MustCompile(`^\$5\$(rounds=[1-9]\d{3,5}\$)?[^$]{1,16}\$[./A-Za-z0-9]{43}$`), gohtpasswd.AcceptCryptSha},
	{regexp.MustCompile(`^\$6\$(rounds=[1-9]\d{3,5}\$)?[^$]{1,16}\$[./A-Za-z0-9]{86}$`), gohtpasswd.AcceptCryptSha},
	{regexp.MustCompile(`^\{SHA\}`), gohtpasswd.AcceptSha},
	{regexp.MustCompile(`^\{SSHA\}`), gohtpasswd.AcceptSsha},
	{regexp.MustCompile(`^[0-9a-fA-F]{32}$`), acceptIcecast},
}

// parseHash reads a hash. known is false if it is of no known kind.
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

// icecastHash is the MD5 of a password, the only kind that Icecast writes.
type icecastHash [md5.Size]byte

func acceptIcecast(encoded string) (gohtpasswd.EncodedPasswd, error) {
	var h icecastHash
	_, err := hex.Decode(h[:], []byte(encoded))
	return h, err
}

// MatchesPassword reports whether h is the hash of password.
func (h icecastHash) MatchesPassword(password string) bool {
	sum := md5.Sum([]byte(password))
	return subtle.ConstantTimeCompare(sum[:], h[:]) == 1
}
