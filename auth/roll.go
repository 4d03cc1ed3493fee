package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"
)

// maxRemembered bounds how many logins a roll remembers to be right.
const maxRemembered = 4096

// roll is what one reading of an htpasswd file gave. It remembers which logins
// were right, since hashing is slow by intent and players log in anew with
// every try; with the roll that goes when the file changes.
type roll struct {
	failure error // why there are no names
	names   []string
	logins  map[string]hash
	entries map[string]entryDigest // of the hashes, by name
	works   map[work]hash          // one that takes each kind of work

	mu    sync.Mutex
	key   [32]byte // of the digests, so that it is of no use outside
	right map[[32]byte]struct{}
}

func newRoll() *roll {
	r := &roll{logins: map[string]hash{}, entries: map[string]entryDigest{}, works: map[work]hash{}, right: map[[32]byte]struct{}{}}
	rand.Read(r.key[:])
	return r
}

// entryDigest tells one hash of a password from another, whichever roll they are on.
type entryDigest [16]byte

// add puts a user on the roll.
func (r *roll) add(user string, h hash) {
	r.names = append(r.names, user)
	r.logins[user] = h
	r.works[h.work] = h
}

// matches tells whether the user is on the roll and the password is his. A wrong
// login takes every kind of work there is on the roll, each once, whichever kind
// the user's own is and whether he has one: how long it takes tells nobody which
// names there are.
func (r *roll) matches(user, password string) bool {
	own, known := r.logins[user]
	if !known || !own.MatchesPassword(password) {
		for work, other := range r.works {
			if !known || work != own.work {
				other.MatchesPassword(password)
			}
		}
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for old := range r.right {
		if len(r.right) < maxRemembered {
			break
		}
		delete(r.right, old) // any
	}
	r.right[r.digest(user, password)] = struct{}{}
	return true
}

func (r *roll) has(user string) bool {
	_, known := r.logins[user]
	return known
}

// pair stands for a login and this reading of the file.
func (r *roll) pair(user, password string) string {
	digest := r.digest(user, password)
	return string(digest[:])
}

// remembers tells whether matches has found the login to be right.
func (r *roll) remembers(user, password string) bool {
	digest := r.digest(user, password)
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.right[digest]
	return ok
}

func (r *roll) digest(user, password string) (sum [32]byte) {
	mac := hmac.New(sha256.New, r.key[:])
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(user))))
	mac.Write([]byte(user))
	mac.Write([]byte(password))
	return [32]byte(mac.Sum(nil))
}
