package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// keysTwice returns where an object in a JSON text has a key twice: encoding/json
// silently takes the last, and strict parsers refuse the whole text.
func keysTwice(text []byte) (found []string, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	var value func(at string) error
	value = func(at string) error {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'):
			seen := map[string]bool{}
			for d.More() {
				key, err := d.Token()
				if err != nil {
					return err
				}
				name := at + "/" + fmt.Sprint(key)
				if seen[name] {
					found = append(found, name)
				}
				seen[name] = true
				if err := value(name); err != nil {
					return err
				}
			}
			_, err = d.Token()
		case json.Delim('['):
			for i := 0; d.More(); i++ {
				if err := value(fmt.Sprint(at, "/", i)); err != nil {
					return err
				}
			}
			_, err = d.Token()
		}
		return err
	}
	if err := value(""); err != nil {
		return found, err
	}
	if _, err := d.Token(); err != io.EOF {
		return found, fmt.Errorf("more follows: %v", err)
	}
	return found, nil
}

func TestKeysTwice(t *testing.T) {
	found, err := keysTwice([]byte(`{"a":{"b":1,"c":[{"d":1,"d":2}],"b":3},"b":1}`))
	if want := []string{"/a/c/0/d", "/a/b"}; err != nil || !slices.Equal(found, want) {
		t.Errorf("%q, %v, want %q", found, err, want)
	}
}

// A strict parser accepts the description: no key twice, every reference resolves,
// everything named exists, once.
func TestDescriptionIsStrict(t *testing.T) {
	if found, err := keysTwice(OpenAPI); err != nil || len(found) > 0 {
		t.Fatalf("twice there are %q, %v", found, err)
	}
	d := newDescription(t)
	used := map[string]bool{}
	walk(d.doc, "", func(at string, object map[string]any) {
		to, refers := object["$ref"].(string)
		if !refers {
			return
		}
		used[strings.TrimPrefix(to, "#/")] = true
		if target, _ := d.at(strings.Split(strings.TrimPrefix(to, "#/"), "/")...); target == nil || !strings.HasPrefix(to, "#/") {
			t.Errorf("%s refers to %s, which does not exist", at, to)
		}
	})
	components, _ := d.at("components")
	for kind, named := range components {
		for name := range named.(map[string]any) {
			if kind != "securitySchemes" && !used["components/"+kind+"/"+name] {
				t.Errorf("nothing refers to components/%s/%s", kind, name)
			}
		}
	}
	schemes, _ := d.at("components", "securitySchemes")
	tags := map[string]bool{}
	for _, tag := range d.doc["tags"].([]any) {
		tags[tag.(map[string]any)["name"].(string)] = true
	}
	paths, _ := d.at("paths")
	for path, item := range paths {
		item := item.(map[string]any)
		for method, v := range item {
			if method == "parameters" {
				continue
			}
			op, about := v.(map[string]any), method+" "+path
			if text, _ := op["summary"].(string); text == "" {
				t.Errorf("%s has no summary", about)
			}
			if responses, _ := op["responses"].(map[string]any); len(responses) == 0 {
				t.Errorf("%s has no responses", about)
			}
			for _, tag := range op["tags"].([]any) {
				if !tags[tag.(string)] {
					t.Errorf("%s has the tag %s, which is not described", about, tag)
				}
			}
			for _, ways := range op["security"].([]any) {
				for scheme := range ways.(map[string]any) {
					if schemes[scheme] == nil {
						t.Errorf("%s needs %s, which is not described", about, scheme)
					}
				}
			}
			var inPath []string
			seen := map[string]bool{}
			shared, _ := item["parameters"].([]any)
			own, _ := op["parameters"].([]any)
			for _, p := range slices.Concat(shared, own) {
				p := d.resolved(p)
				where := fmt.Sprint(p["in"], " ", p["name"])
				if seen[where] || p["schema"] == nil || p["description"] == nil {
					t.Errorf("%s has the parameter %s twice, or without schema or description", about, where)
				}
				seen[where] = true
				if p["in"] == "path" {
					inPath = append(inPath, p["name"].(string))
					if p["required"] != true {
						t.Errorf("%s: a parameter in the path must be required: %v", about, p["name"])
					}
				}
			}
			var want []string
			for _, match := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
				want = append(want, match[1])
			}
			if slices.Sort(inPath); !slices.Equal(inPath, slices.Sorted(slices.Values(want))) {
				t.Errorf("%s describes the parameters %q in its path", about, inPath)
			}
		}
	}
}

// Every schema is valid, and every example and default matches its schema.
func TestExamplesFitTheirSchemas(t *testing.T) {
	d := newDescription(t)
	tried := 0
	walk(d.doc, "", func(at string, object map[string]any) {
		if strings.HasSuffix(at, "/properties") {
			return
		}
		examples, _ := object["examples"].([]any)
		if v, given := object["default"]; given {
			examples = append(examples, v)
		}
		if len(examples) == 0 {
			return
		}
		schema := d.schema(t, at)
		for _, v := range examples {
			if err := schema.Validate(v); err != nil {
				t.Errorf("%s: %v", at, err)
			}
			tried++
		}
	})
	if tried < 20 {
		t.Errorf("only %d examples were found", tried)
	}
	schemas, _ := d.at("components", "schemas")
	for name := range schemas {
		d.schema(t, "/components/schemas/"+name)
	}
}

// resolved returns an object after following its reference.
func (d *description) resolved(v any) map[string]any {
	object := v.(map[string]any)
	if to, refers := object["$ref"].(string); refers {
		object, _ = d.at(strings.Split(strings.TrimPrefix(to, "#/"), "/")...)
	}
	return object
}

// walk calls show for every object in a JSON value, with its pointer.
func walk(v any, at string, show func(at string, object map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		show(at, v)
		for key, below := range v {
			walk(below, at+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(key), show)
		}
	case []any:
		for i, below := range v {
			walk(below, fmt.Sprint(at, "/", i), show)
		}
	}
}
