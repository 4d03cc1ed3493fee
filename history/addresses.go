package history

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// addresses converts addresses to the form in which they are stored.
type addresses struct {
	salt   []byte
	hashed bool
}

// hashBytes is how many bytes of a hash are stored.
const hashBytes = 16

// kept returns addr as it is stored: hashed with the salt, unless the configuration
// asks for plain addresses.
func (a *addresses) kept(addr string) string {
	if !a.hashed || addr == "" {
		return addr
	}
	return hex.EncodeToString(a.hash(addr)[:hashBytes])
}

// who returns a number for a listener: the same for the same address and player, which
// is how rights societies count listeners.
func (a *addresses) who(addr, agent string) int64 {
	return int64(binary.BigEndian.Uint64(a.hash(addr + "\x00" + agent)))
}

func (a *addresses) hash(text string) []byte {
	h := hmac.New(sha256.New, a.salt)
	h.Write([]byte(text))
	return h.Sum(nil)
}
