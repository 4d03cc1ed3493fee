package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"relay/mounts"
)

// news is one event as it arrives.
type news struct{ name, data string }

// newsIn splits what was sent into events.
func newsIn(b []byte) (list []news) {
	for _, block := range strings.Split(string(b), "\n\n") {
		name, data, _ := strings.Cut(strings.TrimPrefix(block, "event: "), "\ndata: ")
		if data != "" {
			list = append(list, news{name, data})
		}
	}
	return list
}

// run runs the events of s until stop is called.
func (s *station) run(t testing.TB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.Events.Run(ctx) })
	return func() {
		cancel()
		running.Wait()
	}
}

// follow adds a follower and takes its greeting.
func (s *station) follow(t testing.TB, v view) (f *follower, greeting []news) {
	t.Helper()
	f, err := s.Events.follow(v, netip.Addr{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	return f, f.taken()
}

// taken returns what is queued for f.
func (f *follower) taken() (all []news) {
	for {
		select {
		case b := <-f.queue:
			all = append(all, newsIn(b)...)
		default:
			return all
		}
	}
}

// names returns the names of events, in order.
func names(list []news) string {
	var b strings.Builder
	for _, n := range list {
		fmt.Fprintf(&b, "%s ", n.name)
	}
	return strings.TrimSpace(b.String())
}

func TestEventsTellWhatHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t, house)
		in := s.broadcast(t, "/live", "source", "One")
		stop := s.run(t)
		defer stop()
		everyone, greeting := s.follow(t, view{})
		if got := names(greeting); got != "mount listeners" {
			t.Fatalf("everyone is greeted with %s", got)
		}
		operator, greeting := s.follow(t, view{all: true})
		if got := names(greeting); got != "mount detail listeners" {
			t.Fatalf("operators are greeted with %s", got)
		}
		other, greeting := s.follow(t, view{mount: "/other"})
		if got := names(greeting); got != "" {
			t.Fatalf("followers of a mount that does not exist are greeted with %s", got)
		}

		at := time.Now()
		in.SetTitle(titled("Two"))
		synctest.Wait()
		if !time.Now().Equal(at) {
			t.Error("a title event is late")
		}
		got := everyone.taken()
		if names(got) != "title mount" {
			t.Fatalf("a title is reported as %v", got)
		}
		var title struct{ Mount, Title, URL, Since string }
		if err := json.Unmarshal([]byte(got[0].data), &title); err != nil || title.Mount != "/live" || title.Title != "Two" {
			t.Errorf("%s", got[0].data)
		}
		operator.taken()

		s.listen(t, "/live", "192.0.2.1", "VLC")
		synctest.Wait()
		if got := everyone.taken(); len(got) != 0 {
			t.Errorf("a new listener is reported at once: %v", got)
		}
		time.Sleep(countEvery)
		synctest.Wait()
		if got := everyone.taken(); len(got) != 1 || got[0] != (news{"listeners", `{"/live":1}`}) {
			t.Errorf("a new listener is reported as %v", got)
		}
		if got := names(operator.taken()); got != "detail listeners" {
			t.Errorf("a new listener is reported to operators as %s", got)
		}
		time.Sleep(3 * countEvery)
		synctest.Wait()
		if got := everyone.taken(); len(got) != 0 {
			t.Errorf("nothing happened, but followers are sent %v", got)
		}
		if got := names(operator.taken()); got != "detail detail detail" { // of the stream's reception
			t.Errorf("when nothing happens operators are sent %s", got)
		}
		s.Log.Warn("something")
		synctest.Wait()
		if got := operator.taken(); names(got) != "log" || !strings.Contains(got[0].data, `"message":"something"`) || len(everyone.taken()) != 0 {
			t.Errorf("a line in the log is reported to operators as %v", got)
		}

		in.Detach()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		got = everyone.taken()
		if names(got) != "mount gone" || got[1].data != `{"mount":"/live"}` || !strings.Contains(got[0].data, `"state":"waiting"`) {
			t.Errorf("the end is reported as %v", got)
		}
		if got := other.taken(); len(got) != 0 {
			t.Errorf("followers of another mount are sent %v", got)
		}
	})
}

func TestEventsOfHiddenMounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t, house)
		in := s.broadcast(t, "/hidden", "source", "One")
		stop := s.run(t)
		defer stop()
		for _, test := range []struct {
			name string
			view view
			want string // names of the events of a title
		}{
			{"everyone", view{}, ""},
			{"everyone who knows its name", view{mount: "/hidden"}, ""},
			{"its DJ", view{by: "/hidden"}, "title mount"},
			{"another DJ", view{by: "/live"}, ""},
			{"an operator", view{all: true}, "title mount"},
		} {
			f, greeting := s.follow(t, test.view)
			if told := len(greeting) > 0; told != (test.want != "") {
				t.Errorf("%s is greeted with %v", test.name, greeting)
			}
			in.SetTitle(titled(test.name))
			synctest.Wait()
			if got := names(f.taken()); got != test.want {
				t.Errorf("%s is sent %q", test.name, got)
			}
			s.Events.leave(f)
		}
	})
}

func TestReloadsShowInTheEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t, house)
		s.broadcast(t, "/live", "source", "One")
		stop := s.run(t)
		defer stop()
		everyone, _ := s.follow(t, view{})
		operator, _ := s.follow(t, view{all: true})
		reload := func(toml string) {
			s.Conf.Replace(newStation(t, toml).Conf.Config())
			synctest.Wait()
		}
		reload(house + "[page]\nshow_listeners = false\n")
		if got := everyone.taken(); names(got) != "mount" || strings.Contains(got[0].data, "listeners") {
			t.Errorf("%v was sent though the numbers of listeners are private", got)
		}
		if got := operator.taken(); names(got) != "mount" || !strings.Contains(got[0].data, `"listeners":0`) {
			t.Errorf("operators are sent %v", got)
		}
		s.listen(t, "/live", "192.0.2.1", "VLC")
		time.Sleep(countEvery)
		synctest.Wait()
		if got := everyone.taken(); len(got) != 0 {
			t.Errorf("told %v", got)
		}
		operator.taken()
		reload(strings.Replace(house, `title = "The station"`, "hidden = true", 1))
		if got := names(everyone.taken()); got != "gone" {
			t.Errorf("%s was sent when the mount was hidden", got)
		}
		if got := names(operator.taken()); got != "mount" {
			t.Errorf("operators are sent %s when the mount was hidden", got)
		}
	})
}

// A title reaches a thousand followers; one that does not read is dropped, and holds
// nothing up.
func TestThousandFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t, house)
		in := s.broadcast(t, "/live", "source", "Before")
		stop := s.run(t)
		stuck, _ := s.follow(t, view{})
		const followers = 1000
		titles := maxQueue + 5
		var reading sync.WaitGroup
		heard := make([]int, followers)
		for i := range followers {
			f, err := s.Events.follow(view{}, netip.Addr{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			reading.Go(func() {
				for {
					select {
					case b := <-f.queue:
						heard[i] += bytes.Count(b, []byte("event: title\n"))
					case <-f.gone:
						return
					}
				}
			})
		}
		synctest.Wait()
		for n := range titles {
			in.SetTitle(titled(fmt.Sprintf("Title %d", n)))
			time.Sleep(time.Second) // titles must not come faster
			synctest.Wait()
		}
		select {
		case <-stuck.gone:
		default:
			t.Error("a follower that does not read is not dropped")
		}
		stop()
		reading.Wait()
		for i, n := range heard {
			if n != titles {
				t.Fatalf("follower %d was sent %d of %d titles", i, n, titles)
			}
		}
		if _, err := s.Events.follow(view{}, netip.Addr{}, nil); err != errNoMoreEvents {
			t.Errorf("a follower after the end: %v", err)
		}
	})
}

func TestNobodyFollowsNobodyCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t, house)
		s.broadcast(t, "/live", "source", "One")
		stop := s.run(t)
		f, _ := s.follow(t, view{})
		s.Events.leave(f)
		synctest.Wait()
		s.listen(t, "/live", "192.0.2.1", "VLC")
		time.Sleep(10 * countEvery)
		synctest.Wait()
		stop()
		if len(s.Events.counts) != 0 {
			t.Errorf("counted %v", s.Events.counts)
		}
	})
}

// The stream of events outlives the time limits of a request, and ends with the
// server or with the login that opened it.
func TestEventStream(t *testing.T) {
	s := newStation(t, house)
	in := s.broadcast(t, "/live", "source", "One")
	stop := s.run(t)
	server := httptest.NewUnstartedServer(s.router)
	server.Config.ReadTimeout, server.Config.WriteTimeout = 50*time.Millisecond, 50*time.Millisecond
	server.Start()
	defer server.Close()

	answer, err := http.Get(server.URL + prefix + "/events?mount=/live")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" || answer.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%v", answer.Header)
	}
	lines := bufio.NewScanner(answer.Body)
	next := func(prefix string) string {
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), prefix) {
				return lines.Text()
			}
		}
		t.Fatalf("the stream ends before %q: %v", prefix, lines.Err())
		return ""
	}
	next("retry: 2000")
	next("event: mount")
	next("event: listeners") // of the greeting; later ones come once a second
	s.listen(t, "/live", "192.0.2.1", "VLC")
	next("event: listeners")
	in.SetTitle(titled("Two"))
	next("event: title")
	if got := next("data: "); !strings.Contains(got, `"title":"Two"`) {
		t.Error(got)
	}
	stop()
	for lines.Scan() {
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the stream does not end well: %v", err)
	}
	if w := s.ask(t, "GET", "/events", ""); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("after the end: %d", w.Code)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestEventStreamEndsWithItsLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t, house)
		stop := s.run(t)
		defer stop()
		cookie, csrf := s.logIn(t, "admin", "operator", "")
		ended := make(chan struct{})
		go func() {
			s.ask(t, "GET", "/events", "", cookie)
			close(ended)
		}()
		time.Sleep(3 * pingEvery)
		synctest.Wait()
		select {
		case <-ended:
			t.Fatal("the stream ends while the login holds")
		default:
		}
		if w := s.ask(t, "DELETE", "/session", "", cookie, csrf); w.Code != 204 {
			t.Fatal(w.Code, w.Body)
		}
		time.Sleep(pingEvery)
		synctest.Wait()
		select {
		case <-ended:
		default:
			t.Error("the stream goes on without its login")
		}
	})
}

// The cost of a title for many followers.
func BenchmarkFanOut(b *testing.B) {
	for _, followers := range []int{10, 1000, 10_000} {
		b.Run(fmt.Sprint(followers), func(b *testing.B) {
			s := newStation(b, house)
			in := s.broadcast(b, "/live", "source", "One")
			e := s.Events
			var all []*follower
			for range followers {
				f, err := e.follow(view{}, netip.Addr{}, nil)
				if err != nil {
					b.Fatal(err)
				}
				all = append(all, f)
			}
			e.greet()
			b.ReportAllocs()
			for n := 1; b.Loop(); n++ {
				b.StopTimer()
				for _, f := range all {
					for len(f.queue) > 0 {
						<-f.queue
					}
				}
				if n%20 == 0 { // a source may not set many titles at once
					in.Kick()
					in = s.broadcast(b, "/live", "source", "One")
					e.look("/live")
				}
				in.SetTitle(mounts.Title{Text: fmt.Sprint(b.N, time.Now().UnixNano())})
				b.StartTimer()
				e.send(round{events: e.look("/live")})
			}
		})
	}
}
