package history

import (
	"database/sql"
	"time"

	"relay/internal/netconn"
)

// arrived is a listener that is present at a stamp. Its stay would be lost if the
// server were killed.
type arrived struct{ Session }

// left removes a noted stay whose end has been written.
type left struct {
	stay  uint64
	since time.Time
}

// noted is a stay with a row in the table present, written or about to be.
type noted struct {
	since time.Time
	at    time.Time // the last stamp at which the listener was present
}

// notePresent adds an entry to the batch for each present listener that came since the
// last stamp. Without a file it does nothing, since nothing survives a kill.
func (w *writer) notePresent() {
	if w.store.conf.File == "" {
		return
	}
	for _, l := range w.store.present.Sessions() {
		if _, known := w.noted[l.ID]; !known {
			w.batch = append(w.batch, arrived{l})
		}
		w.noted[l.ID] = noted{l.Since, w.up.until}
	}
	for id, n := range w.noted { // the end was lost, since the queue was full
		if w.up.until.Sub(n.at).Abs() > 2*stampEvery {
			w.notePast(id)
		}
	}
}

// notePast removes the note of a stay that ends.
func (w *writer) notePast(id uint64) {
	if n, known := w.noted[id]; known {
		delete(w.noted, id)
		w.batch = append(w.batch, left{id, n.since})
	}
}

func (a arrived) write(p *batch) error {
	mount, err := p.mounts.id(p, a.Mount)
	if err != nil {
		return err
	}
	player := clip(a.Agent)
	agent, err := p.agents.id(p, player)
	if err != nil {
		return err
	}
	return p.exec(`INSERT OR IGNORE INTO present (stay, mount, agent, who, since, addr, user, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		int64(a.ID), mount, agent, p.who(netconn.Text(a.Addr), player), a.Since.UnixMilli(), p.kept(netconn.Text(a.Addr)), clip(a.User), a.Bytes)
}

func (l left) write(p *batch) error {
	return p.exec(`DELETE FROM present WHERE stay = ? AND since = ?`, int64(l.stay), l.since.UnixMilli())
}

// endStays ends the stays of listeners that were present at the last stamp of a server
// that was killed.
func endStays(tx *sql.Tx, present []Session, seen sql.NullInt64) error {
	type stay struct{ id, since int64 }
	here := map[stay]bool{}
	for _, l := range present {
		here[stay{int64(l.ID), l.Since.UnixMilli()}] = true
	}
	rows, err := tx.Query(`SELECT stay, since FROM present`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var over []stay
	for rows.Next() {
		var one stay
		if err := rows.Scan(&one.id, &one.since); err != nil {
			return err
		}
		if !here[one] {
			over = append(over, one)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, one := range over {
		if _, err := tx.Exec(`INSERT INTO listening (mount, agent, who, since, until, addr, user, bytes, reason)
			SELECT mount, agent, who, since, max(since, ifnull(?, since)), addr, user, bytes, ? FROM present WHERE stay = ? AND since = ?`,
			seen, killed, one.id, one.since); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM present WHERE stay = ? AND since = ?`, one.id, one.since); err != nil {
			return err
		}
	}
	return nil
}
