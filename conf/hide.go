package conf

import (
	"reflect"
	"regexp"
	"strings"
)

// HideSecrets returns the text with "***" in place of every password, and of
// the logins in addresses. What stands for an environment variable stays. The
// text must be valid.
func HideSecrets(text []byte) []byte {
	var hidden strings.Builder
	from := 0
	walkItems(string(text), func(i item) {
		if i.table || i.start < from || !secretKeys[i.path[len(i.path)-1]] {
			return
		}
		value := strings.TrimSpace(string(text[i.value:i.end]))
		if isVariable(strings.Trim(value, `"'`)) || strings.Trim(value, `"'`) == "" {
			return
		}
		hidden.Write(text[from:i.value])
		hidden.WriteString(`"***"`)
		from = i.value + len(strings.TrimRight(string(text[i.value:i.end]), " \t"))
	})
	hidden.Write(text[from:])
	return loginInText.ReplaceAll([]byte(hidden.String()), []byte("$1***@"))
}

// loginInText is the login in an address anywhere in a text.
var loginInText = regexp.MustCompile(`(://)[^/?#@\s"']+@`)

// secretKeys are the names of all keys that hold secrets.
var secretKeys = func() map[string]bool {
	names := map[string]bool{}
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		for i := range t.NumField() {
			field := t.Field(i)
			of := field.Type
			if of.Kind() == reflect.Slice {
				of = of.Elem()
			}
			switch name := field.Tag.Get("toml"); {
			case name == "":
			case of == secretType:
				names[name] = true
			case isTable(of):
				walk(of)
			}
		}
	}
	walk(reflect.TypeFor[Config]())
	return names
}()
