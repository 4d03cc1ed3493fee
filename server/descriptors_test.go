package server

import (
	"fmt"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
)

func parse(t *testing.T, toml string) *conf.Config {
	t.Helper()
	c, err := conf.Parse("relay.toml", []byte(toml))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// renditions returns the configuration of a mount with n renditions.
func renditions(n int) string {
	var b strings.Builder
	b.WriteString("[[mount]]\nname = '/live'\n")
	for i := range n {
		fmt.Fprintf(&b, "[[mount.rendition]]\nname = '/live-%d'\nbitrate = 64\n", i)
	}
	return b.String()
}

// Clients get the descriptors that the configuration does not need, and never all
// descriptors. Listeners leave a part to other clients.
func TestDescriptorsAreShared(t *testing.T) {
	for name, tt := range map[string]struct {
		descriptors int
		toml        string
		want        share
	}{
		"very many":           {1 << 20, "", share{clients: 1048534, sources: 100, listeners: 1048234}},
		"a usual limit":       {65536, "", share{clients: 65494, sources: 100, listeners: 65194}},
		"few":                 {1024, "", share{clients: 982, sources: 100, listeners: 737}},
		"very few":            {64, "", share{clients: 22, sources: 2, listeners: 17}},
		"none":                {16, "", share{clients: 0, sources: 1, listeners: 1}},
		"few and renditions":  {256, renditions(12), share{clients: 142, sources: 17, listeners: 107}},
		"few and recordings":  {256, "[[mount]]\nname = '/*'\nrecord_dir = 'x'\n", share{clients: 98, sources: 12, listeners: 74}},
		"few sources allowed": {65536, "limits.sources = 3\n", share{clients: 65494, sources: 3, listeners: 65291}},
	} {
		if got := shareOut(parse(t, tt.toml), tt.descriptors); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

// All parts with files, pipes or connections of their own count.
func TestWhatAConfigurationNeeds(t *testing.T) {
	const files, hook = "[[mount]]\nname = '/a'\nfiles.paths = ['x']\n", "[mount.listener_auth]\n"
	least := needs(parse(t, ""), 10)
	for toml, more := range map[string]int{
		"server.listen = [':1', ':2', ':3']\n": 2 * perAddress,
		renditions(5):                          5 * perRendition,
		files:                                  perPlayer,
		"[[mount]]\nname = '/a'\nrecord_dir = 'x'\n":                      perRecording + ofDownloads,
		"[[mount]]\nname = '/a*'\nrecord_dir = 'x'\n":                     10*perRecording + ofDownloads,
		"[[relay]]\nurl = 'http://a/b'\n[[relay]]\nurl = 'http://a/c'\n":  2 * perRelay,
		"[master]\nurl = 'http://a'\n":                                    100 + ofMaster,
		files + hook + "url = 'http://a/1'\non_source = 'http://a/2'\n":   perPlayer + perHookedServer,
		files + hook + "url = 'http://a/1'\nstream_auth = 'http://b/2'\n": perPlayer + 2*perHookedServer,
	} {
		if got := needs(parse(t, toml), 10) - least; got != more {
			t.Errorf("%q needs %d more, want %d", toml, got, more)
		}
	}
}

func TestTooFewDescriptorsAreTold(t *testing.T) {
	for name, tt := range map[string]struct {
		descriptors int
		toml        string
		says        []string // the beginning of each line
	}{
		"enough":          {65536, "", nil},
		"not known":       {0, renditions(1000), nil},
		"not for so many": {1024, "", []string{"too few file descriptors for limits.listeners"}},
		"for nobody":      {256, renditions(40), []string{"too few file descriptors for this configuration", "too few file descriptors for limits.listeners", "too few file descriptors for limits.sources"}},
	} {
		core, log := observer.New(zap.DebugLevel)
		warnOfShortage(parse(t, tt.toml), tt.descriptors, zap.New(core))
		lines := log.All()
		if len(lines) != len(tt.says) {
			t.Errorf("%s: %v", name, lines)
			continue
		}
		for i, line := range lines {
			if !strings.HasPrefix(line.Message, tt.says[i]) {
				t.Errorf("%s: %q, want %q", name, line.Message, tt.says[i])
			}
		}
	}
	if needed := tooFew(parse(t, renditions(40)), 256); needed != 40+2+40*perRendition+leastConnections {
		t.Errorf("%d are needed", needed)
	}
}

// A reload changes how many listeners there is room for.
func TestTheShareFollowsTheConfiguration(t *testing.T) {
	s := newServer(t, "")
	s.Capacity.descriptors = 256
	before := s.Registry.MaxListeners()
	replace(t, s, renditions(20))
	if after := s.Registry.MaxListeners(); after >= before || after < 1 {
		t.Errorf("%d may listen beside 20 renditions, %d before", after, before)
	}
}
