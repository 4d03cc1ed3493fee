package api

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"relay/history"
)

func TestReports(t *testing.T) {
	s := newStation(t, house)
	told := fmt.Sprint("/told", time.Now().UnixNano()) // all tests share the history
	at := time.Now().Add(-2 * time.Hour).Truncate(time.Second)
	s.History.Played(history.Track{Mount: told, Play: 1, Title: "=One", Since: at, Listeners: 3})
	s.History.Sourced(history.Airtime{Mount: told, Kind: "live", Agent: "butt/1.0", Since: at, Stayed: time.Hour, Reason: "closed the connection"})
	s.History.Listened(history.Session{Mount: told, Since: at, Stayed: 30 * time.Minute, Addr: netip.MustParseAddr("192.0.2.1"), Agent: "VLC/3.0"})
	s.History.Sample(at, map[string]int{told: 3})
	span := url.Values{"mount": {told}, "from": {at.Add(-time.Minute).Format(time.RFC3339)}}.Encode()
	for path, want := range map[string][]string{
		"/reports/listening":    {`"mount":"` + told + `"`, `"sessions":1`, `"hours":0.5`, `"unique_listeners":1`},
		"/reports/titles":       {`"title":"=One"`, `"seconds":3600`, `"listeners":3`, `"total":1`},
		"/reports/title-totals": {`"title":"=One"`, `"plays":1`},
		"/reports/sources":      {`"agent":"butt/1.0"`, `"reason":"closed the connection"`, `"seconds":3600`},
		"/reports/players":      {`"player":"VLC"`, `"sessions":1`},
		"/history/listeners":    {`"listeners":3`, `"peak":3`},
	} {
		var body string
		for deadline := time.Now().Add(30 * time.Second); ; { // rows are written with a delay
			w := s.ask(t, "GET", path+"?"+span, "", operator)
			if body = w.Body.String(); w.Code == 200 && !strings.Contains(body, `"total":0`) || time.Now().After(deadline) {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		for _, part := range want {
			if !strings.Contains(body, part) {
				t.Errorf("%s lacks %s: %s", path, part, body)
			}
		}
		w := s.ask(t, "GET", path+"?format=csv&"+span, "", operator)
		lines := strings.Split(strings.TrimSpace(w.Body.String()), "\r\n")
		if len(lines) != 2 || w.Header().Get("Content-Type") != "text/csv; charset=utf-8" ||
			!strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment; filename=") {
			t.Errorf("%s as CSV: %q, %v", path, lines, w.Header())
		}
		if strings.Contains(w.Body.String(), ",=") || strings.HasPrefix(lines[1], "=") {
			t.Errorf("%s as CSV has a formula: %q", path, lines)
		}
		idle := s.ask(t, "GET", path+"?mount=/hidden", "", operator)
		if !strings.Contains(idle.Body.String(), `{"items":[],"total":0}`) {
			t.Errorf("%s of a mount that never played: %s", path, idle.Body)
		}
	}
}

func TestReportsAreAskedForRightly(t *testing.T) {
	s := newStation(t, house)
	for _, path := range []string{
		"/reports/listening?format=xml", "/reports/listening?from=yesterday", "/reports/listening?to=2026-13-01T00:00:00Z",
		"/reports/listening?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "/reports/listening?limit=1", "/reports/titles?limit=1001",
		"/reports/titles?offset=-1", "/history/listeners?step=1", "/history/listeners?from=1990-01-01T00:00:00Z", "/log?lines=0",
	} {
		refused(t, s.ask(t, "GET", path, "", operator), 400)
	}
	s.History = nil
	if p := refused(t, s.ask(t, "GET", "/reports/listening", "", operator), 404); p.Detail != history.ErrOff.Error() {
		t.Errorf("%+v", p)
	}
}

func TestLogShowsTheLastLines(t *testing.T) {
	s := newStation(t, house)
	for i := range 20 {
		s.Log.Info(fmt.Sprint("line ", i))
	}
	refused(t, s.ask(t, "GET", "/server", "", login("admin", "guess")), 401)
	type line struct {
		Level, Message string
		Fields         map[string]any
	}
	got := read[list[line]](t, s.ask(t, "GET", "/log?lines=3", "", operator), 200)
	if len(got.Items) != 3 || got.Items[1].Message != "line 19" || got.Items[2].Message != "login refused" || got.Items[2].Level != "warn" ||
		got.Items[2].Fields["path"] != "/api/v1/server" || got.Items[2].Fields["ip"] != "192.0.2.1" {
		t.Errorf("%+v", got)
	}
	if strings.Contains(fmt.Sprint(got), "guess") {
		t.Error("the log has the password that was tried")
	}
}
