package history

import "context"

// moveWithin is the maximum time between a moved listener's stay on one mount and its
// stay on the next, in ms.
const moveWithin = 1000

// moves finds the listeners that were moved from one mount to another while both mounts
// had the same play: each of them heard it once.
type moves struct {
	left  map[int64][]departure // by listener number
	plays map[int64][]*played   // by play, only those on several mounts
}

// departure is a stay that ended by a move.
type departure struct {
	mount        string
	since, until int64
}

// moves finds the moves in a span. It skips the search if every play was on one mount
// only.
func (d *reading) moves(ctx context.Context, w span, list []*played) (*moves, error) {
	m := &moves{left: map[int64][]departure{}, plays: map[int64][]*played{}}
	for _, p := range list {
		m.plays[p.play] = append(m.plays[p.play], p)
	}
	for play, on := range m.plays {
		if len(on) == 1 {
			delete(m.plays, play)
		}
	}
	if len(m.plays) == 0 {
		return m, nil
	}
	rows, err := d.read.QueryContext(ctx, `SELECT name, who, since, until FROM listening INDEXED BY listening_moved JOIN mounts ON mounts.id = mount
		WHERE reason = 'moved' AND until >= ? AND until < ?`, w.from, w.to)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var who int64
		var one departure
		if err := rows.Scan(&one.mount, &who, &one.since, &one.until); err != nil {
			return nil, err
		}
		m.left[who] = append(m.left[who], one)
	}
	return m, rows.Err()
}

// arrive handles a stay that may begin with a move. Listeners with the same address and
// player are matched by the time of the move, if at all.
func (m *moves) arrive(to stay) {
	of := m.left[to.who]
	for i, from := range of {
		if from.mount == to.mount || to.since < from.until-moveWithin || to.since > from.until+moveWithin {
			continue
		}
		m.left[to.who] = append(of[:i:i], of[i+1:]...)
		for _, on := range m.plays {
			if here := playedOn(on, to.mount); here != nil && here.heardFrom(to.since, to.until) {
				if there := playedOn(on, from.mount); there != nil && there.heardFrom(from.since, from.until) {
					here.again++
				}
			}
		}
		return
	}
}

func playedOn(list []*played, mount string) *played {
	for _, p := range list {
		if p.mount == mount {
			return p
		}
	}
	return nil
}

// heardFrom reports whether a stay between since and until covers part of the play.
func (p *played) heardFrom(since, until int64) bool {
	for _, part := range p.parts {
		if since <= part.until && until > part.since {
			return true
		}
	}
	return false
}
