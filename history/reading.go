package history

import (
	"context"
	"database/sql"
	"slices"
	"sync"
	"time"
)

// settleWithin is how long a report waits for earlier entries to be written. If a disk
// hangs, the report may lack the last moments.
const settleWithin = 2 * time.Second

// reading is the history at one moment, for a report: ended stays and airtimes are in
// the database, current ones beside it. One that ends meanwhile is counted exactly
// once.
type reading struct {
	*database
	conn    *sql.Conn
	read    *sql.Tx
	present []Session // current listeners
	onAir   []Airtime
	now     int64 // Unix ms
}

// report begins a reading. The caller must call end.
func (s *Store) report(ctx context.Context) (*reading, error) {
	d, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	waiting, stop := context.WithTimeout(ctx, settleWithin)
	defer stop()
	s.written.begin()
	defer s.written.end()
	r := &reading{database: d, now: time.Now().UnixMilli(), present: s.present.Sessions(), onAir: s.present.Airtimes()}
	s.settle(waiting)
	if r.conn, err = d.read.Conn(ctx); err != nil {
		return nil, err
	}
	select {
	case s.moment <- struct{}{}:
		defer func() { <-s.moment }()
	case <-waiting.Done(): // the writer's disk hangs
	}
	if r.read, err = r.conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}); err == nil {
		err = r.read.QueryRowContext(ctx, `SELECT count(*) FROM secret`).Scan(new(int)) // begins the transaction
	}
	if err != nil {
		r.end()
		return nil, err
	}
	r.present = slices.DeleteFunc(r.present, func(l Session) bool { return s.written.has(l.ID) })
	return r, nil
}

// end ends the reading.
func (r *reading) end() {
	if r.read != nil {
		r.read.Rollback()
	}
	r.conn.Close()
}

// settle makes the writer write all entries so far, and waits for that until ctx ends.
func (s *Store) settle(ctx context.Context) {
	if s.fault.State().Text != "" {
		return
	}
	done := make(chan struct{})
	select {
	case s.settling <- done:
	case <-ctx.Done():
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// written holds the stays that were written after a report read the list of listeners
// and before it reads the database. Safe for concurrent use.
type written struct {
	mu      sync.Mutex
	reports int
	stays   map[uint64]struct{}
}

func (w *written) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reports++
}

func (w *written) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reports--; w.reports == 0 {
		w.stays = nil
	}
}

// add notes the stays of a written batch.
func (w *written) add(batch []entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reports == 0 {
		return
	}
	if w.stays == nil {
		w.stays = map[uint64]struct{}{}
	}
	for _, e := range batch {
		switch e := e.(type) {
		case Session:
			w.stays[e.ID] = struct{}{}
		case *briefStays:
			for _, id := range e.stays {
				w.stays[id] = struct{}{}
			}
		}
	}
	delete(w.stays, 0)
}

func (w *written) has(stay uint64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, has := w.stays[stay]
	return has
}
