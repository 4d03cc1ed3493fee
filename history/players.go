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

// mostPlayers is how many are told apart: their names are for strangers to
// choose.
const mostPlayers = 100

// otherPlayers stands for the rest.
const otherPlayers = "others"

// Players tells with which programs people listened, those most in use first.
func (s *Store) Players(ctx context.Context, about Span) (list []Player, err error) {
	defer func() { s.suspect(err) }()
	d, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	w, err := about.in(ctx, d)
	if err != nil {
		return nil, err
	}
	type use struct{ sessions, ms int64 }
	byAgent := map[string]use{}
	err = s.stays(ctx, d, w, true, func(one stay) {
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
	if len(list) > mostPlayers {
		rest := Player{Player: otherPlayers}
		for _, p := range list[mostPlayers-1:] {
			rest.Sessions, rest.Hours = rest.Sessions+p.Sessions, rounded(rest.Hours+p.Hours)
		}
		list = append(list[:mostPlayers-1], rest)
	}
	return list, nil
}
