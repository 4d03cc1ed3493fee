package history

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
)

// Times are Unix milliseconds. A row of mounts or agents stands for a text that would
// otherwise be repeated in millions of rows.
//
// listening.who stands for the listener: a hash of address, player and salt. Both
// indexes of the table hold all that reports need. A listener that was present in a
// span either came at most a day before it, or has a row in the second, small index
// (see stays). A third index, small too, holds the stays that ended by a move (see
// moves).
//
// A row of brief is the sum of the stays of less than a minute, of one client prefix on
// one mount, that ended in one minute and got no row in listening (see briefStays).
// client is the prefix as addresses are stored, ms is the total listening time.
//
// A row of sources or titles without until is on the air, or was when the server was
// killed (see takeUp).
//
// A row of present is a listener that was present at a stamp and has not left since, or
// was present when the server was killed. Reports do not read it.
//
// A row of uptimes is a time during which the server ran (see upTime). Times before
// that table existed follow from the samples, one a minute.
//
// A row of titles is a title that was on the air of a mount without a break. Rows with
// the same play are one playing of it: on each mount the first row has part 0, and the
// others follow after interruptions. Rows that are older than plays have negative
// plays, each its own.
//
// migrations bring a database from each version to the next; PRAGMA user_version is the
// number of those done.
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
`, `
CREATE TABLE uptimes (since INTEGER PRIMARY KEY, until INTEGER NOT NULL);
INSERT INTO uptimes SELECT min(at), max(at) FROM (
	SELECT at, sum(begins) OVER (ORDER BY at) AS run FROM (
		SELECT at, at - lag(at, 1, 0) OVER (ORDER BY at) > 90000 AS begins FROM (SELECT DISTINCT at FROM samples)
	)
) GROUP BY run;
`, `
ALTER TABLE titles ADD COLUMN play INTEGER NOT NULL DEFAULT 0;
ALTER TABLE titles ADD COLUMN part INTEGER NOT NULL DEFAULT 0;
UPDATE titles SET play = -rowid;
CREATE INDEX titles_play ON titles (play, mount);
CREATE INDEX titles_parts ON titles (since) WHERE part;
`, `
DROP INDEX sources_since;
ALTER TABLE sources RENAME TO sources_before;
CREATE TABLE sources (
	mount  INTEGER NOT NULL REFERENCES mounts,
	kind   TEXT NOT NULL,
	addr   TEXT NOT NULL,
	agent  TEXT NOT NULL,
	user   TEXT NOT NULL,
	since  INTEGER NOT NULL,
	until  INTEGER,
	reason TEXT NOT NULL
);
INSERT INTO sources SELECT * FROM sources_before;
DROP TABLE sources_before;
CREATE INDEX sources_since ON sources (since, until);
CREATE INDEX sources_open ON sources (mount) WHERE until IS NULL;
`, `
CREATE TABLE present (
	stay  INTEGER NOT NULL,
	mount INTEGER NOT NULL REFERENCES mounts,
	agent INTEGER NOT NULL REFERENCES agents,
	who   INTEGER NOT NULL,
	since INTEGER NOT NULL,
	addr  TEXT NOT NULL,
	user  TEXT NOT NULL,
	bytes INTEGER NOT NULL,
	PRIMARY KEY (stay, since)
) WITHOUT ROWID;
`, `
CREATE INDEX listening_moved ON listening (until, mount, who) WHERE reason = 'moved';
`}

// migrate brings a database up to date, and returns an error for one that is not ours.
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
		return fmt.Errorf("the file was written by a newer relay: its version is %d, and this relay knows %d", version, len(migrations))
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
