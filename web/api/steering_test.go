package api

import (
	"fmt"
	"strings"
	"testing"

	"relay/mounts"
)

func TestListenersInPages(t *testing.T) {
	s := newStation(t, house)
	s.broadcast(t, "/live", "source", "")
	for i := range 250 {
		agent := "VLC/3.0"
		if i%10 == 0 {
			agent = "Winamp 2.0"
		}
		s.listen(t, "/live", fmt.Sprintf("192.0.2.%d", i), agent)
	}
	get := func(query string) list[Listener] {
		return read[list[Listener]](t, s.ask(t, "GET", "/mounts/live/listeners"+query, "", operator), 200)
	}
	for query, want := range map[string]struct {
		items, total int
		first        string
	}{
		"":                           {100, 250, "192.0.2.0"},
		"?limit=1000":                {250, 250, "192.0.2.0"},
		"?offset=240":                {10, 250, "192.0.2.240"},
		"?offset=100&limit=1":        {1, 250, "192.0.2.100"},
		"?offset=9999":               {0, 250, ""},
		"?q=winamp":                  {25, 25, "192.0.2.0"},
		"?q=WINAMP&offset=2&limit=5": {5, 25, "192.0.2.20"},
		"?q=192.0.2.249":             {1, 1, "192.0.2.249"},
		"?q=%3Cscript%3E":            {0, 0, ""},
	} {
		got := get(query)
		if len(got.Items) != want.items || got.Total != want.total || want.first != "" && got.Items[0].Addr.String() != want.first {
			t.Errorf("%s: %d of %d, first %v", query, len(got.Items), got.Total, got.Items[:min(1, len(got.Items))])
		}
	}
	for _, query := range []string{"?limit=0", "?limit=1001", "?limit=x", "?offset=-1", "?limit=1&limit=2", "?page=2", "?q=%zz"} {
		refused(t, s.ask(t, "GET", "/mounts/live/listeners"+query, "", operator), 400)
	}
}

func TestListenersAreKickedAndMoved(t *testing.T) {
	s := newStation(t, house)
	s.broadcast(t, "/live", "source", "")
	s.broadcast(t, "/a/b", "source", "")
	one, two := s.listen(t, "/live", "192.0.2.1", "VLC"), s.listen(t, "/live", "192.0.2.2", "VLC")

	path := fmt.Sprint("/mounts/live/listeners/", one.ID)
	if w := s.ask(t, "DELETE", path, "", operator); w.Code != 204 {
		t.Fatal(w.Code)
	}
	if order := one.TakeOrder(); order == nil || order.MoveTo != nil || two.TakeOrder() != nil {
		t.Error("the wrong one is kicked")
	}
	refused(t, s.ask(t, "DELETE", "/mounts/live/listeners/999999999999", "", operator), 404)
	refused(t, s.ask(t, "DELETE", "/mounts/live/listeners/x", "", operator), 404)

	move := func(body string) int {
		return read[struct{ Moved int }](t, s.ask(t, "POST", "/mounts/live/listeners/move", body, operator), 200).Moved
	}
	if n := move(fmt.Sprintf(`{"to":"/a/b","ids":[%d,999999]}`, two.ID)); n != 1 || one.TakeOrder() != nil {
		t.Errorf("%d moved", n)
	}
	if order := two.TakeOrder(); order == nil || order.MoveTo.Name != "/a/b" {
		t.Errorf("ordered %+v", order)
	}
	if n := move(`{"to":"/a/b","ids":[]}`); n != 0 {
		t.Errorf("%d of none moved", n)
	}
	if n := move(`{"to":"/a/b"}`); n != 2 {
		t.Errorf("%d of all moved", n)
	}
	refused(t, s.ask(t, "POST", "/mounts/live/listeners/move", `{"to":"/live"}`, operator), 409)
	refused(t, s.ask(t, "POST", "/mounts/live/listeners/move", `{"to":"/nothing"}`, operator), 409)
}

func TestTitleIsSetByDJs(t *testing.T) {
	s := newStation(t, house)
	in := s.broadcast(t, "/own", "dj", "Before")
	w := s.ask(t, "PUT", "/mounts/own/title", `{"title":"Über\u0000 \n<b>","url":"http://a.example/"}`, login("dj", "own"))
	if w.Code != 204 {
		t.Fatal(w.Body)
	}
	if got := in.Mount.Status().Title; got.Text != "Über    <b>" && got.Text != "Über   <b>" || got.URL != "http://a.example/" {
		t.Errorf("%+v", got)
	}
	refused(t, s.ask(t, "PUT", "/mounts/own/title", `{"title":"`+strings.Repeat("x", maxTitle+1)+`"}`, operator), 400)
	noSource := func(want string) {
		t.Helper()
		w := s.ask(t, "PUT", "/mounts/live/title", `{"title":"x"}`, operator)
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("a title without a source is refused with %s", w.Body)
		}
		refused(t, w, 409)
	}
	noSource("/live is idle: no source is connected whose title could be set")
	files, err := s.Registry.Attach("/live", mounts.Feed{Kind: mounts.Files})
	if err != nil {
		t.Fatal(err)
	}
	defer files.Detach()
	noSource("no source is connected to /live whose title could be set: what plays there")
}

func TestSourceIsKicked(t *testing.T) {
	s := newStation(t, house)
	in := s.broadcast(t, "/live", "source", "")
	if w := s.ask(t, "DELETE", "/mounts/live/source", "", operator); w.Code != 204 {
		t.Fatal(w.Body)
	}
	<-in.Ended()
	refused(t, s.ask(t, "DELETE", "/mounts/live/source", "", operator), 404)
}

