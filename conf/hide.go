package conf

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// HideSecrets returns the text with "***" in place of every password, and of parts of
// addresses that may be keys, in comments too. References to environment variables
// stay. The text must be valid.
func HideSecrets(text []byte) []byte {
	var shown strings.Builder
	from := 0
	replace := func(start, end int, by string) {
		shown.Write(text[from:start])
		shown.WriteString(by)
		from = end
	}
	walkItems(string(text), func(i item) {
		if i.table || i.start < from {
			return
		}
		key := i.path[len(i.path)-1]
		written := strings.TrimRight(string(text[i.value.start:i.end]), " \t")
		end := i.value.start + len(written)
		if address, ok := addressKeys[i.at.shown]; ok {
			replace(i.value.start, end, hideLiteral(address, written))
		} else if bare := strings.Trim(written, `"'`); secretKeys[key] && !isVariable(bare) && bare != "" {
			replace(i.value.start, end, `"`+hidden+`"`)
		}
	})
	shown.Write(text[from:])
	text, from = []byte(shown.String()), 0
	shown.Reset()
	walkComments(string(text), func(start, end int) {
		replace(start, end, hideInComment(string(text[start:end])))
	})
	shown.Write(text[from:])
	return loginInText.ReplaceAll([]byte(shown.String()), []byte("$1"+hidden+"@"))
}

// hideLiteral hides the parts of a quoted address that may be keys.
func hideLiteral(field reflect.StructField, written string) string {
	var value struct{ K any }
	if _, err := toml.Decode("K="+written, &value); err != nil {
		return `"` + hidden + `"`
	}
	address, ok := value.K.(string)
	if !ok {
		return `"` + hidden + `"`
	}
	if shown := HideAddress(field, address); shown != address {
		return strconv.Quote(shown)
	}
	return written
}

// settingInComment matches a setting in a comment.
var settingInComment = regexp.MustCompile(`([A-Za-z_]+)(\s*=\s*)("[^"]*"|'[^']*'|\[[^\]]*\]|[^\s#]+)`)

// hideInComment hides secrets in a comment, where the table of a setting is unknown.
func hideInComment(comment string) string {
	return settingInComment.ReplaceAllStringFunc(comment, func(setting string) string {
		parts := settingInComment.FindStringSubmatch(setting)
		key, value := parts[1], strings.Trim(parts[3], `"'`)
		switch field, isAddress := addressNames[key]; {
		case isVariable(value) || value == "":
		case secretKeys[key]:
			return key + parts[2] + `"` + hidden + `"`
		case isAddress:
			return key + parts[2] + strconv.Quote(HideAddress(field, value))
		}
		return setting
	})
}

// loginInText matches the login in an address anywhere in a text.
var loginInText = regexp.MustCompile(`(://)[^/?#@\s"']+@`)

var (
	// secretKeys are the names of all keys that hold secrets.
	secretKeys = map[string]bool{}
	// addressKeys are the keys whose values are addresses that may contain secrets,
	// with the tables around them: "mount.listener_auth.url".
	addressKeys = map[string]reflect.StructField{}
	// addressNames are the same keys without their tables. If two tables have the same
	// key, the one that hides more counts.
	addressNames = map[string]reflect.StructField{}
)

func init() {
	var walk func(prefix string, t reflect.Type)
	walk = func(prefix string, t reflect.Type) {
		for i := range t.NumField() {
			field := t.Field(i)
			of := field.Type
			if of.Kind() == reflect.Slice {
				of = of.Elem()
			}
			name := field.Tag.Get("toml")
			kind := field.Tag.Get("secret")
			switch {
			case name == "":
			case of == secretType:
				secretKeys[name] = true
			case isTable(of):
				walk(prefix+name+".", of)
			case kind != "":
				addressKeys[prefix+name] = field
				if addressNames[name].Tag.Get("secret") != secretPath {
					addressNames[name] = field
				}
			}
		}
	}
	walk("", reflect.TypeFor[Config]())
}
