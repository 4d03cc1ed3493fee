package api

import (
	"net/http"
	"reflect"
	"strings"

	"relay/conf"
)

// hidden replaces secrets in answers.
const hidden = "***"

// reveal replaces each "***" in the settings of a mount by the secret that it was
// shown for: the mount's value before or, in an address, the value in force. The
// error is a *Problem if there is no such secret.
func reveal(changed, before map[string]any, inForce conf.Mount) error {
	auth, _ := changed["listener_auth"].(map[string]any)
	authBefore, _ := before["listener_auth"].(map[string]any)
	t, v := reflect.TypeFor[conf.ListenerAuth](), reflect.ValueOf(inForce.ListenerAuth)
	for i := range t.NumField() {
		key := t.Field(i).Tag.Get("toml")
		shown, _ := auth[key].(string)
		if t.Field(i).Tag.Get("secret") == "" || !strings.Contains(shown, hidden) {
			continue
		}
		whole := ""
		for _, known := range []string{textAt(authBefore, key), v.Field(i).String()} {
			if whole == "" && conf.HideAddress(t.Field(i), known) == shown {
				whole = known
			}
		}
		if whole == "" {
			return standsForNothing("listener_auth." + key)
		}
		auth[key] = whole
	}
	revealSecret("source_password", changed, before)
	revealSecret("token_secret", auth, authBefore)
	for _, source := range tablesAt(changed, "source") {
		for _, was := range tablesAt(before, "source") {
			if source["user"] == was["user"] {
				revealSecret("password", source, was)
			}
		}
		if source["password"] == hidden {
			return standsForNothing("source.password")
		}
	}
	switch {
	case changed["source_password"] == hidden:
		return standsForNothing("source_password")
	case auth["token_secret"] == hidden:
		return standsForNothing("listener_auth.token_secret")
	}
	return nil
}

// revealSecret replaces "***" by a secret, or by the file it is in.
func revealSecret(key string, changed, before map[string]any) {
	if changed[key] != hidden {
		return
	}
	if was, ok := before[key]; ok {
		changed[key] = was
	} else if was, ok := before[key+"_file"]; ok {
		delete(changed, key)
		changed[key+"_file"] = was
	}
}

func standsForNothing(key string) error {
	return problem(http.StatusUnprocessableEntity, "%s: *** stands for a hidden value, but there is none here: give the whole value, or leave it as it was shown", key)
}
