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

// A flood of titles costs no more marks, log lines and history than a burst and
// one a second, and the listeners are shown the last one in the end.
func TestFloodOfTitles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, log := observer.New(zap.InfoLevel)
		r := NewRegistry(conf.NewLive(conf.Default()), zap.New(core))
		told := 0
		r.OnTitle = func(string, int, Title) { told++ }
		in := attach(t, r, "/live", Live)
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

// A title that waits for its time gives way to one that was there before.
func TestLateTitleIsTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "")
		in := attach(t, r, "/live", Live)
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
	in := attach(t, r, "/live", Live)
	in.SetTitle(Title{Text: strings.Repeat("é", 5000), URL: "http://" + strings.Repeat("x", 5000)})
	if got := in.Mount.Programme().Title; got.Text != strings.Repeat("é", 2032) || got.URL != "" {
		t.Errorf("%d bytes and an address of %d", len(got.Text), len(got.URL))
	}
}
