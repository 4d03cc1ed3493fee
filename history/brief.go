package history

import (
	"net/netip"
	"time"

	"relay/conf"
	"relay/internal/netconn"
)

const (
	// briefStay is the length below which stays may be added up.
	briefStay = time.Minute

	// maxBrief is how many brief stays of one client prefix get rows of their own in a
	// minute: more than a person makes who looks for something to listen to.
	maxBrief = 30

	// maxBriefs is the same limit for all clients together.
	maxBriefs = 6000
)

// tally counts the brief stays of a minute.
type tally struct {
	minute int64 // Unix minutes
	of     map[netip.Prefix]int
	all    int
}

// room reports whether a brief stay of client that ends in this minute gets a row of
// its own. If not, whose is the prefix under which it is added up: the client's, or the
// zero prefix if there are too many clients.
func (t *tally) room(client netip.Prefix, minute int64) (room bool, whose netip.Prefix) {
	if minute != t.minute || t.of == nil {
		*t = tally{minute: minute, of: map[netip.Prefix]int{}}
	}
	switch {
	case t.of[client] >= maxBrief:
		return false, client
	case t.all >= maxBriefs:
		return false, netip.Prefix{}
	}
	t.of[client]++
	t.all++
	return true, client
}

// briefStays is the sum of the brief stays of one client prefix on one mount in one
// minute that got no row of their own.
type briefStays struct {
	briefKey
	addr     netip.Addr // of the first stay; zero: of many clients
	agent    string     // of the first stay; empty: of many clients
	since    time.Time
	until    time.Time
	sessions int64
	stayed   time.Duration // total
	bytes    int64
	stays    []uint64
}

type briefKey struct {
	mount  string
	client netip.Prefix // zero: many clients
	minute int64
}

// merges adds a stay to a sum of brief stays, if it must, and reports whether it did.
func (w *writer) merges(l Session) bool {
	if l.Stayed >= briefStay {
		return false
	}
	until := l.Since.Add(max(0, l.Stayed))
	client := conf.ClientPrefix(l.Addr)
	room, whose := w.tally.room(client, until.Unix()/60)
	if room {
		return false
	}
	key := briefKey{l.Mount, whose, w.tally.minute}
	b := w.briefs[key]
	if b == nil {
		b = &briefStays{briefKey: key, since: l.Since, until: until}
		if whose.IsValid() {
			b.addr, b.agent = l.Addr, l.Agent
		}
		if w.briefs == nil {
			w.briefs = map[briefKey]*briefStays{}
		}
		w.briefs[key] = b
		w.batch = append(w.batch, b)
	}
	if l.Since.Before(b.since) {
		b.since = l.Since
	}
	if until.After(b.until) {
		b.until = until
	}
	b.sessions++
	b.stayed += max(0, l.Stayed)
	b.bytes += l.Bytes
	b.stays = append(b.stays, l.ID)
	return true
}

func (b *briefStays) write(p *batch) error {
	mount, err := p.mounts.id(p, b.mount)
	if err != nil {
		return err
	}
	player := clip(b.agent)
	agent, err := p.agents.id(p, player)
	if err != nil {
		return err
	}
	client := ""
	if b.client.IsValid() {
		client = p.kept(b.client.String())
	}
	return p.exec(`INSERT INTO brief (minute, mount, client, agent, who, since, until, sessions, ms, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (minute, mount, client) DO UPDATE SET since = min(since, excluded.since), until = max(until, excluded.until),
			sessions = sessions + excluded.sessions, ms = ms + excluded.ms, bytes = bytes + excluded.bytes`,
		b.minute*time.Minute.Milliseconds(), mount, client, agent, p.who(netconn.Text(b.addr), player),
		b.since.UnixMilli(), b.until.UnixMilli(), b.sessions, b.stayed.Milliseconds(), b.bytes)
}

// spread splits the sum into stays. It calls each for as many simultaneous stays as that
// much listening in that time needs. The first one carries all the sessions.
func (one briefRow) spread(each func(stay)) {
	span := max(1, one.until-one.since)
	at := min(max(1, (one.ms+span-1)/span), one.sessions)
	for i := range at {
		s := one.stay
		s.until = s.since + one.ms/at
		if s.sessions = 1; i == 0 {
			s.sessions = one.sessions - at + 1
		}
		each(s)
	}
}

// briefRow is a row of the table brief. Its stay extends from the first beginning to
// the last end.
type briefRow struct {
	stay
	ms int64
}
