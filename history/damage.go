package history

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.uber.org/zap"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Changes to the file while it is open.
var (
	errDeleted  = errors.New("the file was deleted")
	errReplaced = errors.New("another file has replaced the one that was opened")
	errUnlocked = errors.New("the lock of the file was deleted")
	errDamaged  = errors.New("the file is damaged")
)

// lookEvery is how often the file is checked for such changes.
const lookEvery = 5 * time.Second

// Extensions of the files beside the history after damage: the damaged file, followed
// by the time, and an unfinished copy.
const (
	damagedExt = ".damaged-"
	rescueExt  = ".rescue"
)

// header begins every SQLite database.
const header = "SQLite format 3\x00"

// state returns the change to the file since it was opened, or nil.
func (d *database) state() error {
	at, err := os.Stat(d.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errDeleted
	case err != nil:
		return err
	}
	opened, err := d.file.Stat()
	switch {
	case err != nil:
		return err
	case !os.SameFile(at, opened):
		return errReplaced
	case !hasHeader(d.file):
		return errDamaged
	case !d.lock.Held():
		return errUnlocked
	}
	d.wal, _ = os.Stat(d.path + "-wal")
	return nil
}

// removeWAL removes the write-ahead log that stays behind when a file is closed that is
// no longer at its path: SQLite would apply it to the next file there.
func (d *database) removeWAL() {
	if at, err := os.Stat(d.path + "-wal"); err == nil && d.wal != nil && os.SameFile(at, d.wal) {
		os.Remove(d.path + "-wal")
		os.Remove(d.path + "-shm")
	}
}

func hasHeader(f *os.File) bool {
	begin := make([]byte, len(header))
	_, err := f.ReadAt(begin, 0)
	return err == nil && string(begin) == header
}

// isDatabase reports whether the file at path looks like a database. path must not be
// the open file: closing another descriptor of it would release its locks.
func isDatabase(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return hasHeader(f)
}

// isDamage reports whether err means that a file is damaged.
func isDamage(err error) bool {
	var said *sqlite.Error
	if errors.As(err, &said) {
		code := said.Code() & 0xff // without the extended part of the code
		return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
	}
	return errors.Is(err, errDamaged)
}

// suspect notes that a report found the file damaged, and makes the writer examine it.
func (s *Store) suspect(err error) {
	if s != nil && isDamage(err) {
		s.suspected.Store(true)
	}
}

// examine checks the whole file, as it is on the disk.
func (d *database) examine() error {
	fresh, err := sql.Open("sqlite", dsn(d.path, "query_only(1)")) // the other connections have cached pages
	if err != nil {
		return err
	}
	defer fresh.Close()
	var said string
	if err := fresh.QueryRow(`PRAGMA quick_check(1)`).Scan(&said); err != nil {
		return err
	}
	if said != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, said)
	}
	return nil
}

// mend checks whether the open file is still at its path and undamaged, and repairs
// what it can. A deleted file is written again from the open one. Until that succeeds,
// the open file stays in use. The error means that the file is damaged.
func (w *writer) mend() error {
	if w.database == nil || w.path == "" {
		return nil
	}
	err := w.state()
	if w.store.suspected.Swap(false) && err == nil {
		if found := w.examine(); isDamage(found) {
			err = found
		}
	}
	switch {
	case err == nil || isDamage(err):
		w.orphaned = false
		return err
	case errors.Is(err, errUnlocked):
		w.close(err.Error())
		return nil
	case errors.Is(err, errReplaced) && isDatabase(w.path):
		w.store.log.Warn("the history file was replaced: the new one is used", zap.String("file", w.path))
		old := w.database
		w.close(err.Error())
		old.removeWAL()
		return nil
	case w.orphaned && time.Now().Before(w.rescueAt):
		return nil
	case errors.Is(err, errReplaced):
		if err = w.moveAside(); err == nil {
			err = w.rescue()
		}
	case errors.Is(err, errDeleted):
		err = w.rescue()
	}
	if w.orphaned = err != nil; w.orphaned {
		w.complain(err)
		w.rescueAt = time.Now().Add(w.wait)
		w.wait = min(2*w.wait, maxRetry)
	}
	return nil
}

// rescue writes a deleted file again. The open file still has all the data.
func (w *writer) rescue() error {
	path := w.path
	copied := path + rescueExt
	os.Remove(copied) // left by an earlier attempt
	f, err := makeFile(copied)
	if err != nil {
		return fmt.Errorf("%w, and cannot be written again: %w", errDeleted, err)
	}
	f.Close()
	if _, err := w.Exec(`VACUUM INTO ?`, copied); err != nil {
		os.Remove(copied)
		return fmt.Errorf("%w, and cannot be written again: %w", errDeleted, err)
	}
	w.removeWAL()
	if err := os.Rename(copied, path); err != nil {
		return fmt.Errorf("%w, and cannot be written again: %w", errDeleted, err)
	}
	w.close(errDeleted.Error())
	w.store.log.Warn("the history file was deleted while in use, and was written again: to start empty, stop the server first",
		zap.String("file", path))
	return nil
}

// setAside renames a damaged file, so that a new one can be created.
func (w *writer) setAside(cause error) error {
	w.store.fault.Failed(cause)
	if err := w.moveAside(); err != nil {
		return fmt.Errorf("%w, and cannot be set aside: %w", cause, err)
	}
	w.close(cause.Error())
	return nil
}

// moveAside renames the file at the path of the history.
func (w *writer) moveAside() error {
	path, err := filepath.Abs(w.store.conf.File)
	if err != nil {
		return err
	}
	aside := path + damagedExt + time.Now().UTC().Format("20060102T150405.000Z")
	if err := os.Rename(path, aside); err != nil {
		return err
	}
	os.Rename(path+"-wal", aside+"-wal") // it may hold data that the file lacks
	w.unharmed = false
	w.store.log.Error("the history file is damaged: it was set aside, and reports start empty",
		zap.String("file", path), zap.String("set aside", aside))
	return nil
}

// findDamaged lists the damaged files beside the open one. Once there are none, it does
// not search again until this file is damaged.
func (w *writer) findDamaged() {
	s := w.store
	if s.conf.File == "" || w.unharmed {
		return
	}
	var found []string
	entries, _ := os.ReadDir(filepath.Dir(s.conf.File))
	for _, entry := range entries {
		if name := entry.Name(); strings.HasPrefix(name, filepath.Base(s.conf.File)+damagedExt) && !strings.HasSuffix(name, "-wal") {
			found = append(found, name)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.damaged = found
	w.unharmed = len(found) == 0
}
