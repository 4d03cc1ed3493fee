package mounts

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
)

// A flood of titles costs no more marks, log lines and history than a burst and one a
// second, and listeners are sent the last one in the end.
func TestFloodOfTitles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, log := observer.New(zap.InfoLevel)
		r := NewRegistry(conf.NewLive(conf.Default()), nil, zap.New(core))
		told := 0
		r.Observe(watcher{title: func(string, int, Title) { told++ }})
		in := attach(t, r, "/live", LiveSource)
		in.Write(numbered(0))
		const seconds, each = 5, 100
		for n := range seconds * each {
			in.SetTitle(Title{Text: fmt.Sprintf("Title %d", n)})
			in.Write(numbered(uint64(n + 1)))
			time.Sleep(time.Second / each)
		}
		if lines := log.FilterMessage("title").Len(); told > titleBurst+seconds || told < titleBurst+seconds-1 || lines != told {
			t.Errorf("%d titles were told of, %d logged", told, lines)
		}
		time.Sleep(time.Second)
		in.Write(numbered(1000))
		if got := in.Mount.Programme().Title.Text; got != "Title 499" {
			t.Errorf("in the end it is %q", got)
		}
		marks := 0
		for mark := in.Mount.Stream.title.Load(); mark != nil; mark = mark.next.Load() {
			marks++
		}
		if marks > titleBurst+seconds+2 {
			t.Errorf("%d marks are held", marks)
		}
		r.Close()
	})
}

// A title that waits for its time is dropped if the source returns to the present one.
func TestLateTitleIsTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "")
		in := attach(t, r, "/live", LiveSource)
		for n := range titleBurst {
			in.SetTitle(Title{Text: fmt.Sprint(n)})
		}
		in.SetTitle(Title{Text: "too soon"})
		in.SetTitle(Title{Text: fmt.Sprint(titleBurst - 1)})
		time.Sleep(time.Minute)
		in.Write(numbered(1))
		if got := in.Mount.Programme().Title.Text; got != fmt.Sprint(titleBurst-1) {
			t.Errorf("title %q", got)
		}
		r.Close()
	})
}

func TestLongTitleIsCut(t *testing.T) {
	r := newRegistry(t, "")
	in := attach(t, r, "/live", LiveSource)
	in.SetTitle(Title{Text: strings.Repeat("é", 5000), URL: "http://" + strings.Repeat("x", 5000)})
	if got := in.Mount.Inputs()[0].Title; got.Text != strings.Repeat("é", 2032) || got.URL != "" {
		t.Errorf("%d bytes and an address of %d", len(got.Text), len(got.URL))
	}
}

// Titles of the server's own sources are logged for the operator; those of pulled
// mounts are not, since they are many and belong to another server.
func TestTitlesInTheLog(t *testing.T) {
	for kind, want := range map[Kind]string{LiveSource: "info", Relayed: "debug", Encoded: "", Fallback: "", Files: ""} {
		config, err := conf.Parse("relay.toml", nil)
		if err != nil {
			t.Fatal(err)
		}
		log, lines := observer.New(zap.DebugLevel)
		in := attach(t, NewRegistry(conf.NewLive(config), nil, zap.New(log)), "/live", kind)
		in.SetTitle(Title{Text: "Song"})
		got := ""
		for _, line := range lines.FilterMessage("title").All() {
			got += line.Level.String()
		}
		if got != want {
			t.Errorf("a title of %v is told %q, want %q", kind, got, want)
		}
	}
}
