package pages

import (
	"database/sql"
	"flag"
	"fmt"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	_ "modernc.org/sqlite"

	"relay/e2e/harness"
)

// picturesFolder is where README.md has its pictures of the pages. They are made anew by
//
//	go test ./e2e/pages -run TestPictures -pictures docs/images
var picturesFolder = flag.String("pictures", "", "write the pictures of the pages into this `folder` of the repository")

// station is what the pictures show.
const station = harness.Config + `
[page]
title = "Radio Harbour"
[limits]
count_after = "0s"
[history]
file = %q
[[mount]]
name = "/harbour"
title = "Radio Harbour"
description = "Music and talk from the waterfront, all day"
genre = "Indie, Folk"
fallbacks = ["/night"]
[[mount]]
name = "/night"
title = "Harbour at Night"
description = "Slow music for late hours"
genre = "Jazz, Ambient"
files.paths = [%q]
`

// players are the programs that the station's listeners use.
var players = []string{
	"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
	"VLC/3.0.20 LibVLC/3.0.20",
	"AppleCoreMedia/1.0.0.21F90 (iPhone; U; CPU OS 17_5 like Mac OS X; en_us)",
	"Sonos/79.1 (ZPS9)",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
	"mpv 0.37.0",
}

// player returns what the listener with a number uses: the first players are the most
// frequent.
func player(n int) string {
	const shares = "00010201302104125"
	return players[shares[n%len(shares)]-'0']
}

// songs are invented.
var songs = []string{
	"The Lanterns - Low Tide", "Maren Holt - Paper Boats", "Kestrel & Sons - Long Way Round", "Ida Fjord - Seven Bridges",
	"The Night Ferry - Copper Sky", "Juno Vale - Halfway Home", "Lina Ostrow - Window Seat", "Old Harbour Band - Salt",
}

// listenersAt returns how many listen at a time of day: most at breakfast and in the
// evening.
func listenersAt(at time.Time) int {
	hour := float64(at.Hour()) + float64(at.Minute())/60
	peak := func(when, width, height float64) float64 {
		apart := math.Abs(hour - when)
		apart = min(apart, 24-apart)
		return height * math.Exp(-apart*apart/(2*width*width))
	}
	return int(12 + peak(8, 1.6, 58) + peak(13, 2, 30) + peak(19.5, 2.2, 74))
}

// inventDay fills a history with the listeners of the day that ends now. The server
// must not run.
func inventDay(t testing.TB, file string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	write, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := write.Exec(statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`INSERT OR IGNORE INTO mounts (name) VALUES ('/harbour')`)
	for _, name := range players {
		exec(`INSERT OR IGNORE INTO agents (name) VALUES (?)`, name)
	}
	now := time.Now()
	from := now.Add(-24 * time.Hour)
	exec(`INSERT INTO uptimes (since, until) VALUES (?, ?)`, from.UnixMilli(), now.UnixMilli())
	var present []time.Time // since when each listener is there
	came := 0
	leave := func(at time.Time) {
		came++
		exec(`INSERT INTO listening (mount, agent, who, since, until, addr, user, bytes, reason)
			SELECT mounts.id, agents.id, ?, ?, ?, '', '', ?, 'left' FROM mounts, agents WHERE mounts.name = '/harbour' AND agents.name = ?`,
			came, present[0].UnixMilli(), at.UnixMilli(), 16000*int64(at.Sub(present[0]).Seconds()), player(came))
		present = present[1:]
	}
	for at := from; at.Before(now); at = at.Add(time.Minute) {
		exec(`INSERT INTO samples (at, mount, listeners) SELECT ?, id, ? FROM mounts WHERE name = '/harbour'`, at.UnixMilli(), listenersAt(at))
		for len(present) > listenersAt(at) {
			leave(at)
		}
		for len(present) < listenersAt(at) {
			present = append(present, at)
		}
		leave(at) // one leaves and another comes
		present = append(present, at)
	}
	for len(present) > 0 {
		leave(now)
	}
	if err := write.Commit(); err != nil {
		t.Fatal(err)
	}
}

// The pictures of README.md show a station after a day on the air, in light and dark.
func TestPictures(t *testing.T) {
	if *picturesFolder == "" {
		t.Skip("-pictures says where they go")
	}
	music, history := t.TempDir(), filepath.Join(t.TempDir(), "history.db")
	for _, song := range songs[:4] {
		harness.MusicFile(t, music, song+".mp3")
	}
	toml := fmt.Sprintf(station, history, music)
	harness.Start(t, toml).Stop(t) // which makes the history
	inventDay(t, history)
	r := harness.Start(t, toml)
	r.Broadcast(t, "/harbour", 1, "User-Agent: butt 0.1.45")
	for _, song := range songs[4:] {
		r.SetTitle(t, "/harbour", song)
		harness.Eventually(t, song, func() bool { return r.Source(t, "/harbour").Title == song })
	}
	for n := range listenersAt(time.Now()) {
		mount := "/harbour"
		if n%5 == 4 {
			mount = "/night"
		}
		home := r.At(r.Addr)
		home.From = fmt.Sprintf("127.0.1.%d", 1+n)
		go home.Ask(t, "GET "+mount+" HTTP/1.1\r\nHost: radio\r\nUser-Agent: "+player(n)+"\r\n\r\n").Listen()
	}

	c := startChromium(t)
	shoot := func(name string, height int64) {
		t.Helper()
		for _, scheme := range []string{"light", "dark"} {
			c.look(t, 1280, height, scheme)
			c.save(t, filepath.Join("..", "..", *picturesFolder, name+"-"+scheme+".png"), chromedp.CaptureScreenshot())
		}
	}
	c.open(t, r.URL("/"))
	c.wait(t, `document.querySelectorAll(".mount").length === 2 && document.querySelector("[data-mount='/night'] [data-f=title]").textContent`)
	shoot("listeners", 464)
	operate(t, r, c)
	c.wait(t, `document.querySelectorAll(".row").length === 2 && document.querySelectorAll(".bars li").length > 3`)
	c.wait(t, `document.querySelectorAll(".strip rect").length > 45`) // seconds of sound
	c.click(t, "[data-span=day]")
	c.wait(t, `document.querySelector("[data-span=day]").getAttribute("aria-pressed") === "true" && document.querySelector(".panel svg .curve")`)
	evaluate[any](t, c, `scrollTo(0, 0)`) // the click scrolled down
	shoot("operator", 985)
}
