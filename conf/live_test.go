package conf

import "testing"

func TestLiveTellsThoseWhoWatch(t *testing.T) {
	first, second, third := Default(), Default(), Default()
	live := NewLive(first)
	if live.Config() != first {
		t.Fatal("the first configuration is not in force")
	}
	changes, stop := live.Watch()
	live.Replace(second)
	live.Replace(third) // a watcher need not keep up
	<-changes
	if live.Config() != third {
		t.Error("the last configuration is not in force")
	}
	select {
	case <-changes:
		t.Error("told twice of what was seen once")
	default:
	}
	stop()
	live.Replace(first)
	select {
	case <-changes:
		t.Error("told after stop")
	default:
	}
}
