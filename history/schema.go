package history

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
)

// Times are Unix milliseconds. A row of mounts or agents stands for a text that
// would be repeated in millions of others.
//
// listening.who stands for the listener: address and player, hashed with the
// salt. Both its indexes hold all that reports need. Whoever was there in a
// span came no more than a day before it, or has a row in the second, small one
// (see stays).
//
// A row of brief is the stays of less than a minute, of one client prefix on one mount,
// that ended in one minute and found no room in listening (see briefStays): client is
// the prefix as addresses are kept, ms is how long they were together.
//
// migrations bring a database from each version to the next; PRAGMA
// user_version tells how many were done.
var migrations = []string{`
CREATE TABLE secret (salt BLOB NOT NULL);
CREATE TABLE mounts (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE agents (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

CREATE TABLE listening (
	mount   INTEGER NOT NULL REFERENCES mounts,
	agent   INTEGER NOT NULL REFERENCES agents,
	who     INTEGER NOT NULL,
	since   INTEGER NOT NULL,
	until   INTEGER NOT NULL,
	addr    TEXT NOT NULL,
	user    TEXT NOT NULL,
	country TEXT NOT NULL DEFAULT '',
	bytes   INTEGER NOT NULL,
	reason  TEXT NOT NULL
);
CREATE INDEX listening_since ON listening (since, until, mount, agent, who);
CREATE INDEX listening_long ON listening (until, since, mount, agent, who) WHERE until - since > 86400000;

CREATE TABLE titles (
	mount     INTEGER NOT NULL REFERENCES mounts,
	title     TEXT NOT NULL,
	since     INTEGER NOT NULL,
	until     INTEGER,
	listeners INTEGER NOT NULL
);
CREATE INDEX titles_since ON titles (since);
CREATE INDEX titles_mount ON titles (mount);
CREATE INDEX titles_open ON titles (mount) WHERE until IS NULL;

CREATE TABLE sources (
	mount  INTEGER NOT NULL REFERENCES mounts,
	kind   TEXT NOT NULL,
	addr   TEXT NOT NULL,
	agent  TEXT NOT NULL,
	user   TEXT NOT NULL,
	since  INTEGER NOT NULL,
	until  INTEGER NOT NULL,
	reason TEXT NOT NULL
);
CREATE INDEX sources_since ON sources (since, until);

CREATE TABLE samples (
	at        INTEGER NOT NULL,
	mount     INTEGER NOT NULL REFERENCES mounts,
	listeners INTEGER NOT NULL,
	PRIMARY KEY (at, mount)
) WITHOUT ROWID;
`, `
CREATE TABLE brief (
	minute   INTEGER NOT NULL,
	mount    INTEGER NOT NULL REFERENCES mounts,
	client   TEXT NOT NULL,
	agent    INTEGER NOT NULL REFERENCES agents,
	who      INTEGER NOT NULL,
	since    INTEGER NOT NULL,
	until    INTEGER NOT NULL,
	sessions INTEGER NOT NULL,
	ms       INTEGER NOT NULL,
	bytes    INTEGER NOT NULL,
	PRIMARY KEY (minute, mount, client)
) WITHOUT ROWID;
`}

// migrate brings a database up to date and refuses one that is not ours.
func migrate(db *sql.DB) error {
	var version, tables int
	if err := db.QueryRow(`PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	if err := db.QueryRow(`SELECT count(*) FROM sqlite_master`).Scan(&tables); err != nil {
		return err
	}
	switch {
	case version == 0 && tables > 0:
		return errors.New("the file is the database of another program")
	case version > len(migrations):
		return fmt.Errorf("the file was written by a newer relay: its version is %d, and this one knows %d", version, len(migrations))
	}
	for ; version < len(migrations); version++ {
		if err := migrateTo(db, version+1); err != nil {
			return err
		}
	}
	return nil
}

func migrateTo(db *sql.DB, version int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec(migrations[version-1]); err != nil {
		return err
	}
	if version == 1 {
		salt := make([]byte, 32)
		rand.Read(salt)
		if _, err := tx.Exec(`INSERT INTO secret VALUES (?)`, salt); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(fmt.Sprintf(`PRAGMA user_version = %d`, version)); err != nil {
		return err
	}
	return tx.Commit()
}
