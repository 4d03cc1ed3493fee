package faults

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // to read a history

	"relay/e2e/harness"
)

// reasons returns the reasons for which rows of a table of a history ended, with the
// number of rows for each.
func reasons(t *testing.T, file, table string) map[string]int {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT reason FROM ` + table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := map[string]int{}
	for rows.Next() {
		var reason string
		if err := rows.Scan(&reason); err != nil {
			t.Fatal(err)
		}
		found[reason]++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// When the server is told to end, its records give that as the reason for every
// client, not the end of the client's stream.
func TestTheEndIsTheReason(t *testing.T) {
	t.Parallel()
	far := harness.Start(t, "[server]\nlisten = ['127.0.0.1:0']\n[auth]\nsource_password = 'hackme'\n")
	far.Broadcast(t, "/far", other)
	music := t.TempDir()
	harness.MusicFile(t, music, "a.mp3")
	file := filepath.Join(t.TempDir(), "history.db")
	s := open(t, harness.Start(t, configuration+`
[[mount]]
name = "/music"
[mount.files]
paths = ['`+music+`']
[[relay]]
url = "`+far.URL("/far")+`"
mount = "/near"
[log]
level = "debug"
[history]
file = '`+file+`'
`))
	s.Gather(t, "/near", 2)
	s.Gather(t, "/music", 1)
	s.Gather(t, "/backup", 1)
	s.endsInTime(t)
	log := s.Log.String()
	for _, wrong := range []string{"stream ended", "use of closed network connection", "context canceled", "it ended"} {
		if strings.Contains(log, wrong) {
			t.Errorf("the log says %q", wrong)
		}
	}
	if n := strings.Count(log, `"reason": "server shut down"`); n < crowd+4 {
		t.Errorf("of %d listeners the log says that the server shut down", n)
	}
	if found := reasons(t, file, "listening"); found["server shut down"] != crowd+4 || len(found) != 1 {
		t.Errorf("listeners have left because of %v", found)
	}
	found := reasons(t, file, "sources")
	delete(found, "a better input took the air") // the fallback, when the sources connected
	if found["the server is shutting down"] != 4 || len(found) != 1 {
		t.Errorf("sources have left because of %v", found)
	}
}
