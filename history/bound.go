package history

import (
	"database/sql"
	"errors"
	"os"
	"time"

	"go.uber.org/zap"
)

// largestBatch exceeds the size of every batch, in bytes.
const largestBatch = 1 << 20

const (
	// chunk is how many of the oldest rows of a table are deleted at once.
	chunk = 2000

	// largeRow is the usual maximum size of a row in the file, in bytes. It keeps the
	// number of deleted rows as low as possible.
	largeRow = 800
)

// dated lists the tables together with their indexed column for the beginning of a row.
var dated = []struct{ table, at, may string }{
	{"listening", "since", ""}, {"titles", "since", " AND until IS NOT NULL"}, {"sources", "since", " AND until IS NOT NULL"}, {"samples", "at", ""}, {"brief", "minute", ""},
}

// keepSmall keeps the file below its maximum size: the oldest rows of all tables are
// deleted, and the space is used again.
func (w *writer) keepSmall() error {
	if w.path == "" {
		return nil
	}
	used, whole, err := w.pages()
	if err != nil {
		return err
	}
	w.store.size.Store(whole + sizeOf(w.path+"-wal"))
	bound := int64(w.store.conf.MaxSize)
	spare := max(bound/20, min(largestBatch, bound/4))
	if bound == 0 || used <= bound-spare && whole <= bound {
		return nil
	}
	target := bound - 2*spare // leave room, so that the next deletion is not due at once
	var removed int64
	var before time.Time
	for used > target {
		n, until, err := w.removeOldest(max(20, (used-target)/largeRow))
		if err != nil {
			return err
		}
		if n == 0 {
			break // the remaining rows are on the air
		}
		removed, before = removed+n, until
		if used, _, err = w.pages(); err != nil {
			return err
		}
	}
	if removed > 0 {
		w.store.log.Info("the history reached history.max_size: its oldest rows were removed", zap.String("file", w.path),
			zap.Int64("rows", removed), zap.Time("before", before))
	}
	if _, whole, err = w.pages(); err == nil && whole > bound {
		err = w.giveBack()
	}
	return err
}

// giveBack shrinks the file as far as possible.
func (d *database) giveBack() error {
	rows, err := d.Query(`PRAGMA incremental_vacuum`)
	if err != nil {
		return err
	}
	for rows.Next() { // each step frees a page
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	_, err = d.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`) // fails while a report is being read; the next checkpoint does it
	return err
}

// pages returns how much of the file is in use, and its whole size, in bytes.
func (d *database) pages() (used, whole int64, err error) {
	var size, count, free int64
	if err := d.QueryRow(`SELECT page_size, page_count, freelist_count FROM pragma_page_size, pragma_page_count, pragma_freelist_count`).Scan(&size, &count, &free); err != nil {
		return 0, 0, err
	}
	return size * (count - free), size * count, nil
}

func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// removeOldest removes the rows that began before a moment, up to most rows of each
// table. It returns how many rows it removed, and that moment.
func (w *writer) removeOldest(most int64) (removed int64, before time.Time, err error) {
	for ; most > 0; most -= chunk {
		moment, err := w.oldest(min(most, chunk))
		if err != nil || moment == 0 {
			return removed, before, err
		}
		before = time.UnixMilli(moment)
		tx, err := w.Begin()
		if err != nil {
			return removed, before, err
		}
		for _, d := range dated {
			result, err := tx.Exec(`DELETE FROM `+d.table+` WHERE `+d.at+` < ?`+d.may, moment)
			if err != nil {
				tx.Rollback()
				return removed, before, err
			}
			n, _ := result.RowsAffected()
			removed += n
		}
		if err := forgetUptimes(tx, moment); err != nil {
			tx.Rollback()
			return removed, before, err
		}
		if err := tx.Commit(); err != nil {
			return removed, before, err
		}
	}
	return removed, before, w.tidyAgents()
}

// oldest returns a moment before which every table has at most that many rows, and at
// least one table has rows; 0 if there are none.
func (w *writer) oldest(rows int64) (moment int64, err error) {
	var newest int64
	for _, d := range dated {
		var at, last sql.NullInt64
		err := w.QueryRow(`SELECT (SELECT `+d.at+` FROM `+d.table+` WHERE TRUE`+d.may+` ORDER BY `+d.at+` LIMIT 1 OFFSET ?1),
			(SELECT max(`+d.at+`) FROM `+d.table+` WHERE TRUE`+d.may+`)`, rows).Scan(&at, &last)
		if err != nil {
			return 0, err
		}
		if at.Valid && (moment == 0 || at.Int64 < moment) {
			moment = at.Int64
		}
		newest = max(newest, last.Int64)
	}
	if moment == 0 && newest != 0 { // each table has only a few
		moment = newest + 1
	}
	return moment, nil
}
