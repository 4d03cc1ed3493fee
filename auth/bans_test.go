package auth

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
)

// banning returns a configuration in force, the gate of it and the gate's log.
func banning(t testing.TB, toml string) (*conf.Live, *Gate, *observer.ObservedLogs) {
	t.Helper()
	c, err := conf.Parse("relay.toml", []byte("[auth]\n"+toml))
	if err != nil {
		t.Fatal(err)
	}
	live := conf.NewLive(c)
	core, log := observer.New(zap.DebugLevel)
	return live, NewGate(live, zap.New(core)), log
}

func TestDeniedAddresses(t *testing.T) {
	_, g, _ := banning(t, `deny_ips = ["192.0.2.1", "10.0.0.0/8", "172.16.*.*", "2001:db8::/32", "fe80::1"]`)
	for ip, want := range map[string]bool{
		"192.0.2.1": true, "::ffff:192.0.2.1": true, "192.0.2.2": false,
		"10.200.0.1": true, "11.0.0.1": false, "172.16.3.4": true, "172.17.0.1": false,
		"2001:db8:ffff::1": true, "2001:db9::1": false, "fe80::1%eth0": true, "fe80::2": false,
		"": false, "somebody": false,
	} {
		addr, _ := netip.ParseAddr(ip)
		if g.DeniesAddress(addr) != want {
			t.Errorf("%q: %v", ip, !want)
		}
	}
}

func TestDeniedAgents(t *testing.T) {
	_, g, _ := banning(t, `deny_agents = ["*BadBot*", "Ripper/?.?", "exact"]`)
	for agent, want := range map[string]bool{
		"Mozilla/5.0 (BadBot 1)": true, "badbot": true, "Ripper/1.0": true, "Ripper/10.0": false,
		"exact": true, "exactly": false, "": false,
	} {
		if g.DeniesAgent(agent) != want {
			t.Errorf("%q: %v", agent, !want)
		}
	}
}

// Files as Icecast and icecast-kh have them count like the configuration.
func TestBanFiles(t *testing.T) {
	dir := t.TempDir()
	ips, agents := filepath.Join(dir, "ips"), filepath.Join(dir, "agents")
	write(t, ips, "\ufeff192.0.2.1\r\n\r\n# 192.0.2.2\n 10.1.*.* \nsomebody\nfe80::1")
	write(t, agents, "# all of them:\n*Bot*\n")
	_, g, _ := banning(t, "deny_ips_file = '"+ips+"'\ndeny_agents_file = '"+agents+"'\ndeny_ips = ['198.51.100.1']")
	for ip, want := range map[string]bool{"192.0.2.1": true, "192.0.2.2": false, "10.1.255.1": true, "fe80::1": true, "198.51.100.1": true} {
		if g.DeniesAddress(netip.MustParseAddr(ip)) != want {
			t.Errorf("%q: %v", ip, !want)
		}
	}
	if !g.DeniesAgent("a Bot") || g.DeniesAgent("# all of them:") {
		t.Error("the agents are read wrongly")
	}
}

// Changes of the files and of the configuration take effect, and BansChanged tells of
// them.
func TestBansFollowTheirFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ips")
	write(t, file, "192.0.2.1\nnobody\n")
	live, g, log := banning(t, "deny_ips_file = '"+file+"'")
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { g.Run(ctx); close(ended) }()
	defer func() { stop(); <-ended }()

	follows := func(what string, want map[string]bool) {
		t.Helper()
		deadline := time.After(20 * time.Second)
		for {
			right := true
			for ip, denied := range want {
				right = right && g.DeniesAddress(netip.MustParseAddr(ip)) == denied
			}
			if right {
				return
			}
			select {
			case <-g.BansChanged():
			case <-deadline:
				t.Fatalf("%s: never", what)
			}
		}
	}
	follows("the file at the start", map[string]bool{"192.0.2.1": true})
	write(t, file, "192.0.2.22\n")
	follows("the file's new text", map[string]bool{"192.0.2.1": false, "192.0.2.22": true})
	c, err := conf.Parse("relay.toml", []byte("auth.deny_ips = ['10.0.0.0/8']"))
	if err != nil {
		t.Fatal(err)
	}
	live.Replace(c)
	follows("a reload", map[string]bool{"192.0.2.22": false, "10.1.1.1": true})
	if n := log.FilterMessage("line skipped").Len(); n != 1 {
		t.Errorf("%d lines were skipped by the log, 1 is in the file", n)
	}
}

// The addresses of a list stay denied when the list can no longer be read.
func TestALostBanFileStaysInForce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ips")
	write(t, file, "192.0.2.1\n")
	_, g, log := banning(t, "deny_ips_file = '"+file+"'")
	atStart := log.Len()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		g.bans.refresh(false)
	}
	if !g.DeniesAddress(netip.MustParseAddr("192.0.2.1")) || log.Len() != atStart+1 {
		t.Errorf("%d lines in the log: %v", log.Len(), log.All())
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A pattern matches the same texts as the same regular expression.
func FuzzAgentPattern(f *testing.F) {
	f.Add("Mozilla/5.0 (BadBot)", "*badbot*")
	f.Add("aaaaaaaaaaaaaaaaaaaa", "*a*a*a*a*b")
	f.Add("", "?*")
	f.Fuzz(func(t *testing.T, text, pattern string) {
		if len(text)+len(pattern) > 200 {
			t.Skip()
		}
		var expression strings.Builder
		for _, c := range []byte(pattern) {
			switch c {
			case '*':
				expression.WriteString(".*")
			case '?':
				expression.WriteString(".")
			default:
				expression.WriteString(regexp.QuoteMeta(string(rune(c))))
			}
		}
		want := regexp.MustCompile(`(?s)\A` + expression.String() + `\z`).MatchString(latin1(text))
		if fitsPattern(text, pattern) != want {
			t.Errorf("%q, %q: %v", text, pattern, !want)
		}
	})
}

// latin1 returns a text with a character for each byte.
func latin1(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		b.WriteRune(rune(c))
	}
	return b.String()
}

// A list of addresses denies those that it names, whatever else is in it.
func FuzzBanFile(f *testing.F) {
	f.Add([]byte("# bad\n192.0.2.1\r\n10.*.*.*\n2001:db8::/32"))
	f.Add([]byte("\ufeff\n::ffff:10.0.0.0/104\n0.0.0.0/0\n1.2.*"))
	f.Fuzz(func(t *testing.T, text []byte) {
		all := addressSet{}
		for _, line := range parseBanLines(text) {
			if line.text == "" || line.text[0] == '#' || strings.ContainsAny(line.text, "\n") {
				t.Fatalf("%q is a line", line.text)
			}
			network, err := conf.ParseNetwork(line.text)
			if err != nil {
				continue
			}
			all.add(network.Prefix)
			if !all.has(network.Addr()) {
				t.Fatalf("%q does not deny %v", line.text, network.Addr())
			}
			if addr, err := netip.ParseAddr(line.text); err == nil && !all.has(addr) {
				t.Fatalf("%q does not deny itself", line.text)
			}
		}
	})
}
