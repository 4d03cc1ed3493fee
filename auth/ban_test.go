package auth

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Bans for a time end by themselves, in memory and in the file.
func TestBanForATime(t *testing.T) {
	for name, file := range map[string]string{"memory": "", "file": filepath.Join(t.TempDir(), "ips")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				toml := ""
				if file != "" {
					toml = "deny_ips_file = '" + file + "'"
				}
				_, g, _ := banning(t, toml)
				saved, err := g.Ban(netip.MustParsePrefix("192.0.2.1/32"), time.Now().Add(time.Minute))
				if err != nil || saved != (file != "") {
					t.Fatal(saved, err)
				}
				if _, err := g.Ban(netip.MustParsePrefix("192.0.2.2/32"), time.Time{}); err != nil {
					t.Fatal(err)
				}
				<-g.BansChanged()
				g.bans.refresh(false)
				if !g.DeniesAddress(netip.MustParseAddr("192.0.2.1")) || !g.DeniesAddress(netip.MustParseAddr("192.0.2.2")) {
					t.Fatal("who is banned is let in")
				}
				time.Sleep(time.Minute)
				g.bans.refresh(false)
				if g.DeniesAddress(netip.MustParseAddr("192.0.2.1")) || !g.DeniesAddress(netip.MustParseAddr("192.0.2.2")) || len(g.Bans()) != 1 {
					t.Errorf("a minute later: %v", g.Bans())
				}
			})
		})
	}
}

// A ban in memory ends even if there is no file to read.
func TestBanEndsWithoutAFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, g, _ := banning(t, "")
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { g.bans.run(ctx) })
		time.Sleep(time.Hour) // no ticker runs any more
		if _, err := g.Ban(netip.MustParsePrefix("192.0.2.1/32"), time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if !g.DeniesAddress(netip.MustParseAddr("192.0.2.1")) {
			t.Error("a banned address is let in")
		}
		time.Sleep(2 * time.Minute)
		if g.DeniesAddress(netip.MustParseAddr("192.0.2.1")) {
			t.Error("the ban has not ended")
		}
		cancel()
		running.Wait()
	})
}

// An edit keeps all lines of the file but those of the network and of bans that are over.
func TestBansAreWrittenToTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ips")
	write(t, file, "\ufeff# ours\r\n192.0.2.1\r\n10.1.*.*\nnobody\n192.0.2.3 until 2020-01-01T00:00:00Z\n192.0.2.4 until tomorrow\n192.0.2.5")
	_, g, _ := banning(t, "deny_ips_file = '"+file+"'")
	until := time.Date(2099, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, n := range []string{"192.0.2.6/32", "192.0.2.1/32", "2001:db8::/64"} {
		if _, err := g.Ban(netip.MustParsePrefix(n), until); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Unban(netip.MustParsePrefix("10.1.0.0/16")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const ends = " until 2099-01-02T03:04:05Z\n"
	if want := "\ufeff# ours\r\nnobody\n192.0.2.4 until tomorrow\n192.0.2.5\n192.0.2.6" + ends + "192.0.2.1" + ends + "2001:db8::/64" + ends; string(text) != want {
		t.Errorf("the file is\n%q, want\n%q", text, want)
	}
	_, again, _ := banning(t, "deny_ips_file = '"+file+"'") // after a restart
	for ip, want := range map[string]bool{"192.0.2.1": true, "192.0.2.3": false, "192.0.2.4": false, "192.0.2.5": true, "10.1.0.1": false, "2001:db8::9": true} {
		if again.DeniesAddress(netip.MustParseAddr(ip)) != want {
			t.Errorf("%s is banned: %v", ip, !want)
		}
	}
}
