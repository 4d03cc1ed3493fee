package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/mux"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// description is openapi.json, with schemas that can be used for validation.
type description struct {
	doc      map[string]any
	compiler *jsonschema.Compiler
}

const descriptionURL = "http://localhost/openapi.json"

func newDescription(t testing.TB) *description {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(OpenAPI))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource(descriptionURL, doc); err != nil {
		t.Fatal(err)
	}
	return &description{doc.(map[string]any), c}
}

// at returns the object at a path of keys, after following references.
func (d *description) at(keys ...string) (v map[string]any, pointer string) {
	v = d.doc
	for _, key := range keys {
		v, _ = v[key].(map[string]any)
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
		if target, refers := v["$ref"].(string); refers {
			pointer = strings.TrimPrefix(target, "#")
			v = d.doc
			for part := range strings.SplitSeq(pointer[1:], "/") {
				v, _ = v[part].(map[string]any)
			}
		}
	}
	return v, pointer
}

// schema returns the schema at a pointer.
func (d *description) schema(t testing.TB, pointer string) *jsonschema.Schema {
	t.Helper()
	s, err := d.compiler.Compile(descriptionURL + "#" + pointer)
	if err != nil {
		t.Fatalf("%s: %v", pointer, err)
	}
	return s
}

// fits checks an answer to a request of an operation against its description.
func (d *description) fits(t testing.TB, path, method string, w *httptest.ResponseRecorder) {
	t.Helper()
	about := fmt.Sprintf("%s %s: %d %s", method, path, w.Code, w.Body)
	answers, _ := d.at("paths", path, strings.ToLower(method), "responses")
	if _, described := answers[fmt.Sprint(w.Code)]; !described {
		t.Errorf("%s is not described", about)
		return
	}
	content, _ := d.at("paths", path, strings.ToLower(method), "responses", fmt.Sprint(w.Code), "content")
	given := w.Header().Get("Content-Type")
	if len(content) == 0 {
		if given != "" || w.Body.Len() > 0 {
			t.Errorf("%s: %q where nothing is described", about, given)
		}
		return
	}
	if _, described := content[given]; !described {
		t.Errorf("%s: %q is not described", about, given)
		return
	}
	if kind, _, _ := mime.ParseMediaType(given); !strings.HasSuffix(kind, "json") {
		return
	}
	_, pointer := d.at("paths", path, strings.ToLower(method), "responses", fmt.Sprint(w.Code), "content", given, "schema")
	v, err := jsonschema.UnmarshalJSON(w.Body)
	if err != nil {
		t.Errorf("%s: %v", about, err)
		return
	}
	if err := d.schema(t, pointer).Validate(v); err != nil {
		t.Errorf("%s: %v", about, err)
	}
}

// All operations are described, and all described operations exist.
func TestDescriptionHasAllOperations(t *testing.T) {
	d := newDescription(t)
	described := map[string]bool{}
	paths, _ := d.at("paths")
	for path, item := range paths {
		for method := range item.(map[string]any) {
			if method != "parameters" {
				described[strings.ToUpper(method)+" "+path] = true
			}
		}
	}
	there := map[string]bool{}
	newStation(t, house).Handlers.router().Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := route.GetPathTemplate()
		if err != nil {
			return err
		}
		methods, _ := route.GetMethods() // none: the handler of all other methods
		for _, method := range methods {
			if method != http.MethodHead {
				there[method+" "+strings.TrimPrefix(path, prefix)] = true
			}
		}
		return nil
	})
	if got, want := slices.Sorted(maps.Keys(described)), slices.Sorted(maps.Keys(there)); !slices.Equal(got, want) {
		t.Errorf("described are\n%q\nthere are\n%q", got, want)
	}
	names := map[string]bool{}
	for _, op := range operations {
		v, _ := d.at("paths", op.path, strings.ToLower(op.method))
		name, _ := v["operationId"].(string)
		if name == "" || names[name] {
			t.Errorf("%s %s has the operationId %q", op.method, op.path, name)
		}
		names[name] = true
	}
}

// The description names the callers that may use an operation.
func TestDescriptionSaysWhoMay(t *testing.T) {
	d := newDescription(t)
	want := map[access]string{
		anyone:    "[map[] map[basic:[]] map[token:[]] map[session:[]]]",
		loggedIn:  "[map[session:[]]]",
		operators: "[map[basic:[]] map[token:[]] map[session:[]]]",
		studio:    "[map[basic:[]] map[token:[]] map[session:[]] map[sourceLogin:[]]]",
	}
	for _, op := range operations {
		v, _ := d.at("paths", op.path, strings.ToLower(op.method))
		if got := fmt.Sprint(v["security"]); got != want[op.who] {
			t.Errorf("%s %s is described as for %s", op.method, op.path, got)
		}
	}
}

