package history

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver

	"relay/conf"
	"relay/internal/filelock"
)

const (
	// busyFor is how long to wait for a database that another program has locked.
	busyFor = 2 * time.Second

	// readers is the maximum number of simultaneous reports.
	readers = 4

	// maxWAL is the size to which the write-ahead log is cut when it starts over, in
	// bytes.
	maxWAL = 4 << 20

	// Files beside the history: the lock of the server that writes it, and the time up
	// to which it was written.
	lockExt = ".lock"
	timeExt = ".time"
)

// database is an open history. Only one goroutine writes to it.
type database struct {
	*sql.DB         // for the writer
	read    *sql.DB // for reports
	addresses

	path string      // empty: in memory
	file *os.File    // for checks of the file; closed last, see Close
	wal  fs.FileInfo // of the write-ahead log, at the last check
	lock *filelock.Lock

	mounts, agents *names
}

// openDatabase opens or creates the configured file, or creates a database in memory.
// limit, which tests set, is called first.
func openDatabase(c conf.History, limit func(*sql.DB) error) (*database, error) {
	d := &database{}
	err := d.connect(c.File)
	if err == nil {
		err = d.prepare(c, limit)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *database) connect(file string) (err error) {
	if file == "" {
		if d.DB, err = sql.Open("sqlite", "file::memory:"); err != nil {
			return err
		}
		d.DB.SetMaxOpenConns(1) // each connection would have a database of its own
		d.read = d.DB
		return nil
	}
	if d.path, err = filepath.Abs(file); err != nil {
		return err
	}
	if d.lock, err = takeFile(d.path); err != nil {
		return err
	}
	if d.file, err = makeFile(d.path); err != nil {
		return err
	}
	// Freed pages are used again, or returned if the maximum size of the file was
	// lowered.
	if d.DB, err = sql.Open("sqlite", dsn(d.path, "auto_vacuum(INCREMENTAL)", "journal_mode(WAL)", "synchronous(NORMAL)",
		fmt.Sprintf("journal_size_limit(%d)", maxWAL))); err != nil {
		return err
	}
	d.DB.SetMaxOpenConns(1)
	if d.read, err = sql.Open("sqlite", dsn(d.path, "query_only(1)")); err != nil {
		return err
	}
	d.read.SetMaxOpenConns(readers)
	return nil
}

// takeFile locks a file against other servers: they would take this server's entries
// for those of a crashed one.
func takeFile(path string) (*filelock.Lock, error) {
	lock, err := filelock.Take(path + lockExt)
	var inUse *filelock.InUse
	if errors.As(err, &inUse) {
		inUse.Path = path
	}
	return lock, err
}

// makeFile creates a file that only its owner can read, if there is none: the files
// that SQLite puts beside it hold the same secrets. It does not create the folder: if a
// disk is not mounted, nothing should be written in its place.
func makeFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// dsn returns the address of a file for the driver.
func dsn(path string, pragmas ...string) string {
	q := url.Values{"_pragma": append(pragmas, fmt.Sprintf("busy_timeout(%d)", busyFor.Milliseconds())), "_txlock": {"immediate"},
		"mode": {"rw"}} // readers must not create a file that was deleted
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}).String()
}

func (d *database) prepare(c conf.History, limit func(*sql.DB) error) error {
	if limit != nil {
		if err := limit(d.DB); err != nil {
			return err
		}
	}
	if err := migrate(d.DB); err != nil {
		return err
	}
	d.addresses.hashed = c.HashIP
	if err := d.QueryRow(`SELECT salt FROM secret`).Scan(&d.salt); err != nil {
		return err
	}
	d.mounts, d.agents = newNames("mounts"), newNames("agents")
	return nil
}

// Close closes all connections and releases the lock of the file.
func (d *database) Close() (err error) {
	if d.DB != nil {
		err = d.DB.Close()
	}
	if d.read != nil && d.read != d.DB {
		err = errors.Join(err, d.read.Close())
	}
	if d.file != nil { // after SQLite, whose locks on the file end with any close of it
		d.file.Close()
	}
	if d.lock != nil {
		d.lock.Release()
	}
	return err
}
