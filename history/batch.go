package history

import (
	"database/sql"
	"errors"
	"time"

	"relay/internal/netconn"
)

// shortestPlay is how long a title must be on the air to count as a play. A source, an
// upstream server or a mount that begins sends its last seconds at once, so past titles
// may go by within a moment. A title that is corrected at once was not heard either.
const shortestPlay = time.Second

// batch is a transaction in which entries are written.
type batch struct {
	*database
	tx         *sql.Tx
	statements map[string]*sql.Stmt
}

// save writes all entries or none of them. It calls commit to commit the transaction.
func (d *database) save(entries []entry, commit func(*sql.Tx) error) error {
	tx, err := d.Begin()
	if err != nil {
		return err
	}
	p := &batch{database: d, tx: tx, statements: map[string]*sql.Stmt{}}
	for _, e := range entries {
		if err = e.write(p); err != nil {
			break
		}
	}
	if err == nil {
		err = commit(tx)
	}
	if err != nil {
		tx.Rollback()
		d.mounts.forget()
		d.agents.forget()
	}
	return err
}

func (p *batch) statement(query string) (*sql.Stmt, error) {
	if s := p.statements[query]; s != nil {
		return s, nil
	}
	s, err := p.tx.Prepare(query)
	if err == nil {
		p.statements[query] = s // closed with the transaction
	}
	return s, err
}

func (p *batch) do(query string, args ...any) (sql.Result, error) {
	s, err := p.statement(query)
	if err != nil {
		return nil, err
	}
	return s.Exec(args...)
}

func (p *batch) insert(query string, args ...any) (id int64, err error) {
	result, err := p.do(query, args...)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

// update runs an UPDATE and returns how many rows it changed.
func (p *batch) update(query string, args ...any) (rows int64, err error) {
	result, err := p.do(query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (p *batch) exec(query string, args ...any) error {
	_, err := p.do(query, args...)
	return err
}

// get reads one row. If there is none, it leaves the targets unchanged.
func (p *batch) get(query string, args []any, into ...any) error {
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

func (l Session) write(p *batch) error {
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
		mount, agent, p.who(netconn.Text(l.Addr), player), since, since+max(0, l.Stayed.Milliseconds()), p.kept(netconn.Text(l.Addr)), clip(l.User), l.Bytes, l.Reason)
}

// endTitle ends the current title of a mount. A title too short to be heard is deleted,
// since it is no play. A clock that was set back cannot end a title before its
// beginning.
func (p *batch) endTitle(mount, until int64) error {
	if err := p.exec(`DELETE FROM titles WHERE mount = ?1 AND until IS NULL AND ?2 - since BETWEEN 0 AND ?3`,
		mount, until, shortestPlay.Milliseconds()-1); err != nil {
		return err
	}
	return p.exec(`UPDATE titles SET until = max(since, ?) WHERE mount = ? AND until IS NULL`, until, mount)
}

func (t Track) write(p *batch) error {
	mount, err := p.mounts.id(p, t.Mount)
	if err != nil {
		return err
	}
	var playing int64
	if err := p.get(`SELECT play FROM titles WHERE mount = ? AND until IS NULL`, []any{mount}, &playing); err != nil {
		return err
	}
	if t.Play != 0 && t.Play == playing {
		return nil
	}
	since := t.Since.UnixMilli()
	if err := p.endTitle(mount, since); err != nil || t.Play == 0 {
		return err
	}
	return p.exec(`INSERT INTO titles (mount, play, part, title, since, listeners)
		VALUES (?1, ?2, EXISTS (SELECT 1 FROM titles WHERE play = ?2 AND mount = ?1), ?3, ?4, ?5)`,
		mount, t.Play, clip(t.Title), since, t.Listeners)
}

// write adds an airtime that has begun, unless the file has it already: after a file is
// reopened, the inputs that are on the air may be written again.
func (b begun) write(p *batch) error {
	mount, err := p.mounts.id(p, b.Mount)
	if err != nil {
		return err
	}
	return p.exec(`INSERT INTO sources (mount, kind, addr, agent, user, since, reason) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ''
		WHERE NOT EXISTS (SELECT 1 FROM sources WHERE mount = ?1 AND kind = ?2 AND since = ?6 AND until IS NULL)`,
		mount, b.Kind, p.kept(netconn.Text(b.Addr)), clip(b.Agent), clip(b.User), b.Since.UnixMilli())
}

// write ends an airtime. Its row may be missing: the beginning was lost, or is in
// another file.
func (s Airtime) write(p *batch) error {
	mount, err := p.mounts.id(p, s.Mount)
	if err != nil {
		return err
	}
	since := s.Since.UnixMilli()
	until := since + max(0, s.Stayed.Milliseconds())
	if err := p.endTitle(mount, until); err != nil {
		return err
	}
	ended, err := p.update(`UPDATE sources SET until = ?, reason = ? WHERE mount = ? AND kind = ? AND since = ? AND (until IS NULL OR reason = ?)`,
		until, clip(s.Reason), mount, s.Kind, since, killed)
	if err != nil || ended > 0 {
		return err
	}
	return p.exec(`INSERT INTO sources (mount, kind, addr, agent, user, since, until, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		mount, s.Kind, p.kept(netconn.Text(s.Addr)), clip(s.Agent), clip(s.User), since, until, clip(s.Reason))
}

func (s sampled) write(p *batch) error {
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
