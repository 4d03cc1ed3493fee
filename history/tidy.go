package history

import "time"

const (
	// tidyEvery is how often what is too old is looked for.
	tidyEvery = 10 * time.Minute

	// tidyAtOnce is how many rows are deleted in one transaction.
	tidyAtOnce = 10_000

	// mostInMemory is how many rows of each table are kept without a file.
	mostInMemory = 50_000

	// spareInMemory is how many entries may come before it is looked again.
	spareInMemory = 10_000
)

// tidy deletes what is too old or, without a file, too much.
func (w *writer) tidy() error {
	var removed int64
	for _, table := range []struct{ name, since string }{
		{"listening", "until"}, {"titles", "ifnull(until, since)"}, {"sources", "until"},
	} {
		if keep := w.store.conf.Keep.Duration(); keep > 0 {
			n, err := w.remove(`DELETE FROM `+table.name+` WHERE rowid IN (SELECT rowid FROM `+table.name+
				` WHERE since < ?1 AND `+table.since+` < ?1 ORDER BY since LIMIT ?2)`, w.store.Now().Add(-keep).UnixMilli())
			if err != nil {
				return err
			}
			removed += n
		}
		if w.path == "" {
			n, err := w.remove(`DELETE FROM `+table.name+` WHERE rowid IN (SELECT rowid FROM `+table.name+
				` ORDER BY rowid DESC LIMIT ?2 OFFSET ?1)`, mostInMemory)
			if err != nil {
				return err
			}
			removed += n
		}
	}
	if err := w.tidySamples(); err != nil {
		return err
	}
	if removed == 0 {
		return nil
	}
	w.agents.forget()
	_, err := w.Exec(`DELETE FROM agents WHERE id NOT IN (SELECT agent FROM listening)`)
	return err
}

func (w *writer) tidySamples() error {
	if keep := w.store.conf.Keep.Duration(); keep > 0 {
		_, err := w.remove(`DELETE FROM samples WHERE (at, mount) IN (SELECT at, mount FROM samples WHERE at < ?1 LIMIT ?2)`,
			w.store.Now().Add(-keep).UnixMilli())
		if err != nil {
			return err
		}
	}
	if w.path == "" {
		_, err := w.remove(`DELETE FROM samples WHERE (at, mount) IN (SELECT at, mount FROM samples ORDER BY at DESC LIMIT ?2 OFFSET ?1)`, mostInMemory)
		return err
	}
	return nil
}

// remove deletes rows, some at a time, until there are no more.
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

// endOpenTitles ends what was on the air when a server was killed, at the last
// moment it is known to have run.
func (d *database) endOpenTitles() error {
	_, err := d.Exec(`UPDATE titles SET until = max(since, ifnull((SELECT max(at) FROM samples), since)) WHERE until IS NULL`)
	return err
}
