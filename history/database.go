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
)

const (
	// busyFor is how long a database may be locked by another program.
	busyFor = 2 * time.Second

	// readers is how many reports may be made at a time.
	readers = 4
)

// database is an open history. One goroutine writes.
type database struct {
	*sql.DB         // for the writer
	read    *sql.DB // for reports
	addresses

	path string // empty: in memory
	file fs.FileInfo

	mounts, agents *names
}

// openDatabase opens the configured file or makes it, or makes one in memory.
// limit, if any, is what a test does with it first.
func openDatabase(c conf.History, limit func(*sql.DB) error) (*database, error) {
	d := &database{}
	if err := d.connect(c.File); err != nil {
		return nil, err
	}
	err := d.prepare(c, limit)
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
		d.DB.SetMaxOpenConns(1) // another one would have a database of its own
		d.read = d.DB
		return nil
	}
	if d.path, err = filepath.Abs(file); err != nil {
		return err
	}
	if d.file, err = makeFile(d.path); err != nil {
		return err
	}
	if d.DB, err = sql.Open("sqlite", dsn(d.path, "journal_mode(WAL)", "synchronous(NORMAL)")); err != nil {
		return err
	}
	d.DB.SetMaxOpenConns(1)
	if d.read, err = sql.Open("sqlite", dsn(d.path, "query_only(1)")); err != nil {
		return err
	}
	d.read.SetMaxOpenConns(readers)
	return nil
}

// makeFile makes a file that only its owner can read, if there is none: what
// SQLite lays beside it is as secret. The folder is not made: where a disk is
// not mounted, nothing should be written in its place.
func makeFile(path string) (fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", path)
	}
	return info, err
}

// dsn is the address of a file for the driver.
func dsn(path string, pragmas ...string) string {
	q := url.Values{"_pragma": append(pragmas, fmt.Sprintf("busy_timeout(%d)", busyFor.Milliseconds())), "_txlock": {"immediate"}}
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

// errDeleted says that the file is gone: what goes into it nobody will see.
var errDeleted = errors.New("the file was deleted or replaced")

// check reports a file that is no longer where it was opened.
func (d *database) check() error {
	if d.path == "" {
		return nil
	}
	info, err := os.Stat(d.path)
	if err != nil || !os.SameFile(info, d.file) {
		return errDeleted
	}
	return nil
}

// Close closes all connections.
func (d *database) Close() error {
	err := d.DB.Close()
	if d.read != nil && d.read != d.DB {
		err = errors.Join(err, d.read.Close())
	}
	return err
}
