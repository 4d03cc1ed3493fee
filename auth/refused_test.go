package auth

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"relay/conf"
)

func TestLastRefused(t *testing.T) {
	gate := NewGate(conf.NewLive(parsed(t, "[auth]\nsource_password = 'right'\n")))
	source := func(mount, password string) {
		r := httptest.NewRequest("PUT", mount, nil)
		r.RemoteAddr = "192.0.2.7:1234"
		r.Header.Set("User-Agent", "butt/1.0")
		if password != "" {
			r.SetBasicAuth("source", password)
		}
		gate.Source(r, mount)
	}
	source("/live", "right")
	source("/live", "")
	if last, ok := gate.LastRefused("/live"); ok {
		t.Fatalf("nobody was refused, but %+v", last)
	}
	source("/live", "wrong")
	source("/live", "right")
	last, ok := gate.LastRefused("/live")
	if !ok || last.Addr != "192.0.2.7" || last.Agent != "butt/1.0" || !strings.Contains(last.Reason, "wrong password") || time.Since(last.When) > time.Minute {
		t.Errorf("%+v", last)
	}
	if _, ok := gate.LastRefused("/other"); ok {
		t.Error("the refusal is another mount's too")
	}
	gate.PasswordLine(t.Context(), "192.0.2.8", "wrong", "/stream")
	gate.PasswordLine(t.Context(), "192.0.2.9", "/named:wrong", "/stream")
	if last, _ := gate.LastRefused("/stream"); last.Addr != "192.0.2.8" {
		t.Errorf("a SHOUTcast source: %+v", last)
	}
	if last, _ := gate.LastRefused("/named"); last.Addr != "192.0.2.9" {
		t.Errorf("a SHOUTcast source that names its mount: %+v", last)
	}
}

func TestRefusalsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r refusedSources
		for i := range mostRefused + 10 {
			time.Sleep(time.Millisecond)
			r.note(fmt.Sprint("/", i), Refused{When: time.Now()})
		}
		if len(r.last) != mostRefused {
			t.Errorf("%d are remembered", len(r.last))
		}
		if _, oldest := r.last["/0"]; oldest {
			t.Error("the oldest is remembered still")
		}
	})
}
