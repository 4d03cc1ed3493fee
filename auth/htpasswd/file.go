package htpasswd

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/internal/disk"
	"relay/internal/logging"
)

// RereadAfter is the time between two looks at a file.
const RereadAfter = time.Second

const (
	diskPatience = 2 * time.Second // for the disk of a file
	maxFile      = 16 << 20        // bytes
	maxPassword  = 256             // bytes; the time that SHA-crypt takes grows with their square
	maxProblems  = 10              // broken lines of a file that are logged
)

// File is an htpasswd file: a name and the hash of a password on each line. It is read
// again when it has changed. While it cannot be read, no login is right. Safe for
// concurrent use.
type File struct {
	path    string
	hashing *Hashing
	log     *zap.Logger

	disk sync.Mutex  // held while the file is read or replaced, which may take for ever
	info os.FileInfo // of the file as last read; nil if it was not. Guarded by disk

	mu     sync.Mutex
	looked time.Time    // when the file was last looked at
	read   *snapshot    // never nil after the first look
	silent bool         // the disk did not answer the last look
	held   logging.Held // lines logged under mu or disk

	seen, settled *snapshot // see Changed
}

// New returns the file at path, which need not exist yet. The file is read when it is
// needed.
func New(path string, hashing *Hashing, log *zap.Logger) *File {
	return &File{path: path, hashing: hashing, log: log}
}

// Users returns the names in the file, in its order.
func (f *File) Users() []string { return slices.Clone(f.snapshot().names) }

// Verdict is the outcome of a check.
type Verdict struct {
	Result Result
	Reason string // in words for the log; empty if Result is Right or Busy
}

// Result is the result of a check.
type Result int

// The results of a check.
const (
	Wrong      Result = iota // the password is not the user's, or there is no such user
	Right                    // the password is the user's
	TooLong                  // the password is too long to be compared, and counts as no guess
	Busy                     // the turn to hash the password did not come
	Unreadable               // the file cannot be read
)

// Check checks a login that came from an IP address. It may wait for its turn to hash
// the password until ctx ends, TurnTimeout at most.
func (f *File) Check(ctx context.Context, ip netip.Addr, user, password string) Verdict {
	s := f.snapshot()
	switch {
	case s.failure != nil:
		return Verdict{Unreadable, fmt.Sprintf("nobody may listen while %s cannot be read: %v", f.path, s.failure)}
	case len(password) > maxPassword:
		return Verdict{TooLong, fmt.Sprintf("the password for user %q is longer than %d bytes", user, maxPassword)}
	case s.remembers(user, password):
		return Verdict{Result: Right}
	}
	right, looked := f.hashing.Match(ctx, ip, s.pair(user, password), func() bool { return s.matches(user, password) })
	switch {
	case !looked:
		return Verdict{Result: Busy}
	case right:
		return Verdict{Result: Right}
	case s.has(user):
		return Verdict{Wrong, fmt.Sprintf("wrong password for user %q", user)}
	default:
		return Verdict{Wrong, fmt.Sprintf("there is no user %q in %s", user, f.path)}
	}
}

// Entry returns the digest of the user's hash; zero if the user has none.
func (f *File) Entry(user string) Entry { return f.snapshot().entries[user] }

// StillHas reports whether the user's line in the file is the one that Entry returned.
// While the file cannot be read it is taken to be.
func (f *File) StillHas(user string, e Entry) bool {
	s := f.snapshot()
	entry, there := s.entries[user]
	return s.failure != nil || there && entry == e
}

// Changed reports whether the file holds something else than at the last call that
// returned true. It must be called again and again, by one goroutine: a file that is
// being written may be empty for a moment, so new content counts when it is found twice.
func (f *File) Changed() bool {
	switch s := f.snapshot(); {
	case s.failure != nil || s == f.settled:
	case s != f.seen:
		f.seen = s
	default:
		f.settled = s
		return true
	}
	return false
}

// snapshot returns the content of the file, which it reads again if it has changed. While
// the disk does not answer, it returns the last content.
func (f *File) snapshot() *snapshot {
	defer f.held.Write()
	f.mu.Lock()
	read, looked := f.read, f.looked
	f.mu.Unlock()
	if read != nil && time.Since(looked) < RereadAfter {
		return read
	}
	now, err := disk.Look("read", f.path, diskPatience, func() (*snapshot, error) { return f.reread(), nil })
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil && !f.silent {
		f.held.Add(f.log.Check(zap.ErrorLevel, "the disk does not answer: who was in the file last may listen"), zap.String("file", f.path))
	}
	f.silent = err != nil
	switch {
	case err == nil:
		return now
	case read != nil:
		return read
	}
	return &snapshot{failure: disk.Reason(err)}
}

// reread returns the content of the file, which it reads if it has changed.
func (f *File) reread() *snapshot {
	f.disk.Lock()
	defer f.disk.Unlock()
	info, err := os.Stat(f.path)
	if err == nil && f.info != nil && disk.SameContent(info, f.info) {
		return f.note(nil)
	}
	var text []byte
	if err == nil {
		text, err = disk.ReadSmall(f.path, maxFile)
	}
	if err != nil {
		err = disk.Reason(err)
		f.info = nil
		if before := f.note(&snapshot{failure: err}); before == nil || before.failure == nil || before.failure.Error() != err.Error() {
			f.held.Add(f.log.Check(zap.ErrorLevel, "nobody may listen: the file cannot be read"), zap.String("file", f.path), zap.Error(err), logging.LimitPer(f.path))
		}
		return f.note(nil)
	}
	read, problems := parse(text)
	for i, p := range problems {
		if i == maxProblems {
			f.held.Add(f.log.Check(zap.WarnLevel, "more lines skipped"), zap.String("file", f.path), zap.Int("lines", len(problems)-i))
			break
		}
		f.held.Add(f.log.Check(zap.WarnLevel, "line skipped"), zap.String("file", f.path), zap.Int("line", p.line), zap.String("problem", p.text))
	}
	f.info = info
	f.note(read)
	return read
}

// note notes that the file was looked at now and holds read; nil means that it has not
// changed. It returns the content known before.
func (f *File) note(read *snapshot) (before *snapshot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before, f.looked = f.read, time.Now()
	if read != nil {
		f.read = read
	}
	return before
}