func TestMusicIsSteered(t *testing.T) {
	s := newStation(t, house)
	s.broadcast(t, "/live", "source", "")
	do := func(method, path, body string) {
		t.Helper()
		if w := s.ask(t, method, path, body, operator); w.Code != 204 {
			t.Fatalf("%s %s: %s", method, path, w.Body)
		}
	}
	do("POST", "/mounts/live/queue", `{"file":"a.mp3"}`)
	do("POST", "/mounts/live/skip", "")
	type track struct {
		Title, File string
		Queued      bool
	}
	got := read[list[track]](t, s.ask(t, "GET", "/mounts/live/queue", "", operator), 200)
	if got.Total != 1 || got.Items[0] != (track{"Title of a.mp3", "a.mp3", true}) || s.music.skipped != 1 {
		t.Errorf("%+v", got)
	}
	do("DELETE", "/mounts/live/queue", "")
	if len(s.music.queued) != 0 {
		t.Error("the queue is not cleared")
	}
	refused(t, s.ask(t, "POST", "/mounts/nothing/skip", "", operator), 404)
	s.broadcast(t, "/own", "dj", "")
	if p := refused(t, s.ask(t, "POST", "/mounts/own/skip", "", operator), 409); p.Detail != errNoJukebox.Error() {
		t.Errorf("%+v", p)
	}
}

func TestFallbacksAreReplaced(t *testing.T) {
	s := newStation(t, house)
	m := s.broadcast(t, "/live", "source", "").Mount
	w := s.ask(t, "PUT", "/mounts/live/fallbacks", `{"fallbacks":["/own","files"]}`, operator)
	if w.Code != 200 || strings.Join(m.Fallbacks(), " ") != "/own files" {
		t.Errorf("%s, %q", w.Body, m.Fallbacks())
	}
	if w := s.ask(t, "PUT", "/mounts/live/fallbacks", `{"fallbacks":[]}`, operator); w.Code != 200 || len(m.Fallbacks()) != 0 {
		t.Errorf("%s, %q", w.Body, m.Fallbacks())
	}
	refused(t, s.ask(t, "PUT", "/mounts/live/fallbacks", `{"fallbacks":["no slash"]}`, operator), 400)
	refused(t, s.ask(t, "PUT", "/mounts/own/fallbacks", `{"fallbacks":["files"]}`, operator), 409)
}

func TestStudioShowsTheDJHisStream(t *testing.T) {
	s := newStation(t, house)
	dj := login("dj", "own")
	type studio struct {
		OnAir       bool `json:"on_air"`
		Listeners   int
		Titles      []Title
		Source      *Source
		LastRefusal *struct{ Addr, Agent, Reason string } `json:"last_refusal"`
		Reception   *mounts.Reception
	}
	if got := read[studio](t, s.ask(t, "GET", "/mounts/own/studio", "", dj), 200); got.OnAir || got.Source != nil || got.LastRefusal != nil {
		t.Errorf("before the broadcast: %+v", got)
	}
	s.broadcast(t, "/own", "dj", "One")
	got := read[studio](t, s.ask(t, "GET", "/mounts/own/studio", "", dj), 200)
	if !got.OnAir || got.Source.Agent != "butt/1.0" || len(got.Titles) != 1 {
		t.Errorf("on the air: %+v", got)
	}
	if got.Reception == nil || got.LastRefusal != nil {
		t.Errorf("on the air: %+v", got)
	}
}

// Mounts with a slash in their names are addressed by its escape.
func TestMountNamesInPaths(t *testing.T) {
	s := newStation(t, house)
	for _, name := range []string{"/a/b", "/ü m", "/100%"} {
		s.broadcast(t, name, "source", "")
	}
	for path, want := range map[string]string{
		"a%2Fb": "/a/b", "a%2fb": "/a/b", "%C3%BC%20m": "/ü m", "100%25": "/100%",
		"a/b": "", "%2Fa%2Fb": "", "a%2Fb%2F": "", "a%2F..%2Fa%2Fb": "",
	} {
		w := s.ask(t, "GET", "/mounts/"+path, "", operator)
		if want == "" {
			refused(t, w, 404)
			continue
		}
		if got := read[MountDetail](t, w, 200); got.Name != want {
			t.Errorf("%s finds %s", path, got.Name)
		}
	}
}

// Hostile texts stay text in JSON, and cannot end a script.
func TestHostileTextsAreEscaped(t *testing.T) {
	s := newStation(t, house)
	in := s.broadcast(t, "/live", "source", `</script><img src=x onerror=alert(1)>`)
	s.listen(t, "/live", "192.0.2.1", `<b>"&`)
	for _, path := range []string{"/status", "/mounts", "/mounts/live/titles", "/mounts/live/listeners"} {
		if w := s.ask(t, "GET", path, "", operator); strings.ContainsAny(w.Body.String(), "<>&") {
			t.Errorf("%s: %s", path, w.Body)
		}
	}
	if e := mountEvent(scene{Mount: describe(s.Conf.Config(), in.Mount)}); strings.ContainsAny(string(e.operators), "<>&") {
		t.Errorf("%s", e.operators)
	}
}

func BenchmarkPageOfTenThousandListeners(b *testing.B) {
	s := newStation(b, house)
	s.broadcast(b, "/live", "source", "")
	for i := range 10_000 {
		s.listen(b, "/live", fmt.Sprintf("192.0.%d.%d", i/256, i%256), "VLC/3.0.18 LibVLC/3.0.18")
	}
	for _, query := range []string{"?limit=100", "?limit=100&offset=9900", "?limit=100&q=192.0.7."} {
		b.Run(query, func(b *testing.B) {
			for b.Loop() {
				if w := s.ask(b, "GET", "/mounts/live/listeners"+query, "", operator); w.Code != 200 {
					b.Fatal(w.Code)
				}
			}
		})
	}
}
