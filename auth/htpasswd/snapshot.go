package htpasswd

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"
)

// maxRemembered bounds the right logins that a snapshot remembers.
const maxRemembered = 4096

// snapshot is the content of a file at one reading. It remembers right logins, since
// hashing is slow on purpose and players log in again with every request. When the file
// changes, another snapshot takes its place, which remembers none.
type snapshot struct {
	failure error // why the file could not be read; nil if it was
	names   []string
	logins  map[string]hash
	entries map[string]Entry // by name
	works   map[work]hash    // a hash for each kind of work

	mu    sync.Mutex
	key   [32]byte // of the digests, which are of no use without it
	right map[[32]byte]struct{}
}

func newSnapshot() *snapshot {
	s := &snapshot{logins: map[string]hash{}, entries: map[string]Entry{}, works: map[work]hash{}, right: map[[32]byte]struct{}{}}
	rand.Read(s.key[:])
	return s
}

// Entry is a digest of the hash on a user's line. It is the same at each reading of the
// file until the hash is another.
type Entry [16]byte

// add adds a user.
func (s *snapshot) add(user string, h hash) {
	s.names = append(s.names, user)
	s.logins[user] = h
	s.works[h.work] = h
}

// matches reports whether the user is in the file and the password is right. A wrong
// login takes each kind of work in the file once, whichever kind the user's own hash is
// and whether there is such a user: the time that it takes tells nobody which names exist.
func (s *snapshot) matches(user, password string) bool {
	own, known := s.logins[user]
	if !known || !own.MatchesPassword(password) {
		for work, other := range s.works {
			if !known || work != own.work {
				other.MatchesPassword(password)
			}
		}
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for old := range s.right {
		if len(s.right) < maxRemembered {
			break
		}
		delete(s.right, old) // any
	}
	s.right[s.digest(user, password)] = struct{}{}
	return true
}

func (s *snapshot) has(user string) bool {
	_, known := s.logins[user]
	return known
}

// pair returns a text that stands for a login and this reading of the file.
func (s *snapshot) pair(user, password string) string {
	digest := s.digest(user, password)
	return string(digest[:])
}

// remembers reports whether matches has found a login to be right.
func (s *snapshot) remembers(user, password string) bool {
	digest := s.digest(user, password)
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.right[digest]
	return ok
}

func (s *snapshot) digest(user, password string) (sum [32]byte) {
	mac := hmac.New(sha256.New, s.key[:])
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(user))))
	mac.Write([]byte(user))
	mac.Write([]byte(password))
	return [32]byte(mac.Sum(nil))
}
