package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/internal/disk"
	"relay/internal/logging"
)

const (
	rereadAfter  = time.Second     // between two looks at a file
	filePatience = 2 * time.Second // how long the disk of a file may take
	maxHtpasswd  = 16 << 20        // bytes of a file
	maxPassword  = 256             // bytes; SHA-crypt takes time by their square
	maxProblems  = 10              // broken lines of a file that are logged
)

// Htpasswd is a file of those who may listen: a name and the hash of a
// password on each line, as Apache's htpasswd and Icecast write it. It is read
// again when it has changed. While it cannot be read, nobody may listen.
// Safe for concurrent use.
type Htpasswd struct {
	path string
	gate *Gate

	disk sync.Mutex  // held by who reads or replaces the file, so perhaps for ever
	info os.FileInfo // of what was read; nil: nothing. Guarded by disk

	mu     sync.Mutex
	looked time.Time    // at the file
	read   *roll        // never nil once looked at
	silent bool         // the disk did not answer the last look
	held   logging.Held // lines that come up under mu or disk

	seen, settled *roll // of MembersChanged
}

// Htpasswd returns the file of those who may listen to mount, or nil if the
// mount has none.
func (g *Gate) Htpasswd(mount string) *Htpasswd {
	if path := g.conf.Config().Mount(mount).ListenerAuth.HtpasswdFile; path != "" {
		return g.htpasswd(path)
	}
	return nil
}

func (g *Gate) htpasswd(path string) *Htpasswd {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.files[path]
	if h == nil {
		h = &Htpasswd{path: path, gate: g}
		g.files[path] = h
	}
	return h
}

// Users returns the names in the file, in its order.
func (h *Htpasswd) Users() []string { return slices.Clone(h.roll().names) }

// check returns nil for the right login, which came from an IP address.
func (h *Htpasswd) check(ctx context.Context, ip, user, password string) *Refusal {
	r := h.roll()
	switch {
	case r.failure != nil:
		return &Refusal{Unavailable: true, RetryAfter: rereadAfter,
			Reason: fmt.Sprintf("nobody may listen while %s cannot be read: %v", h.path, r.failure)}
	case len(password) > maxPassword:
		return &Refusal{Reason: fmt.Sprintf("the password for user %q is longer than %d bytes", user, maxPassword)}
	case r.remembers(user, password):
		return nil
	}
	right, looked := h.gate.fits(ctx, ip, r.pair(user, password), func() bool { return r.matches(user, password) })
	switch {
	case !looked:
		return busy(ofUser(user))
	case right:
		return nil
	case r.has(user):
		return &Refusal{wrong: true, Reason: fmt.Sprintf("wrong password for user %q", user)}
	default:
		return &Refusal{wrong: true, Reason: fmt.Sprintf("there is no user %q in %s", user, h.path)}
	}
}

// roll returns what the file holds, and reads it again if it has changed. While the
// disk does not answer, that is what it held last.
func (h *Htpasswd) roll() *roll {
	defer h.held.Write()
	h.mu.Lock()
	read, looked := h.read, h.looked
	h.mu.Unlock()
	if read != nil && time.Since(looked) < rereadAfter {
		return read
	}
	now, err := disk.Look("read", h.path, filePatience, func() (*roll, error) { return h.reread(), nil })
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil && !h.silent {
		h.held.Add(h.gate.log.Check(zap.ErrorLevel, "the disk does not answer: who was in the file last may listen"), zap.String("file", h.path))
	}
	h.silent = err != nil
	switch {
	case err == nil:
		return now
	case read != nil:
		return read
	}
	return &roll{failure: reasonOf(err)}
}

// reread returns what the file holds, which it reads if it has changed.
func (h *Htpasswd) reread() *roll {
	h.disk.Lock()
	defer h.disk.Unlock()
	info, err := os.Stat(h.path)
	if err == nil && h.info != nil && sameContent(info, h.info) {
		return h.now(nil)
	}
	var text []byte
	if err == nil {
		text, err = readSmall(h.path, maxHtpasswd)
	}
	if err != nil {
		err = reasonOf(err)
		h.info = nil
		if before := h.now(&roll{failure: err}); before == nil || before.failure == nil || before.failure.Error() != err.Error() {
			h.held.Add(h.gate.log.Check(zap.ErrorLevel, "nobody may listen: the file cannot be read"), zap.String("file", h.path), zap.Error(err), logging.LimitPer(h.path))
		}
		return h.now(nil)
	}
	read, problems := parseHtpasswd(text)
	for i, p := range problems {
		if i == maxProblems {
			h.held.Add(h.gate.log.Check(zap.WarnLevel, "more lines skipped"), zap.String("file", h.path), zap.Int("lines", len(problems)-i))
			break
		}
		h.held.Add(h.gate.log.Check(zap.WarnLevel, "line skipped"), zap.String("file", h.path), zap.Int("line", p.line), zap.String("problem", p.text))
	}
	h.info = info
	h.now(read)
	return read
}

// now notes that the file was looked at now and holds read; nil: what it did. It
// returns what was known before.
func (h *Htpasswd) now(read *roll) (before *roll) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before, h.looked = h.read, time.Now()
	if read != nil {
		h.read = read
	}
	return before
}

// readSmall reads a file of no more than so many bytes, if it is one: opening a
// pipe would wait for somebody to write to it.
func readSmall(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("larger than %d MiB", most>>20)
	}
	return text, err
}

// reasonOf is what the system says, without the file's name again.
func reasonOf(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
