package icy_test

import (
	"strings"
	"testing"
	"time"

	"relay/e2e/recorded"
	"relay/icy"
)

// lines returns the header lines of an answer, without those that differ from server to
// server, and its body.
func lines(t *testing.T, answer string) (head []string, body string) {
	t.Helper()
	text, body, found := strings.Cut(answer, "\r\n\r\n")
	if !found {
		t.Fatalf("no end of head in %q", answer)
	}
	for line := range strings.SplitSeq(text, "\r\n") {
		name, _, _ := strings.Cut(line, ":")
		switch name {
		case "Server", "Date", "WWW-Authenticate", "Access-Control-Expose-Headers":
		default:
			head = append(head, line)
		}
	}
	return head, body
}

func TestListenerHeadIsTheRecordedOne(t *testing.T) {
	station := icy.Station{Name: "Lab /live.mp3", Description: "A lab stream", Genre: "Test", URL: "http://radio.example/"}
	const info = "ice-samplerate=44100;ice-bitrate=128;ice-channels=2"
	for file, metaint := range map[string]int{"listener-plain-http10": 0, "listener-icy": 16000} {
		want, _ := lines(t, string(recorded.Connections(t, file)[0].Server))
		got, body := lines(t, string(icy.AppendListenerHead(nil, station, "audio/mpeg", 128, info, metaint, time.Now())))
		if strings.Join(got, "\n") != strings.Join(want, "\n") || body != "" {
			t.Errorf("%s:\ngot\n%s\nwant\n%s", file, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestRefusalsAreTheRecordedOnes(t *testing.T) {
	for file, refusal := range map[string]struct {
		status   int
		sentence string
	}{
		"source-mount-in-use":        {403, "Mountpoint in use"},
		"source-wrong-password":      {401, "You need to authenticate\r\n"},
		"source-no-content-type-put": {403, "No Content-type given"},
		"source-too-many":            {403, "too many sources connected"},
	} {
		exchange := recorded.Connections(t, file)
		want, wantBody := lines(t, string(exchange[len(exchange)-1].Server))
		got, body := lines(t, string(icy.AppendRefusal(nil, refusal.status, refusal.sentence, time.Now())))
		if strings.Join(got, "\n") != strings.Join(want, "\n") || body != wantBody {
			t.Errorf("%s:\ngot\n%s\n%q\nwant\n%s\n%q", file, strings.Join(got, "\n"), body, strings.Join(want, "\n"), wantBody)
		}
	}
}

func TestHeaderLinesCannotBeInjected(t *testing.T) {
	station := icy.Station{Name: "a\r\nSet-Cookie: x", Genre: "b\nc"}
	head := string(icy.AppendListenerHead(nil, station, "audio/mpeg", 0, "d\r\ne", 0, time.Now()))
	for _, line := range strings.Split(head, "\r\n") {
		if strings.HasPrefix(line, "Set-Cookie") || strings.ContainsAny(line, "\r\n") {
			t.Errorf("injected line %q", line)
		}
	}
}

func TestSourceAnswersAreTheRecordedOnes(t *testing.T) {
	with := recorded.Connections(t, "source-put-100continue")[0].Server
	if got := icy.SourceContinue + icy.SourceAccepted; got != string(with) {
		t.Errorf("with Expect: %q, want %q", got, with)
	}
	without := recorded.Connections(t, "source-put-no-expect")[0].Server
	if icy.SourceAccepted != string(without) {
		t.Errorf("without Expect: %q, want %q", icy.SourceAccepted, without)
	}
}

func TestHeadersOfOnesOwn(t *testing.T) {
	head := icy.AppendListenerHead(nil, icy.Station{Name: "Radio", Genre: "Jazz"}, "audio/mpeg", 128, "", 16000, time.Now())
	if got := icy.WithHeaders(head, nil); string(got) != string(head) {
		t.Errorf("without any: %q", got)
	}
	own := map[string]string{"icy-logo": "https://radio.example/logo.png", "Icy-Name": "Another", "X-Robots-Tag": "noindex", "access-control-allow-origin": "https://radio.example", "x": "a\r\nb\u202e"}
	got := string(icy.WithHeaders(head, own))
	if !strings.HasPrefix(got, "HTTP/1.0 200 OK\r\n") || !strings.HasSuffix(got, "\r\n\r\n") || strings.Count(got, "\r\n\r\n") != 1 {
		t.Fatalf("%q", got)
	}
	for line, want := range map[string]int{
		"\r\nicy-logo: https://radio.example/logo.png\r\n": 1, "\r\nIcy-Name: Another\r\n": 1, "\r\nicy-name:Radio\r\n": 0, "\r\nicy-genre:Jazz\r\n": 1,
		"\r\nX-Robots-Tag: noindex\r\n": 1, "\r\naccess-control-allow-origin: https://radio.example\r\n": 1, "\r\nAccess-Control-Allow-Origin: *\r\n": 0,
		"\r\nx: a  b\r\n": 1, "icy-url, icy-logo\r\n": 1, "\r\nicy-metaint:16000\r\n": 1,
	} {
		if n := strings.Count(got, line); n != want {
			t.Errorf("%q is there %d times, want %d:\n%s", line, n, want, got)
		}
	}
	if got := string(icy.AsICY([]byte(got))); !strings.HasPrefix(got, "ICY 200 OK\r\n") {
		t.Errorf("%q", got)
	}
}

func FuzzWithHeaders(f *testing.F) {
	f.Add("icy-logo", "a\r\nb: c\r\n\r\n")
	f.Fuzz(func(t *testing.T, name, value string) {
		head := icy.AppendListenerHead(nil, icy.Station{Name: "Radio"}, "audio/mpeg", 128, "", 16000, time.Now())
		got := string(icy.WithHeaders(head, map[string]string{"icy-logo": value}))
		if strings.Count(got, "\r\n\r\n") != 1 || strings.Count(got, "\n") != strings.Count(string(head), "\n")+1 {
			t.Errorf("%q", got)
		}
	})
}
