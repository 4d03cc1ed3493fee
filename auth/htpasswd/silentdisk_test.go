package htpasswd

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap"
	"golang.org/x/crypto/bcrypt"

	"relay/auth/throttle"
	"relay/internal/disk"
	"relay/internal/turns"
)

// While the disk of a file does not answer, its users may listen, checks do not wait for
// it again and again, and edits fail.
func TestDiskOfHtpasswdIsSilent(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users")
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("user:"+string(hash)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := New(path, NewHashing(turns.New(atOnce), throttle.New()), zap.NewNop())
	checkVerdict(t, f, "user", "secret", "")
	f.disk.Lock() // as a read that waits for the disk does
	f.mu.Lock()
	f.looked = time.Time{}
	f.mu.Unlock()
	for range 50 {
		checkVerdict(t, f, "user", "secret", "")
	}
	if err := f.Add("other", "secret"); !errors.Is(err, disk.ErrNoAnswer) {
		t.Errorf("the file was edited: %v", err)
	}
	f.disk.Unlock()
	deadline := time.Now().Add(time.Minute)
	for f.Add("third", "secret") != nil {
		if time.Now().After(deadline) {
			t.Fatal("the file cannot be edited any more")
		}
	}
	checkVerdict(t, f, "third", "secret", "")
	checkVerdict(t, f, "other", "secret", "there is no user") // whose edit failed
}

// If the disk of a file has never answered, a check says nothing about the password.
func TestDiskOfHtpasswdWasAlwaysSilent(t *testing.T) {
	t.Parallel()
	f := New(filepath.Join(t.TempDir(), "users"), NewHashing(turns.New(atOnce), throttle.New()), zap.NewNop())
	f.disk.Lock()
	defer f.disk.Unlock()
	if v := f.Check(t.Context(), netip.MustParseAddr("192.0.2.1"), "user", "secret"); v.Result != Unreadable || v.Reason == "" {
		t.Errorf("got %+v", v)
	}
}
