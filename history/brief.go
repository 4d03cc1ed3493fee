package history

import (
	"net/netip"
	"time"

	"relay/conf"
)

const (
	// briefStay is how short a stay is that may be added up with others.
	briefStay = time.Minute

	// mostBrief is how many brief stays of one client prefix are kept each by itself
	// in a minute: more than anybody needs who looks for something to listen to.
	mostBrief = 30

	// mostBriefs is how many of all clients together are.
	mostBriefs = 6000
)

// tally counts the brief stays of a minute.
type tally struct {
	minute int64 // Unix minutes
	of     map[netip.Prefix]int
	all    int
}

// room returns whether a brief stay of a client that ends now may be kept by itself.
// whose is what it is added up under if not: its prefix, or the zero prefix where
// there are too many clients.
func (t *tally) room(client netip.Prefix, minute int64) (room bool, whose netip.Prefix) {
	if minute != t.minute || t.of == nil {
		*t = tally{minute: minute, of: map[netip.Prefix]int{}}
	}
	switch {
	case t.of[client] >= mostBrief:
		return false, client
	case t.all >= mostBriefs:
		return false, netip.Prefix{}
	}
	t.of[client]++
	t.all++
	return true, client
}

// briefStays is the brief stays of one client prefix on one mount in one minute that
// found no room of their own, added up.
type briefStays struct {
	briefKey
	addr     string // of the first of them; empty: of many clients
	agent    string // likewise
	since    time.Time
	until    time.Time
	sessions int64
	stayed   time.Duration // all together
	bytes    int64
}

type briefKey struct {
	mount  string
	client netip.Prefix // zero: of many
	minute int64
}

// merges adds a stay to others and reports so, or leaves it alone.
func (w *writer) merges(l Listening) bool {
	if l.Stayed >= briefStay {
		return false
	}
	until := l.Since.Add(max(0, l.Stayed))
	client, _ := conf.HouseholdOf(l.Addr)
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
	return true
}

func (b *briefStays) write(p *page) error {
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
		b.minute*time.Minute.Milliseconds(), mount, client, agent, p.who(b.addr, player),
		b.since.UnixMilli(), b.until.UnixMilli(), b.sessions, b.stayed.Milliseconds(), b.bytes)
}

// spread calls each for as many stays as must have been at once for so much listening
// in that time. The sessions are all with the first.
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

// briefRow is a row of brief. The stay in it is the time between the first beginning
// and the last end.
type briefRow struct {
	stay
	ms int64
}
