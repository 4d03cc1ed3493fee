package auth

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"relay/conf"
	"relay/internal/disk"
)

// While the disk of a file does not answer, those who were in it may listen, nobody
// waits for it again and again, and it cannot be edited.
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
	c, err := conf.Parse("relay.toml", nil)
	if err != nil {
		t.Fatal(err)
	}
	h := NewGate(conf.NewLive(c)).htpasswd(path)
	check := func(user string) *Refusal { return h.check(t.Context(), "192.0.2.1", user, "secret") }
	if refusal := check("user"); refusal != nil {
		t.Fatal(refusal)
	}
	h.disk.Lock() // as whoever waits for the disk does
	h.mu.Lock()
	h.looked = time.Time{}
	h.mu.Unlock()
	for range 50 {
		if refusal := check("user"); refusal != nil {
			t.Errorf("the user is refused: %v", refusal)
		}
	}
	if err := h.Add("other", "secret"); !errors.Is(err, disk.ErrNoAnswer) {
		t.Errorf("the file was edited: %v", err)
	}
	h.disk.Unlock()
	deadline := time.Now().Add(time.Minute)
	for h.Add("third", "secret") != nil {
		if time.Now().After(deadline) {
			t.Fatal("the file cannot be edited any more")
		}
	}
	if refusal := check("third"); refusal != nil {
		t.Errorf("when the disk answers again: %v", refusal)
	}
	if refusal := check("other"); refusal == nil {
		t.Error("an edit that has failed took place all the same")
	}
}

// A file whose disk has never answered says nothing about the password.
func TestDiskOfHtpasswdWasAlwaysSilent(t *testing.T) {
	t.Parallel()
	c, err := conf.Parse("relay.toml", nil)
	if err != nil {
		t.Fatal(err)
	}
	h := NewGate(conf.NewLive(c)).htpasswd(filepath.Join(t.TempDir(), "users"))
	h.disk.Lock()
	defer h.disk.Unlock()
	if refusal := h.check(t.Context(), "192.0.2.1", "user", "secret"); refusal == nil || refusal.Status() != 503 || refusal.RetryAfter == 0 {
		t.Errorf("got %+v", refusal)
	}
}
