package relays

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"relay/e2e/harness"
)

// stated is a mount's state and title in one place.
type stated struct{ State, Title string }

// states returns a mount's state and title in every place that shows them: the API
// for operators and for everyone, status-json.xsl and the metrics. A place that does
// not list the mount has "-".
func states(t *testing.T, r *harness.Relay, mount string) map[string]stated {
	t.Helper()
	said := map[string]stated{}
	type row struct {
		Name    string
		State   string
		Playing *struct{ Title string }
	}
	find := func(place string, rows []row) {
		said[place] = stated{State: "-"}
		for _, m := range rows {
			if m.Name == mount {
				said[place] = stated{State: m.State}
				if m.Playing != nil {
					said[place] = stated{m.State, m.Playing.Title}
				}
			}
		}
	}
	var status struct{ Mounts []row }
	_, _, text := r.Get(t, "/api/v1/status")
	if err := json.Unmarshal([]byte(text), &status); err != nil {
		t.Fatal(err)
	}
	find("status", status.Mounts)
	var mounts struct{ Items []row }
	r.JSON(t, "/api/v1/mounts", &mounts)
	find("mounts", mounts.Items)
	said["status-json"] = stated{State: "-"}
	if s := r.Source(t, mount); s.ListenURL != "" {
		said["status-json"] = stated{s.State, s.Title}
	}
	_, _, text = r.Get(t, "/metrics")
	said["metrics"] = stated{State: "-"}
	for line := range strings.Lines(text) {
		if series, is := strings.CutSuffix(line, `",mount="`+mount+"\"} 1\n"); is {
			if input, is := strings.CutPrefix(series, `relay_mount_input{input="`); is {
				said["metrics"] = stated{State: input}
			}
		}
	}
	return said
}

// says waits until every place shows the same state and title of a mount. If absent
// is true, the places that list only existing mounts may leave it out.
func says(t *testing.T, r *harness.Relay, mount, state, title string, absent bool) {
	t.Helper()
	var said map[string]stated
	defer func() {
		if t.Failed() {
			t.Logf("states of %s: %v", mount, said)
		}
	}()
	harness.Eventually(t, mount+" to be "+state, func() bool {
		said = states(t, r, mount)
		for place, s := range said {
			want := stated{state, title}
			switch {
			case place == "metrics":
				want.Title = ""
			case absent && place != "mounts" && s.State == "-":
				continue
			}
			if s != want {
				return false
			}
		}
		return true
	})
}

// Every place shows the same state of a relay: that of the stream it plays.
func TestStateOfRelays(t *testing.T) {
	t.Parallel()
	there := harness.Start(t, harness.Config+"[limits]\nflush_interval = \"50ms\"\n")
	addr := there.Addr
	r := harness.Start(t, harness.Config+`
[limits]
flush_interval = "50ms"
[[relay]]
url = "http://`+addr+`/live"
mount = "/copy"
[[relay]]
url = "http://`+addr+`/live"
mount = "/wanted"
on_demand = true
[[relay]]
url = "http://127.0.0.1:1/none"
mount = "/never"
[[mount]]
name = "/wanted"
[[mount.rendition]]
name = "/wanted-64"
bitrate = 64
on_demand = true
[[mount]]
name = "/idle"
`)
	// All series exist from the start, although nothing is on the air.
	says(t, r, "/copy", "waiting", "", true)
	says(t, r, "/never", "waiting", "", true)
	says(t, r, "/idle", "waiting", "", true)
	says(t, r, "/wanted", "asleep", "", false)
	says(t, r, "/wanted-64", "asleep", "", true)
	_, _, text := r.Get(t, "/metrics")
	for _, series := range []string{
		`relay_mount_input{input="relay",mount="/copy"}`, `relay_mount_listeners{mount="/never"}`,
		`relay_mount_received_bytes_total{mount="/copy"}`, `relay_mount_source_too_slow{mount="/wanted-64"}`,
	} {
		if v, there := harness.Metric(text, series); !there || v != 0 {
			t.Errorf("%s is %v, %v", series, v, there)
		}
	}

	e := there.Encode(t, "/live")
	e.Frames(t, 200)
	harness.Eventually(t, "the source there", func() bool { return there.Source(t, "/live").State == "live" })
	there.SetTitle(t, "/live", "Song")
	stop := make(chan struct{})
	go e.Play(stop)
	says(t, r, "/copy", "relay", "Song", false)
	says(t, r, "/wanted", "asleep", "", false)

	listener := r.Tune(t, "/wanted")
	go io.Copy(io.Discard, listener)
	says(t, r, "/wanted", "relay", "Song", false)
	says(t, r, "/wanted-64", "asleep", "", false)

	close(stop)
	there.Stop(t)
	says(t, r, "/copy", "waiting", "", true) // it has no listeners, so it ends after a while
	says(t, r, "/wanted", "waiting", "", false)
	listener.Close()
	says(t, r, "/wanted", "asleep", "", false)
	says(t, r, "/wanted-64", "asleep", "", true)
	for _, mount := range []string{"/copy", "/wanted"} {
		if _, _, body := r.Get(t, "/stats?sid=1&mount="+mount); strings.Contains(body, "<STREAMSTATUS>1") {
			t.Errorf("SHOUTcast's statistics have %s on the air: %s", mount, body)
		}
	}
}

// A client that follows events or statistics is counted as a connection.
func TestFollowersAreConnections(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\n")
	count := func() float64 {
		_, _, text := r.Get(t, "/metrics")
		n, _ := harness.Metric(text, "relay_connections")
		return n
	}
	harness.Eventually(t, "a server that serves nobody else", func() bool { return count() == 1 })
	var followers []io.Closer
	for _, path := range []string{"/api/v1/events", "/api/v1/events?mount=/live"} {
		answer, err := http.Get(r.URL(path))
		if err != nil {
			t.Fatal(err)
		}
		followers = append(followers, answer.Body)
	}
	watching := r.Dial(t)
	fmt.Fprintf(watching, "STATS / HTTP/1.0\r\nAuthorization: %s\r\n\r\n", harness.Basic("admin", "adminpass"))
	followers = append(followers, watching)
	harness.Eventually(t, "three followers to be counted", func() bool { return count() == 4 })
	for _, f := range followers {
		f.Close()
	}
	harness.Eventually(t, "three followers to be gone", func() bool { return count() == 1 })
}
