package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"relay/conf"
)

// The bounds of a request body, in bytes.
const (
	maxLogin      = 4 << 10  // of a client without a login
	maxStudioBody = 64 << 10 // of a mount's source
	maxBody       = 1 << 20
)

// maxBody returns the bound of the operation's request bodies, in bytes.
func (op operation) maxBody() int64 {
	switch op.who {
	case anyone:
		return maxLogin
	case studio:
		return maxStudioBody
	}
	return maxBody
}

// jsonTypes are the media types of a body: jsonType, and that of a merge patch (RFC
// 7396).
const (
	jsonType  = "application/json"
	patchType = "application/merge-patch+json"
)

// readBody returns the body of a request, which must be declared as JSON and have at
// most most bytes. The error is a *Problem.
func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	wanted := []string{jsonType}
	if r.Method == http.MethodPatch {
		wanted = append(wanted, patchType)
	}
	given, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(wanted, given) || !isUTF8(params["charset"]) {
		return nil, problem(http.StatusUnsupportedMediaType, "the body must have Content-Type: %s", strings.Join(wanted, " or "))
	}
	tooLarge := problem(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", most)
	if r.ContentLength > most {
		return nil, tooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	var maxBytes *http.MaxBytesError
	switch {
	case errors.As(err, &maxBytes):
		return nil, tooLarge
	case err != nil:
		return nil, problem(http.StatusBadRequest, "the body is incomplete")
	}
	return body, nil
}

func isUTF8(charset string) bool { return charset == "" || strings.EqualFold(charset, "utf-8") }

// decode moves the request's body into a struct; see unmarshal. The error is a
// *Problem.
func (c *call) decode(into any) error {
	body, err := c.body()
	if err != nil {
		return err
	}
	if err := unmarshal(body, into); err != nil {
		return problem(http.StatusBadRequest, "%v", err)
	}
	return nil
}

// unmarshal moves the members of a JSON object into the fields of a struct. It is
// strict: members must have exactly the names in the struct's tags, once each, and
// must be present unless their tag says omitempty; null is not a value. The error
// names the member.
func unmarshal(body []byte, into any) error {
	members, err := membersOf(body)
	if err != nil {
		return err
	}
	to := reflect.ValueOf(into).Elem()
	var names []string
	for i := range to.NumField() {
		name, optional, _ := strings.Cut(to.Type().Field(i).Tag.Get("json"), ",")
		names = append(names, name)
		value, given := members[name]
		switch {
		case !given && optional == "":
			return fmt.Errorf("the member %q is missing", name)
		case !given:
			continue
		}
		delete(members, name)
		if err := unmarshalMember(value, to.Field(i).Addr().Interface()); err != nil {
			return fmt.Errorf("the member %q %w", name, err)
		}
	}
	for name := range members {
		return unknownMember(name, names)
	}
	return nil
}

// unknownMember returns the error that an object has no member of a name, with the
// name that was probably meant.
func unknownMember(name string, names []string) error {
	if near, ok := conf.Nearest(name, names); ok {
		return fmt.Errorf("there is no member %q here; did you mean %q?", name, near)
	}
	return fmt.Errorf("there is no member %q here", name)
}

// unmarshalMember reads one value. The error continues a sentence that begins with
// the member's name.
func unmarshalMember(value json.RawMessage, into any) error {
	want := wanted(reflect.TypeOf(into).Elem())
	var anything any
	if err := json.Unmarshal(value, &anything); err != nil || holdsNull(anything) || json.Unmarshal(value, into) != nil {
		return errors.New("must be " + want)
	}
	return nil
}

func holdsNull(v any) bool {
	list, _ := v.([]any)
	return v == nil || slices.Contains(list, nil)
}

// wanted says in words which values fit a type.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Uint32:
		return "a whole number that is not negative"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.String {
			return "a list of texts"
		}
		return "a list of whole numbers that are not negative"
	}
	panic("api: no member of a body is a " + t.String())
}

// membersOf returns the members of a JSON object; body must have nothing else.
func membersOf(body []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("the body is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		return nil, errors.New("the body is not a JSON object")
	}
	members := map[string]json.RawMessage{}
	for d.More() {
		token, err := d.Token()
		name, isText := token.(string)
		if err != nil || !isText {
			return nil, errors.New("the body is not valid JSON")
		}
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("the member %q is given twice", name)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("the member %q is not valid JSON", name)
		}
		members[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, errors.New("the body is not valid JSON")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("the body has more after its JSON object")
	}
	return members, nil
}
