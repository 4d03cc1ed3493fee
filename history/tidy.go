package history

import (
	"database/sql"
	"time"
)

const (
	// tidyEvery is how often old rows are deleted.
	tidyEvery = 10 * time.Minute

	// tidyAtOnce is how many rows are deleted in one transaction.
	tidyAtOnce = 10_000

	// maxInMemory is how many rows of each table are kept without a file.
	maxInMemory = 50_000

	// spareInMemory is how many entries may be written between two deletions without a
	// file.
	spareInMemory = 10_000
)

// tidy deletes rows that are too old or, without a file, too many.
func (w *writer) tidy() error {
	now := w.witness.Now(w.newest)
	var removed int64
	for _, table := range []struct{ name, since string }{
		{"listening", "until"}, {"titles", "until"}, {"sources", "until"},
	} {
		if keep := w.store.conf.Keep.Duration(); keep > 0 {
			n, err := w.remove(`DELETE FROM `+table.name+` WHERE rowid IN (SELECT rowid FROM `+table.name+
				` WHERE since < ?1 AND `+table.since+` < ?1 ORDER BY since LIMIT ?2)`, now.Add(-keep).UnixMilli())
			if err != nil {
				return err
			}
			removed += n
		}
		if w.path == "" {
			n, err := w.remove(`DELETE FROM `+table.name+` WHERE rowid IN (SELECT rowid FROM `+table.name+
				` ORDER BY rowid DESC LIMIT ?2 OFFSET ?1)`, maxInMemory)
			if err != nil {
				return err
			}
			removed += n
		}
	}
	if err := w.tidyMinutes(now); err != nil {
		return err
	}
	if keep := w.store.conf.Keep.Duration(); keep > 0 {
		if err := forgetUptimes(w, now.Add(-keep).UnixMilli()); err != nil {
			return err
		}
	}
	n, err := w.tidyFuture(now)
	if err != nil {
		return err
	}
	if removed += n; removed == 0 {
		return nil
	}
	return w.tidyAgents()
}

// tidyAgents deletes the names of players that no row uses any more.
func (w *writer) tidyAgents() error {
	w.agents.forget()
	_, err := w.Exec(`DELETE FROM agents WHERE id NOT IN (SELECT agent FROM listening UNION SELECT agent FROM brief UNION SELECT agent FROM present)`)
	return err
}

// tidyMinutes deletes the old rows of the tables with a row for each minute.
func (w *writer) tidyMinutes(now time.Time) error {
	for table, key := range map[string]struct{ at, all string }{
		"samples": {"at", "at, mount"}, "brief": {"minute", "minute, mount, client"},
	} {
		rows := `DELETE FROM ` + table + ` WHERE (` + key.all + `) IN (SELECT ` + key.all + ` FROM ` + table
		if keep := w.store.conf.Keep.Duration(); keep > 0 {
			if _, err := w.remove(rows+` WHERE `+key.at+` < ?1 LIMIT ?2)`, now.Add(-keep).UnixMilli()); err != nil {
				return err
			}
		}
		if w.path == "" {
			if _, err := w.remove(rows+` ORDER BY `+key.at+` DESC LIMIT ?2 OFFSET ?1)`, maxInMemory); err != nil {
				return err
			}
		}
	}
	return nil
}

// tidyFuture deletes rows that were written while the clock was ahead, once they have
// existed for as long as rows are kept: their own time may be years ahead.
func (w *writer) tidyFuture(now time.Time) (removed int64, err error) {
	keep := w.store.conf.Keep.Duration()
	if keep == 0 || w.witness.Doubt() > 0 {
		return 0, nil
	}
	for table, at := range map[string]string{"listening": "since", "titles": "since", "sources": "since", "samples": "at", "brief": "minute"} {
		var last sql.NullInt64
		if err := w.QueryRow(`SELECT max(` + at + `) FROM ` + table).Scan(&last); err != nil {
			return removed, err
		}
		claims := time.UnixMilli(last.Int64)
		if seen := w.witness.Dated(claims); !last.Valid || seen.Equal(claims) || now.Sub(seen) <= keep {
			continue
		}
		result, err := w.Exec(`DELETE FROM `+table+` WHERE `+at+` > ?`, now.Add(time.Hour).UnixMilli())
		if err != nil {
			return removed, err
		}
		n, _ := result.RowsAffected()
		removed += n
	}
	return removed, nil
}

// newest returns the time of the newest row from before now. Samples are taken every
// minute.
func (w *writer) newest(now time.Time) time.Time {
	var newest sql.NullInt64
	err := w.QueryRow(`SELECT max(at) FROM (SELECT max(at) AS at FROM samples WHERE at <= ?1
		UNION SELECT max(since) FROM listening WHERE since <= ?1
		UNION SELECT max(since) FROM titles WHERE since <= ?1
		UNION SELECT max(since) FROM sources WHERE since <= ?1)`, now.UnixMilli()).Scan(&newest)
	if err != nil || !newest.Valid {
		return time.Time{}
	}
	return time.UnixMilli(newest.Int64)
}

// remove deletes rows, some at a time, until none are left.
func (w *writer) remove(query string, bound int64) (removed int64, err error) {
	for {
		result, err := w.Exec(query, bound, tidyAtOnce)
		if err != nil {
			return removed, err
		}
		n, err := result.RowsAffected()
		removed += n
		if err != nil || n < tidyAtOnce {
			return removed, err
		}
	}
}
