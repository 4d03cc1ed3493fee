package history

import (
	"database/sql"
	"errors"
	"time"
)

// resumedWithin is how long a title may be off the air and still go on: a
// source that was lost for a moment.
const resumedWithin = time.Minute

// page is a transaction in which entries are written.
type page struct {
	*database
	tx         *sql.Tx
	statements map[string]*sql.Stmt
}

// save writes entries, all or none.
func (d *database) save(entries []entry) error {
	tx, err := d.Begin()
	if err != nil {
		return err
	}
	p := &page{database: d, tx: tx, statements: map[string]*sql.Stmt{}}
	for _, e := range entries {
		if err = e.write(p); err != nil {
			break
		}
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		tx.Rollback()
		d.mounts.forget()
		d.agents.forget()
	}
	return err
}

func (p *page) statement(query string) (*sql.Stmt, error) {
	if s := p.statements[query]; s != nil {
		return s, nil
	}
	s, err := p.tx.Prepare(query)
	if err == nil {
		p.statements[query] = s // closed with the transaction
	}
	return s, err
}

func (p *page) insert(query string, args ...any) (id int64, err error) {
	s, err := p.statement(query)
	if err != nil {
		return 0, err
	}
	result, err := s.Exec(args...)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

func (p *page) exec(query string, args ...any) error {
	_, err := p.insert(query, args...)
	return err
}

// get reads one row. Without one, the targets stay what they are.
func (p *page) get(query string, args []any, into ...any) error {
	s, err := p.statement(query)
	if err != nil {
		return err
	}
	err = s.QueryRow(args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

func (l Listening) write(p *page) error {
	mount, err := p.mounts.id(p, l.Mount)
	if err != nil {
		return err
	}
	player := clip(l.Agent)
	agent, err := p.agents.id(p, player)
	if err != nil {
		return err
	}
	since := l.Since.UnixMilli()
	return p.exec(`INSERT INTO listening (mount, agent, who, since, until, addr, user, bytes, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		mount, agent, p.who(l.Addr, player), since, since+max(0, l.Stayed.Milliseconds()), p.kept(l.Addr), clip(l.User), l.Bytes, l.Reason)
}

// endTitle ends what a mount plays. A clock that was set back may not end it
// before it began.
const endTitle = `UPDATE titles SET until = max(since, ?) WHERE mount = ? AND until IS NULL`

func (t Track) write(p *page) error {
	mount, err := p.mounts.id(p, t.Mount)
	if err != nil {
		return err
	}
	title, since := clip(t.Title), t.Since.UnixMilli()
	var last, ended int64 // rowid; time, 0 for one that is still on the air
	var lastTitle string
	if err := p.get(`SELECT rowid, title, ifnull(until, 0) FROM titles WHERE mount = ? ORDER BY rowid DESC LIMIT 1`,
		[]any{mount}, &last, &lastTitle, &ended); err != nil {
		return err
	}
	if last != 0 && lastTitle == title && (ended == 0 || since-ended < resumedWithin.Milliseconds()) {
		return p.exec(`UPDATE titles SET until = NULL WHERE rowid = ?`, last)
	}
	if err := p.exec(endTitle, since, mount); err != nil {
		return err
	}
	return p.exec(`INSERT INTO titles (mount, title, since, listeners) VALUES (?, ?, ?, ?)`, mount, title, since, t.Listeners)
}

func (s Session) write(p *page) error {
	mount, err := p.mounts.id(p, s.Mount)
	if err != nil {
		return err
	}
	since := s.Since.UnixMilli()
	until := since + max(0, s.Stayed.Milliseconds())
	if err := p.exec(endTitle, until, mount); err != nil {
		return err
	}
	return p.exec(`INSERT INTO sources (mount, kind, addr, agent, user, since, until, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		mount, s.Kind, p.kept(s.Addr), clip(s.Agent), clip(s.User), since, until, clip(s.Reason))
}

func (s sampled) write(p *page) error {
	for name, n := range s.listeners {
		mount, err := p.mounts.id(p, name)
		if err != nil {
			return err
		}
		if err := p.exec(`INSERT OR REPLACE INTO samples VALUES (?, ?, ?)`, s.at.UnixMilli(), mount, n); err != nil {
			return err
		}
	}
	return nil
}
