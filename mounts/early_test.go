package mounts

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestTitleBeforeItsSource(t *testing.T) {
	tests := []struct {
		name  string
		wait  time.Duration
		kind  Kind
		title string
	}{
		{"moments before", 10 * time.Second, LiveSource, "early"},
		{"long before", 11 * time.Second, LiveSource, ""},
		{"before files", time.Second, Files, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRegistry(t, "")
				if !r.SetTitle("/live", "", Title{Text: "old"}) || !r.SetTitle("/live", "", Title{Text: "early"}) {
					t.Fatal("the title was not kept")
				}
				time.Sleep(tt.wait)
				in := attach(t, r, "/live", tt.kind)
				in.Write(numbered(1))
				if got := in.Mount.Programme().Title.Text; got != tt.title {
					t.Errorf("title %q, want %q", got, tt.title)
				}
				in.Detach()
				if tt.kind != LiveSource {
					return
				}
				time.Sleep(time.Minute) // past the grace, within which it would keep its title
				again := attach(t, r, "/live", LiveSource)
				again.Write(numbered(2))
				if got := again.Mount.Programme().Title.Text; got != "" {
					t.Errorf("the next source has title %q", got)
				}
				if !r.SetTitle("/live", "", Title{Text: "now"}) || again.Mount.Programme().Title.Text != "now" {
					t.Error("the title of a live source was not set")
				}
				r.Close()
			})
		})
	}
}

func TestEarlyTitlesAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "")
		if r.SetTitle("no slash", "", Title{Text: "x"}) || r.SetTitle("/admin/x", "", Title{Text: "x"}) {
			t.Error("a title is kept for a mount that cannot be")
		}
		for i := range earlyMax {
			if !r.SetTitle(fmt.Sprintf("/%d", i), "", Title{Text: "x"}) {
				t.Fatalf("title %d was not kept", i)
			}
		}
		if r.SetTitle("/more", "", Title{Text: "x"}) {
			t.Error("there is no bound")
		}
		if !r.SetTitle("/0", "", Title{Text: "y"}) {
			t.Error("a title that waits cannot be replaced")
		}
		time.Sleep(earlyFor + time.Second)
		if !r.SetTitle("/more", "", Title{Text: "x"}) || len(r.early) != 1 {
			t.Errorf("%d titles wait", len(r.early))
		}
	})
}
