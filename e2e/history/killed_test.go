package history

import (
	"path/filepath"
	"testing"
	"time"

	"relay/e2e/harness"
)

// A server that is killed loses no airtime, play or session that was in its last
// stamp, and its reports agree with the clients' own counts.
func TestHistoryOfAServerThatIsKilled(t *testing.T) {
	t.Parallel()
	config := harness.Config + "[history]\nfile = '" + filepath.Join(t.TempDir(), "history.db") + "'\n[limits]\ncount_after = '0s'\n[[mount]]\nname = '/copy'\nfallbacks = ['/live']\n"
	r := harness.Start(t, config)
	stop := make(chan struct{})
	defer close(stop)
	live := r.Encode(t, "/live", "User-Agent: butt 1.45")
	began := time.Now()
	go live.Play(stop)
	harness.Eventually(t, "the fallback", func() bool { return len(r.Sources(t)) == 2 && r.Source(t, "/copy").BitRate == 128 })
	tune := func(mount string) *harness.Player {
		p := r.Tune(t, mount)
		if _, err := p.Frame(); err != nil {
			t.Fatal(err)
		}
		return p
	}
	leaves := tune("/live")
	tune("/live")
	tune("/copy")
	r.SetTitle(t, "/live", "Artist - Song")
	leaves.Close()

	// While a listener leaves it is in every report.
	for left := false; !left; {
		left = r.Source(t, "/live").Listeners == 1 // asked before the report
		if got := listening(t, r); got["/live"].Sessions != 2 || got["/copy"].Sessions != 1 {
			t.Fatalf("sessions %+v", got)
		}
	}
	// Stamps are ten seconds apart.
	harness.Eventually(t, "the next stamp", func() bool { return time.Since(began) > 12*time.Second })
	r.Cmd.Process.Kill()
	<-r.Exited
	lived := time.Since(began).Seconds()

	r = harness.Start(t, config)
	for mount, row := range listening(t, r) {
		if want := map[string]int{"/live": 2, "/copy": 1}[mount]; mount != "" && row.Sessions != want {
			t.Errorf("%d sessions on %s, want %d", row.Sessions, mount, want)
		}
	}
	var turns []struct {
		Mount, Kind, Reason string
		Seconds             float64
	}
	report(t, r, "sources", &turns)
	if len(turns) != 2 {
		t.Fatalf("turns %+v", turns)
	}
	for _, turn := range turns {
		if turn.Reason != "the server was killed" || turn.Seconds < lived-11 || turn.Seconds > lived {
			t.Errorf("%+v, of a server that lived for %.1f s", turn, lived)
		}
	}
	var totals []struct {
		Title        string
		Plays        int
		Performances int
		Seconds      float64
	}
	report(t, r, "title-totals", &totals)
	if len(totals) != 1 || totals[0].Plays != 1 || totals[0].Seconds < lived-12 || totals[0].Seconds > lived {
		t.Errorf("title totals %+v, want one play heard on two mounts", totals)
	}
}

type mountRow struct {
	Mount    string
	Sessions int
	Hours    float64
}

func listening(t *testing.T, r *harness.Relay) map[string]mountRow {
	t.Helper()
	var rows []mountRow
	report(t, r, "listening", &rows)
	of := map[string]mountRow{}
	for _, row := range rows {
		of[row.Mount] = row
	}
	return of
}

func report(t *testing.T, r *harness.Relay, name string, into any) {
	t.Helper()
	r.JSON(t, "/api/v1/reports/"+name, &struct{ Items any }{into})
}

// A station with one file has a play for each round.
func TestOneFileIsAPlayForEachRound(t *testing.T) {
	t.Parallel()
	file := harness.ToneFile(t, 440, 3*time.Second)
	r := harness.Start(t, harness.Config+"[[mount]]\nname = '/music'\nfiles = { paths = ['"+file+"'] }\n")
	harness.Eventually(t, "three rounds", func() bool {
		var totals []struct{ Plays int }
		report(t, r, "title-totals", &totals)
		return len(totals) == 1 && totals[0].Plays >= 3
	})
}
