package icecast

import "testing"

func TestSettings(t *testing.T) {
	for place, want := range map[string]string{
		"server":                  "",
		"limits.burst":            `"5s"`,
		"limits.lag_policy":       `"skip"`,
		"server.listen":           `[":8000"]`,
		"server.trusted_proxies":  `[]`,
		"auth.relay_user":         `"relay"`,
		"auth.source_password":    `""`,
		"log.rotate_keep":         `7`,
		"mount":                   "",
		"mount.metaint":           `16000`,
		"mount.files.paths":       `[]`,
		"mount.listener_auth.url": `""`,
		"relay.on_demand":         `false`,
		"master.interval":         `"2m"`,
	} {
		value, known := setting(place)
		if !known {
			t.Errorf("%s is not known", place)
		} else if want != "" && literal(value.Interface()) != want {
			t.Errorf("%s: got %s, want %s", place, literal(value.Interface()), want)
		}
	}
	for _, place := range []string{"", "nothing", "limits.nothing", "limits.burst.nothing", "mount.listener_auth.nothing", "mount.set"} {
		if _, known := setting(place); known {
			t.Errorf("%q is known", place)
		}
	}
}

// A setting that conf does not have yet is written as a comment.
func TestPendingSettings(t *testing.T) {
	table := &table{name: "limits"}
	table.put("burst", "1KiB", &element{name: "a", line: 1})
	table.put("patience", 7, &element{name: "b", line: 2})
	o := &text{from: make(map[int]*element)}
	o.table(table)
	const want = "\n[limits]\nburst = \"1KiB\"\n# patience = 7  # not built yet\n"
	if got := o.b.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(table.notes) != 1 || table.notes[0].Kind != Pending || table.notes[0].Line != 2 {
		t.Errorf("noted %+v", table.notes)
	}
}
