package lead

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

// Sources take over from each other and are kicked, an operator skips tracks, moves
// listeners and reloads the configuration: no listener loses anything for good.
func TestOperators(t *testing.T) {
	t.Parallel()
	rounds := 2
	if harness.Long() {
		rounds = breaks
	}
	music := t.TempDir()
	for n := range uint32(rounds) + 2 { // none plays twice
		numberedFile(t, music, fmt.Sprintf("track %02d.mp3", n), tracks+n, 5*time.Minute)
	}
	tables := "[[mount]]\nname = '/live'\ntakeover = 'newest'\ngrace = '500ms'\nfiles = { paths = ['" + music + "'], order = 'sequence' }\n" +
		"[[mount]]\nname = '/other'\n"
	path := harness.WriteFile(t, "relay.toml", config+tables)
	r := harness.Launch(t, exec.Command(harness.Binary, "-c", path))
	r.SourcePassword, r.AdminPassword = "hackme", "adminpass"
	s := open(t, r)
	plays := func(state string) {
		t.Helper()
		harness.Eventually(t, state, func() bool { return s.Source(t, "/live").State == state })
	}
	plays("files")
	s.encode(t, "/other", 100).settles(t, s)
	s.tuneIn(t)
	do := func(command string) {
		t.Helper()
		if status, body := s.Admin(t, "/admin/"+command); status != 200 || !strings.Contains(body, "<return>1</return>") {
			t.Fatalf("%s: %d %s", command, status, body)
		}
		s.hears.plays(t, 2*time.Second)
		s.keepsTheLaw(t, command)
	}
	for n := range uint32(rounds) {
		do("skip?mount=/live")
		for id := 200 + 2*n; id < 202+2*n; id++ {
			s.encode(t, "/live", id)
			s.hears.awaits(t, id, uint64(id)<<32+40)
			s.keepsTheLaw(t, fmt.Sprintf("taken over by source %d", id))
		}
		do("moveclients?mount=/live&destination=/other")
		do("moveclients?mount=/other&destination=/live")
		do("killsource?mount=/live")
		plays("files")
		s.Rewrite(t, path, config+tables+fmt.Sprintf("description = 'round %d'\n", n), "configuration")
		s.hears.plays(t, 2*time.Second)
		s.keepsTheLaw(t, "the reload")
	}
	s.paysItsDebts(t)
	s.hears.decodes(t)
}
