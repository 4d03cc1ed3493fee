package mounts

import (
	"slices"
	"testing"

	"relay/icy"
)

// told returns the mounts that have changed since the last call, nil if none have.
func told(t testing.TB, c *Changes) []string {
	t.Helper()
	select {
	case <-c.Signal():
		return c.Take()
	default:
		return nil
	}
}

func TestChangesNameTheMount(t *testing.T) {
	r := newRegistry(t, "")
	changes := r.Subscribe()
	defer changes.Stop()
	var in, second *Input
	steps := []struct {
		name string
		do   func()
		want []string
	}{
		{"a source comes", func() { in = attach(t, r, "/live", LiveSource) }, []string{"/live"}},
		{"its first frame takes the air and tells the format", func() { in.Write(numbered(1)) }, []string{"/live"}},
		{"its second frame", func() { in.Write(numbered(2)) }, nil},
		{"a title", func() { in.SetTitle(Title{Text: "one"}) }, []string{"/live"}},
		{"the same title", func() { in.SetTitle(Title{Text: "one"}) }, nil},
		{"another mount", func() { second = attach(t, r, "/other", Files) }, []string{"/other"}},
		{"two at once", func() {
			second.SetTitle(Title{Text: "two"})
			in.Retune(icy.Station{Name: "new"})
		}, []string{"/live", "/other"}},
		{"a source that leaves", func() { in.Detach() }, []string{"/live"}},
		{"the end of all", func() { r.Close() }, []string{"/live", "/other"}},
	}
	for _, step := range steps {
		step.do()
		if got := told(t, changes); !slices.Equal(got, step.want) {
			t.Errorf("%s: %q have changed, want %q", step.name, got, step.want)
		}
	}
}

func TestStoppedChangesAreToldNothing(t *testing.T) {
	r := newRegistry(t, "")
	changes := r.Subscribe()
	changes.Stop()
	attach(t, r, "/live", LiveSource)
	if got := told(t, changes); got != nil {
		t.Errorf("%q", got)
	}
	if len(r.subscribers.all) != 0 {
		t.Error("the registry still holds them")
	}
}
