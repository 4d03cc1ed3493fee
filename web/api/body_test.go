package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"relay/conf"
)

// move has members of every supported type.
type move struct {
	To  string   `json:"to"`
	IDs []uint64 `json:"ids,omitempty"`
}

func TestUnmarshalIsStrict(t *testing.T) {
	for body, want := range map[string]string{ // "": the body is accepted
		`{"to":"/a"}`:                      "",
		` {"to":"/a","ids":[1,2]} ` + "\n": "",
		`{"to":"\u00e4\ud800","ids":[]}`:   "",
		``:                                 "not a JSON object",
		`[]`:                               "not a JSON object",
		`null`:                             "not a JSON object",
		`"to"`:                             "not a JSON object",
		`{"to":"/a"`:                       "not valid JSON",
		`{"to":"/a",}`:                     "not valid JSON",
		`{"to":}`:                          `"to" is not valid JSON`,
		`{to:"/a"}`:                        "not valid JSON",
		`{"to":"/a"}{}`:                    "has more after its JSON object",
		`{"to":"/a"} x`:                    "has more after its JSON object",
		`{}`:                               `"to" is missing`,
		`{"to":"/a","from":1}`:             `"from"`,
		`{"to":"/a","To":"/b"}`:            `"To"`,
		`{"To":"/a"}`:                      `"to" is missing`,
		`{"to":"/a","to":"/b"}`:            `"to" is given twice`,
		`{"to":null}`:                      `"to" must be a text`,
		`{"to":1}`:                         `"to" must be a text`,
		`{"to":["/a"]}`:                    `"to" must be a text`,
		`{"to":"/a","ids":null}`:           `"ids" must be a list of whole numbers`,
		`{"to":"/a","ids":[null]}`:         `"ids" must be a list of whole numbers`,
		`{"to":"/a","ids":[-1]}`:           `"ids" must be a list of whole numbers`,
		`{"to":"/a","ids":[1.5]}`:          `"ids" must be a list of whole numbers`,
		`{"to":"/a","ids":["1"]}`:          `"ids" must be a list of whole numbers`,
		"{\"to\":\"\xff\"}":                "not UTF-8",
	} {
		var m move
		err := unmarshal([]byte(body), &m)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
	}
}

func TestBodySaysWhatItIs(t *testing.T) {
	for _, test := range []struct {
		method, contentType string
		status              int // 0: accepted
	}{
		{"POST", "application/json", 0},
		{"POST", "Application/JSON; charset=UTF-8", 0},
		{"POST", "application/json; charset=latin1", 415},
		{"POST", "application/merge-patch+json", 415},
		{"PATCH", "application/merge-patch+json", 0},
		{"PATCH", "application/json", 0},
		{"POST", "text/plain", 415},
		{"POST", "application/x-www-form-urlencoded", 415},
		{"POST", "application/json;", 0},
		{"POST", "", 415},
	} {
		r := httptest.NewRequest(test.method, "/", strings.NewReader("{}"))
		r.Header.Set("Content-Type", test.contentType)
		body, err := readBody(httptest.NewRecorder(), r, maxBody)
		p, _ := err.(*Problem)
		if test.status == 0 && (err != nil || string(body) != "{}") || test.status != 0 && (p == nil || p.Status != test.status) {
			t.Errorf("%s as %q: %q, %v", test.method, test.contentType, body, err)
		}
	}
}

func TestBodyIsBounded(t *testing.T) {
	for size, want := range map[int]int{maxBody: 0, maxBody + 1: http.StatusRequestEntityTooLarge} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat(" ", size)))
		r.Header.Set("Content-Type", jsonType)
		_, err := readBody(httptest.NewRecorder(), r, maxBody)
		if p, _ := err.(*Problem); (want == 0) != (err == nil) || p != nil && p.Status != want {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// An accepted body is a JSON object to every other parser, too, with the values that
// it seems to have.
func FuzzUnmarshal(f *testing.F) {
	for _, body := range []string{`{"to":"/a","ids":[1,2]}`, `{"to":"/a","to":"/b"}`, `{"to":null}`, `{}`, `[`, `{"to":"\ud800"}`, `{"ids":[1e2]}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var m move
		if err := unmarshal(body, &m); err != nil {
			if err.Error() == "" || !utf8.ValidString(err.Error()) {
				t.Errorf("%q", err.Error())
			}
			return
		}
		var members map[string]any
		if err := json.Unmarshal(body, &members); err != nil {
			t.Fatalf("%q is taken: %v", body, err)
		}
		if members["to"] != m.To || len(members) > 2 || len(m.IDs) > 0 && len(members["ids"].([]any)) != len(m.IDs) {
			t.Errorf("%q is read as %+v", body, m)
		}
	})
}

// No body leads to settings that a merge patch would not, and none crashes the
// server.
func FuzzSettings(f *testing.F) {
	for _, body := range []string{`{"title":"a"}`, `{"files":{"paths":null}}`, `{"rendition":[{"command":"x"}]}`, `{"burst":1e99}`, `{"fallbacks":[null]}`, `{"listener_auth":{"htpasswd_file":1}}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		given, err := settingsIn(body)
		if err != nil {
			return
		}
		result := merged(map[string]any{"title": "old", "files": map[string]any{"order": "shuffle"}}, given)
		if key, found := nullIn(result); found {
			t.Errorf("%q leaves null at %s", body, key)
		}
		conf.CheckMountKeys(given)
		if reveal(result, nil, conf.Mount{}) == nil {
			reachOf(conf.Default(), "").check(nil, result)
		}
	})
}

// Whatever a path has in place of a mount, the answer is one of the API, and a mount
// is found only by its own name.
func FuzzMountInPath(f *testing.F) {
	for _, path := range []string{"live", "li%76e", "%2Flive", "live%00", "..", "%2e%2e%2flive", "a%2Fb", "%zz", "live/..", "live?x=1", ""} {
		f.Add(path)
	}
	s := newStation(f, house)
	s.broadcast(f, "/live", "source", "One")
	f.Fuzz(func(t *testing.T, path string) {
		r, err := http.NewRequest("GET", "http://localhost"+prefix+"/mounts/"+path, nil)
		if err != nil {
			return
		}
		operator(r)
		w := httptest.NewRecorder()
		s.router.ServeHTTP(w, r)
		if !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%q: %d %q", path, w.Code, w.Body)
		}
		var found MountDetail
		if json.Unmarshal(w.Body.Bytes(), &found); w.Code == 200 && !strings.HasSuffix(r.URL.Path, found.Name) && r.URL.Path != prefix+"/mounts/" {
			t.Errorf("%q finds %s", path, found.Name)
		}
	})
}
