package history

import "database/sql"

// killed is the reason of an airtime or stay whose end was never recorded.
const killed = "the server was killed"

// airtimeKey identifies an airtime.
type airtimeKey struct {
	mount, kind string
	since       int64
}

func (s Airtime) key() airtimeKey { return airtimeKey{s.Mount, s.Kind, s.Since.UnixMilli()} }

// seen returns when a server last wrote to the file, Unix ms; invalid: never.
func (d *database) seen() (at sql.NullInt64, err error) {
	err = d.QueryRow(`SELECT ` + lastSeen).Scan(&at)
	return at, err
}

// takeUp ends the rows that are open in the file but not on the air: a server that was
// killed could not end them, or the file is an older copy. They end when the file was
// last written.
func (d *database) takeUp(onAir []Airtime, present []Session, seen sql.NullInt64) error {
	airtimes, plays := map[airtimeKey]bool{}, map[playOn]bool{}
	for _, on := range onAir {
		airtimes[on.key()] = true
		plays[playOn{on.Mount, on.Play}] = true
	}
	tx, err := d.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	over, err := openRows(tx, `SELECT sources.rowid, name, kind, since FROM sources JOIN mounts ON mounts.id = mount WHERE until IS NULL`,
		func(t *airtimeKey) []any { return []any{&t.mount, &t.kind, &t.since} }, airtimes)
	if err != nil {
		return err
	}
	for _, row := range over {
		if _, err := tx.Exec(`UPDATE sources SET until = max(since, ifnull(?, since)), reason = ? WHERE rowid = ?`, seen, killed, row); err != nil {
			return err
		}
	}
	over, err = openRows(tx, `SELECT titles.rowid, name, play FROM titles JOIN mounts ON mounts.id = mount WHERE until IS NULL`,
		func(p *playOn) []any { return []any{&p.mount, &p.play} }, plays)
	if err != nil {
		return err
	}
	for _, row := range over {
		if _, err := tx.Exec(`UPDATE titles SET until = max(since, ifnull(?, since)) WHERE rowid = ?`, seen, row); err != nil {
			return err
		}
	}
	if err := endStays(tx, present, seen); err != nil {
		return err
	}
	return tx.Commit()
}

// openRows returns the row numbers that a query finds, without those in goOn.
func openRows[K comparable](tx *sql.Tx, query string, fields func(*K) []any, goOn map[K]bool) (over []int64, err error) {
	rows, err := tx.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var row int64
		var key K
		if err := rows.Scan(append([]any{&row}, fields(&key)...)...); err != nil {
			return nil, err
		}
		if !goOn[key] {
			over = append(over, row)
		}
	}
	return over, rows.Err()
}
