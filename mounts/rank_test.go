package mounts

import (
	"testing"

	"go.uber.org/zap"

	"relay/conf"
)

// A source whose login a reload removes does not take the air, and does not keep out a
// source with a login; a source that a hook admitted stays where it was.
func TestRemovedLoginsRankLast(t *testing.T) {
	configuration := func(logins string) *conf.Config {
		c, err := conf.Parse("relay.toml", []byte("[[mount]]\nname = '/live'\nsource = ["+logins+"]"))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	const boss, dj, auto = "{ user = 'boss', password = 'a' }, ", "{ user = 'dj', password = 'b' }, ", "{ user = 'auto', password = 'c' }"
	live := conf.NewLive(configuration(boss + dj + auto))
	r := NewRegistry(live, nil, zap.NewNop())
	replace := func(logins string) {
		live.Replace(configuration(logins))
		r.Reconfigure()
	}
	play := func(in *Input) bool { return in.Write(numbered(1)) }

	first, second := come(t, r, "dj"), come(t, r, "auto")
	if !play(first) || play(second) {
		t.Fatal("not in the order of their logins")
	}
	replace(boss + dj)
	if !play(first) || play(second) {
		t.Error("a source takes the air when its login is removed")
	}
	best := come(t, r, "guest")
	r.Reconfigure()
	if !play(best) || play(first) {
		t.Error("a reload moves a source that a hook let in")
	}
	best.Detach()
	best = come(t, r, "boss")
	if !play(best) || play(second) {
		t.Error("a source whose login was removed goes before the first login")
	}
	replace(boss + dj + auto)
	if _, err := r.Attach("/live", Feed{User: "auto"}); err == nil || second.Cause() != nil {
		t.Errorf("with its login back, its place is not: %v, %v", err, second.Cause())
	}
}
