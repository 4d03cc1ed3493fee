package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"reflect"
	"slices"

	"relay/conf"
	"relay/conf/live"
)

// putMount declares a mount, or replaces all its settings.
func (h *Handlers) putMount(c *call) error {
	return h.changeMount(c, func(table, given map[string]any) (map[string]any, error) {
		if key, found := nullIn(given); found {
			return nil, problem(http.StatusBadRequest, "the member %q must not be null", key)
		}
		return given, nil
	})
}

// patchMount changes some settings of a mount (RFC 7396).
func (h *Handlers) patchMount(c *call) error {
	return h.changeMount(c, func(table, given map[string]any) (map[string]any, error) {
		if len(table) == 0 {
			if _, err := h.configured(c); err != nil {
				return nil, err
			}
		}
		return merged(table, given), nil
	})
}

// changeMount saves the settings that change makes from a mount's present settings
// and the given ones.
func (h *Handlers) changeMount(c *call, change func(table, given map[string]any) (map[string]any, error)) error {
	if err := conf.CheckMountName(c.mount); err != nil {
		return problem(http.StatusBadRequest, "the mount's name %v", err)
	}
	body, err := c.body()
	if err != nil {
		return err
	}
	given, err := settingsIn(body)
	if err != nil {
		return problem(http.StatusBadRequest, "%v", err)
	}
	if err := conf.CheckMountKeys(given); err != nil {
		return configProblem(err)
	}
	if name, named := given["name"]; named && name != c.mount {
		return problem(http.StatusBadRequest, `the member "name" must be %q, as in the path`, c.mount)
	}
	status := http.StatusOK
	outcome, err := h.Settings.ChangeMount(c.mount, func(table map[string]any, declared bool) (map[string]any, error) {
		if !declared {
			status = http.StatusCreated
		}
		changed, err := change(table, given)
		if err != nil {
			return nil, err
		}
		inForce := h.Conf.Config()
		if err := reveal(changed, table, inForce.Mount(c.mount)); err != nil {
			return nil, err
		}
		return changed, reachOf(inForce, h.Settings.File()).check(table, changed)
	})
	if err != nil {
		return configProblem(err)
	}
	d, _ := h.detailOf(c.mount)
	return c.answer(status, struct {
		Mount MountDetail `json:"mount"`
		Saved bool        `json:"saved"`
	}{d, outcome.Saved})
}

// removeMount takes a mount out of the configuration.
func (h *Handlers) removeMount(c *call) error {
	if _, err := h.Settings.RemoveMount(c.mount); err != nil {
		if errors.Is(err, live.ErrNoMount) && !h.isThere(c.mount) {
			return noMount(c.mount)
		}
		return configProblem(err)
	}
	return c.done()
}

// settingsIn returns the keys of [[mount]] in a body, with values of TOML's types. It
// does not validate them; conf does.
func settingsIn(body []byte) (map[string]any, error) {
	members, err := membersOf(body)
	if err != nil {
		return nil, err
	}
	given := map[string]any{}
	for name, value := range members {
		if !slices.Contains(mountKeys, name) {
			return nil, unknownMember(name, mountKeys)
		}
		d := json.NewDecoder(bytes.NewReader(value))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			return nil, fmt.Errorf("the member %q is not valid JSON", name)
		}
		if given[name], err = asTOML(v); err != nil {
			return nil, fmt.Errorf("the member %q %w", name, err)
		}
	}
	return given, nil
}

// mountKeys are all keys of [[mount]].
var mountKeys = func() (keys []string) {
	t := reflect.TypeFor[conf.Mount]()
	for i := range t.NumField() {
		key := t.Field(i).Tag.Get("toml")
		if key == "" {
			continue
		}
		keys = append(keys, key)
		if t.Field(i).Type == reflect.TypeFor[conf.Secret]() {
			keys = append(keys, key+"_file")
		}
	}
	return keys
}()

// asTOML returns a JSON value as decoding TOML would give it. Null stays nil, except
// in a list, where it is an error.
func asTOML(v any) (any, error) {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		f, err := v.Float64()
		if err != nil || math.IsInf(f, 0) {
			return nil, errors.New("is too large a number")
		}
		return f, nil
	case []any:
		for i, item := range v {
			if below, _ := item.(map[string]any); item == nil || holdsNulls(below) {
				return nil, errors.New("must not hold null in a list")
			}
			var err error
			if v[i], err = asTOML(item); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for key, item := range v {
			var err error
			if v[key], err = asTOML(item); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

// merged applies a merge patch: null removes a key, tables are merged, and all other
// values are replaced.
func merged(table, patch map[string]any) map[string]any {
	result := maps.Clone(table)
	if result == nil {
		result = map[string]any{}
	}
	for key, value := range patch {
		below, isTable := value.(map[string]any)
		switch {
		case value == nil:
			delete(result, key)
		case isTable:
			old, _ := result[key].(map[string]any)
			result[key] = merged(old, below)
		default:
			result[key] = value
		}
	}
	return result
}

func holdsNulls(table map[string]any) bool {
	_, found := nullIn(table)
	return found
}

// nullIn finds a key whose value is null, at any depth.
func nullIn(table map[string]any) (key string, found bool) {
	for key, value := range table {
		below, _ := value.(map[string]any)
		if value == nil {
			return key, true
		}
		if inner, found := nullIn(below); found {
			return key + "." + inner, true
		}
	}
	return "", false
}