// Every answer matches the description, in status, type and schema.
func TestAnswersFitTheDescription(t *testing.T) {
	d := newDescription(t)
	senders := map[string][]sender{
		"nobody":       nil,
		"the operator": {operator},
		"a stranger":   {operator, header("Origin", "http://evil.example")},
		"the session":  nil,
		"no JSON":      {operator, header("Content-Type", "text/plain")},
		"too much":     {operator},
		"garbage":      {operator},
		"the unknown":  {operator},
		"of no mount":  {operator},
	}
	for _, deed := range deeds {
		path := templateOf(deed)
		method := strings.Replace(deed.method, "HEAD", "GET", 1)
		for who, with := range senders {
			s, target := onAir(t, deed)
			body := deed.body
			switch who {
			case "the session":
				cookie, csrf := s.logIn(t, "admin", "operator", "")
				with = []sender{cookie, csrf}
			case "too much":
				if body != "" {
					body = strings.Repeat(" ", maxBody) + body
				}
			case "garbage":
				if body != "" {
					body = `{"no such member": 1}`
				}
			case "the unknown":
				if !strings.HasPrefix(target, "/mounts/live/") {
					continue
				}
				target = strings.Replace(target, "/live/", "/unknown/", 1)
			case "of no mount":
				if !strings.HasPrefix(target, "/mounts/live/") {
					continue
				}
				target = strings.Replace(target, "/live/", "/own/", 1) // it has no music, no listeners, no recordings
			}
			w := s.ask(t, deed.method, target, body, with...)
			if deed.method == http.MethodHead {
				continue // HEAD has no body
			}
			d.fits(t, path, method, w)
		}
	}
}

// templateOf returns the described path of a deed.
func templateOf(d deed) string {
	method := strings.Replace(d.method, http.MethodHead, http.MethodGet, 1)
	return operations[slices.IndexFunc(operations, func(op operation) bool {
		return op.method == method && fits(op.path, d.path)
	})].path
}

// bodyOf returns a valid body for an operation; ok is false if it takes none.
func (d *description) bodyOf(op operation) (body string, ok bool) {
	if v, _ := d.at("paths", op.path, strings.ToLower(op.method)); v["requestBody"] == nil {
		return "", false
	}
	at := slices.IndexFunc(deeds, func(d deed) bool { return d.method == op.method && templateOf(d) == op.path })
	return deeds[at].body, true
}

// A body is accepted if and only if it matches the description.
func TestBodiesFitTheDescription(t *testing.T) {
	d := newDescription(t)
	values := []string{`"/own"`, `""`, `1`, `-1`, `1.5`, `true`, `null`, `[]`, `["/own"]`, `[1]`, `[null]`, `{}`, `{"a":1}`}
	tried := 0
	for _, op := range operations {
		good, ok := d.bodyOf(op)
		if !ok {
			continue
		}
		_, pointer := d.at("paths", op.path, strings.ToLower(op.method), "requestBody", "content", jsonType, "schema")
		schema := d.schema(t, pointer)
		known, _ := d.at("paths", op.path, strings.ToLower(op.method), "requestBody", "content", jsonType, "schema", "properties")
		bodies := []string{good, `{}`, `[]`, `null`, `"text"`, ``, good + `{}`, `{"unknown":1}`}
		for _, name := range append(slices.Collect(maps.Keys(known)), "unknown") {
			for _, value := range values {
				var members map[string]json.RawMessage
				if err := json.Unmarshal([]byte(good), &members); err != nil {
					t.Fatal(err)
				}
				members[name] = json.RawMessage(value)
				body, err := json.Marshal(members)
				if err != nil {
					t.Fatal(err)
				}
				bodies = append(bodies, string(body))
				delete(members, name)
				if body, err = json.Marshal(members); err != nil {
					t.Fatal(err)
				}
				bodies = append(bodies, string(body))
			}
		}
		s, target := onAir(t, deed{path: strings.NewReplacer("{mount}", "live", "{id}", "ID").Replace(op.path)})
		slices.Sort(bodies)
		for _, body := range slices.Compact(bodies) {
			if strings.Contains(body, `"name":"`) {
				continue // it must be the mount in the path
			}
			v, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
			valid := err == nil && schema.Validate(v) == nil
			w := s.ask(t, op.method, target, body, operator, header("Content-Type", jsonType))
			if strings.Contains(op.path, "/mounts/{mount}") && strings.Count(op.path, "/") == 2 {
				if !valid && w.Code < 400 {
					t.Errorf("%s %s takes %s, which is not described", op.method, op.path, body)
				} else if valid && (w.Code == 400 || strings.Contains(w.Body.String(), " wants ")) {
					t.Errorf("%s %s does not take %s, as described: %s", op.method, op.path, body, w.Body)
				}
			} else if taken := w.Code != 400; taken != valid {
				t.Errorf("%s %s: %s is taken: %v; as described: %v: %s", op.method, op.path, body, taken, valid, w.Body)
			}
			tried++
		}
	}
	if tried < 500 {
		t.Errorf("%d bodies were tried", tried)
	}
}

// The described settings of mounts are those that the configuration has.
func TestDescriptionHasAllSettings(t *testing.T) {
	d := newDescription(t)
	want := slices.Sorted(slices.Values(mountKeys))
	for _, name := range []string{"MountSettings", "MountPatch"} {
		described, _ := d.at("components", "schemas", name, "properties")
		if got := slices.Sorted(maps.Keys(described)); !slices.Equal(got, want) {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
}
