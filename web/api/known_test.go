package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// pathOf returns the path of an operation on a mount.
func pathOf(op operation, mount string) string {
	return strings.NewReplacer("{mount}", url.PathEscape(mount[1:]), "{id}", "1", "{name}", recorded).Replace(op.path)
}

// An unknown parameter is an error that names it and the parameters that the
// operation takes.
func TestUnknownParameterIsAnError(t *testing.T) {
	d := newDescription(t)
	s := newStation(t, house)
	for _, op := range operations {
		cookie, csrf := s.logIn(t, "admin", "operator", "") // one of the operations ends it
		body, _ := d.bodyOf(op)
		for _, name := range []string{"unknown", "Mount", "mounts", "_", "", "limit ", strings.Repeat("n", 1<<12)} {
			query := url.Values{name: {"/live"}}.Encode()
			p := refused(t, s.ask(t, op.method, pathOf(op, "/live")+"?"+query, body, cookie, csrf), http.StatusBadRequest)
			if shown := name[:min(len(name), maxName)]; !strings.Contains(p.Detail, `"`+shown+`"`) || len(p.Detail) > 500 {
				t.Errorf("%s %s does not name %q: %s", op.method, op.path, shown, p.Detail)
			}
			for _, known := range op.query {
				if !strings.Contains(p.Detail, known) {
					t.Errorf("%s %s does not name %q, which it takes: %s", op.method, op.path, known, p.Detail)
				}
			}
		}
		for _, known := range op.query {
			refused(t, s.ask(t, op.method, pathOf(op, "/live")+"?"+known+"=1&"+known+"=1", body, cookie, csrf), http.StatusBadRequest)
		}
	}
}

// The parameters that an operation takes are those that openapi.json describes.
func TestDescriptionHasAllParameters(t *testing.T) {
	d := newDescription(t)
	for _, op := range operations {
		v, _ := d.at("paths", op.path, strings.ToLower(op.method))
		var described []string
		list, _ := v["parameters"].([]any)
		for _, item := range list {
			p := item.(map[string]any)
			if to, refers := p["$ref"].(string); refers {
				p, _ = d.at(strings.Split(strings.TrimPrefix(to, "#/"), "/")...)
			}
			if p["in"] == "query" {
				described = append(described, p["name"].(string))
			}
		}
		if got, want := slices.Sorted(slices.Values(described)), slices.Sorted(slices.Values(op.query)); !slices.Equal(got, want) {
			t.Errorf("%s %s is described with %q, takes %q", op.method, op.path, got, want)
		}
	}
}

// Every operation on an unknown mount gives the same answer.
func TestUnknownMountIsNotFound(t *testing.T) {
	d := newDescription(t)
	s := newStation(t, house)
	tried := 0
	for _, op := range operations {
		var paths []string
		switch {
		case strings.Contains(op.path, "{mount}") && !(op.method == "PUT" && op.path == "/mounts/{mount}"): // which declares the mount
			paths = []string{pathOf(op, "/unknown"), pathOf(op, "/un/known"), pathOf(op, "/LIVE")}
		case slices.Contains(op.query, "mount"):
			paths = []string{op.path + "?mount=/unknown", op.path + "?mount=live", op.path + "?mount=*"}
		}
		for _, path := range paths {
			body, _ := d.bodyOf(op)
			w := s.ask(t, op.method, path, body, operator)
			if p := refused(t, w, http.StatusNotFound); !strings.HasPrefix(p.Detail, "there is no mount ") {
				t.Errorf("%s %s: %s", op.method, path, p.Detail)
			}
			tried++
		}
	}
	if tried < 50 {
		t.Errorf("only %d requests were tried", tried)
	}
}

// A configured mount is not unknown while nothing plays there.
func TestIdleMountIsKnown(t *testing.T) {
	d := newDescription(t)
	s := newStation(t, house+"[[mount]]\nname = \"/main\"\n[[mount.rendition]]\nname = \"/small\"\nbitrate = 64\n[[relay]]\nurl = \"http://192.0.2.9/far\"\nmount = \"/near\"\n")
	for _, op := range operations {
		for _, mount := range []string{"/live", "/small", "/near"} {
			path := pathOf(op, mount)
			switch {
			case slices.Contains(op.query, "mount"):
				if op.path == "/events" {
					continue // its answer would not end
				}
				path += "?mount=" + mount
			case !strings.Contains(op.path, "{mount}"), op.method == "DELETE" && op.path == "/mounts/{mount}":
				continue
			case (mount != "/live") && op.path == "/mounts/{mount}":
				continue // it has no settings of its own
			}
			body, _ := d.bodyOf(op)
			w := s.ask(t, op.method, path, body, operator)
			var p Problem
			json.Unmarshal(w.Body.Bytes(), &p)
			if strings.HasPrefix(p.Detail, "there is no mount") {
				t.Errorf("%s %s: %d %s", op.method, path, w.Code, p.Detail)
			}
		}
	}
}

// A hidden mount does not show by asking for its events.
func TestHiddenMountIsUnknownToGuests(t *testing.T) {
	s := newStation(t, house)
	ask := func(mount string, with ...sender) int {
		return s.ask(t, "HEAD", "/events?mount="+mount, "", with...).Code
	}
	if hidden, unknown := ask("/hidden"), ask("/unknown"); hidden != http.StatusNotFound || unknown != http.StatusNotFound {
		t.Errorf("without a login: %d and %d", hidden, unknown)
	}
	if hidden, live := ask("/hidden", operator), ask("/live"); hidden != http.StatusOK || live != http.StatusOK {
		t.Errorf("with one: %d; another mount: %d", hidden, live)
	}
	cookie, _ := s.logIn(t, "source", "hackme", "/soon")
	if soon := ask("/soon", cookie); soon != http.StatusOK {
		t.Errorf("a DJ whose mount does not exist yet: %d", soon)
	}
}
