package history

import (
	"context"
	"slices"
)

// Player is a program with which people listened.
type Player struct {
	Player   string  `json:"player"`
	Sessions int64   `json:"sessions"`
	Hours    float64 `json:"hours"`
}

// maxPlayers is how many players a report distinguishes: their names come from outside.
const maxPlayers = 100

// otherPlayers stands for all others.
const otherPlayers = "others"

// Players returns the programs with which people listened, the most used first.
func (s *Store) Players(ctx context.Context, about Span) (list []Player, err error) {
	defer func() { s.suspect(err) }()
	d, err := s.report(ctx)
	if err != nil {
		return nil, err
	}
	defer d.end()
	w, err := about.in(ctx, d)
	if err != nil {
		return nil, err
	}
	type use struct{ sessions, ms int64 }
	byAgent := map[string]use{}
	err = d.stays(ctx, w, true, func(one stay) {
		u := byAgent[one.agent]
		byAgent[one.agent] = use{u.sessions + one.sessions, u.ms + one.until - one.since}
	})
	if err != nil {
		return nil, err
	}
	byPlayer := map[string]use{}
	for agent, u := range byAgent {
		name := PlayerName(agent)
		sum := byPlayer[name]
		byPlayer[name] = use{sum.sessions + u.sessions, sum.ms + u.ms}
	}
	list = make([]Player, 0, len(byPlayer))
	for name, u := range byPlayer {
		list = append(list, Player{name, u.sessions, hours(u.ms)})
	}
	slices.SortFunc(list, func(a, b Player) int { return descending(a.Sessions, b.Sessions, a.Player, b.Player) })
	if len(list) > maxPlayers {
		rest := Player{Player: otherPlayers}
		for _, p := range list[maxPlayers-1:] {
			rest.Sessions, rest.Hours = rest.Sessions+p.Sessions, rounded(rest.Hours+p.Hours)
		}
		list = append(list[:maxPlayers-1], rest)
	}
	return list, nil
}
