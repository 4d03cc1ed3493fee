package history

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCSV(t *testing.T) {
	var b bytes.Buffer
	err := WriteCSV(&b, []Play{
		{`Say "Hi", Loud`, "/live", after(0), 212.5, 3, 4, 3.25, 0.1918},
		{"=HYPERLINK(\"http://evil.example\")", "@live", after(4), 1, 0, 0, 0, 0},
		{"Größe\n2", "/live", after(5), 1e6, 1000000, 0, 0, 1234567.5},
	})
	want := strings.ReplaceAll(`title,mount,since,seconds,listeners,performances,average_listeners,listener_hours
"Say ""Hi"", Loud",/live,2026-03-01T12:00:00Z,212.5,3,4,3.25,0.1918
"'=HYPERLINK(""http://evil.example"")",'@live,2026-03-01T12:04:00Z,1,0,0,0,0
"Größe
2",/live,2026-03-01T12:05:00Z,1000000,1000000,0,0,1234567.5
`, "\n", "\r\n")
	if got := b.String(); err != nil || got != want {
		t.Errorf("got\n%s\nwant\n%s\n%v", got, want, err)
	}
}

func TestCSVOfEveryReport(t *testing.T) {
	write := func(head string, err error, b *bytes.Buffer) {
		t.Helper()
		if got, _, _ := strings.Cut(b.String(), "\r\n"); err != nil || got != head {
			t.Errorf("got %s, %v, want %s", got, err, head)
		}
	}
	var b bytes.Buffer
	write("mount,sessions,hours,unique_listeners,average_seconds,average_listeners,peak,peak_at", WriteCSV(&b, []MountListening{{Peak: 1, PeakAt: at(0)}, {}}), &b)
	if !strings.HasSuffix(b.String(), ",1,2026-03-01T12:00:00Z\r\n,0,0,0,0,0,0,\r\n") {
		t.Errorf("got %s", b.String())
	}
	b.Reset()
	write("title,plays,seconds,performances,listener_hours", WriteCSV(&b, []TitleTotal{}), &b)
	b.Reset()
	write("player,sessions,hours", WriteCSV(&b, []Player(nil)), &b)
	b.Reset()
	write("mount,kind,addr,agent,user,since,seconds,reason", WriteCSV(&b, []SourceSession{}), &b)
	b.Reset()
	write("at,listeners,peak", WriteCSV(&b, []Point{}), &b)
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestCSVSaysWhatWentWrong(t *testing.T) {
	if err := WriteCSV(brokenWriter{}, []Point{{}}); err == nil {
		t.Error("nobody learns that nothing was written")
	}
}

func TestJSONNamesAndTimes(t *testing.T) {
	text, err := json.Marshal(Play{Title: "One", Mount: "/live", Since: moment(after(0).UnixMilli() + 345)})
	if err != nil || !strings.Contains(string(text), `"since":"2026-03-01T12:00:00Z"`) {
		t.Errorf("got %s, %v", text, err)
	}
	snake := regexp.MustCompile(`^[a-z]+(_[a-z]+)*(,omitempty)?$`)
	for _, row := range []any{MountListening{}, Play{}, TitleTotal{}, Player{}, SourceSession{}, Point{}} {
		for i := range reflect.TypeOf(row).NumField() {
			if field := reflect.TypeOf(row).Field(i); !snake.MatchString(field.Tag.Get("json")) {
				t.Errorf("%T.%s is %q in JSON", row, field.Name, field.Tag.Get("json"))
			}
		}
	}
}

// However a spreadsheet divides a text into cells, no cell is a formula, and people can
// read the text.
func TestTextsAreInert(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "",
		"Artist - Title":      "Artist - Title",
		"a=b, c+d; e@f | g-h": "a=b, c+d; e@f | g-h",
		"'=1":                 "'=1",
		"Björk;Jóga":          "Björk;Jóga",
		"=1+1":                "'=1+1",
		"+1":                  "'+1",
		"-1+1":                "'-1+1",
		"@SUM(1)":             "'@SUM(1)",
		"＝1+1":                "'＝1+1",
		"＋1":                  "'＋1",
		"－1":                  "'－1",
		"＠x":                  "'＠x",
		"﹦1":                  "'﹦1",
		"﹢1":                  "'﹢1",
		"\u22121+1":           "'\u22121+1",
		"\t=1":                "'\t=1",
		"\r=1":                "'\r=1",
		"\n\t =1":             "'\n\t =1",
		"\tplain":             "'\tplain",
		" =1":                 "' =1",
		"\u00a0\ufeff=1":      "'\u00a0\ufeff=1",
		"\u200b＝1":            "'\u200b＝1",
		`"=1`:                 `'"=1`,
		"x;=1+1":              "x;'=1+1",
		"x; ＝1+1":             "x;' ＝1+1",
		`x;"=1+1"`:            `x;'"=1+1"`,
		"x;y;@z;-1":           "x;y;'@z;'-1",
		"=1;=2":               "'=1;'=2",
		";;=1":                ";;'=1",
		"x,=1+1":              "x,'=1+1",
		"x\t=1":               "x\t'=1",
		"x|=1":                "x|'=1",
		"x\r\n=1":             "x\r\n'=1",
		"x\n\n  +1":           "x\n\n'  +1",
		"x\u2028=1":           "x\u2028'=1",
		"\xff;=1":             "\xff;'=1",
	} {
		if got := inert(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// For any text from outside, a spreadsheet sees text, and a CSV reader returns the text
// that was written.
func FuzzCSV(f *testing.F) {
	for _, text := range []string{
		"", "=1+1", "\t=1", "-2", "+1", "@x", "a,b", "a\"b", "a\r\nb", "\r=1", "\xff", "x;=1", "＝1", `x;"=1"`, "x;\u00a0＠y",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = clip(text)
		var b bytes.Buffer
		if err := WriteCSV(&b, []Player{{Player: text}}); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(b.Bytes())).ReadAll()
		if err != nil || len(rows) != 2 || len(rows[1]) != 3 || !utf8.Valid(b.Bytes()) {
			t.Fatalf("%q becomes %q, which reads as %q, %v", text, b.String(), rows, err)
		}
		field := rows[1][0]
		if strings.ContainsAny(field[:min(1, len(field))], "\t\r") {
			t.Errorf("%q becomes %q", text, field)
		}
		for _, cell := range strings.FieldsFunc(strings.TrimSpace(field), isDelimiter) {
			cell = strings.TrimLeftFunc(cell, func(c rune) bool { return isInvisible(c) || c == '"' })
			if first, _ := utf8.DecodeRuneInString(cell); cell != "" && beginsFormula(first) {
				t.Errorf("%q becomes %q with the formula %q", text, field, cell)
			}
		}
		// It is the same text except for apostrophes and characters of line ends.
		if plain := strings.NewReplacer("\r", "", "'", ""); plain.Replace(field) != plain.Replace(text) {
			t.Errorf("%q reads as %q", text, field)
		}
	})
}
