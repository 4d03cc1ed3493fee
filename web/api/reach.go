package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"relay/conf"
	"relay/ingest/autodj/library"
)

// reach says where a mount's settings may lead when they are changed by the API: an
// operator of the radio need not have access to its machine or network. A setting may
// keep its value. Otherwise, music, intros and recordings must be in the folders that
// the configuration names, and web hooks on the servers that it names.
type reach struct {
	dir     string // start of relative paths; empty: the working directory
	config  *conf.Config
	folders []string        // of music, with those of [auth] api_folders
	files   []string        // of music and intros
	records []string        // of recordings, with those of [auth] api_folders
	rewinds []string        // likewise of rewinds
	hooks   map[string]bool // servers, see hookServer
}

// reachOf returns the reach of a configuration that was read from a file; file is
// empty if there is none.
func reachOf(c *conf.Config, file string) *reach {
	r := &reach{config: c, folders: slices.Clone(c.Auth.APIFolders), records: slices.Clone(c.Auth.APIFolders), rewinds: slices.Clone(c.Auth.APIFolders), hooks: map[string]bool{}}
	if file != "" {
		r.dir = filepath.Dir(file)
	}
	for _, m := range c.Mounts {
		for _, path := range slices.Concat(m.Files.Paths, m.Files.Jingles) {
			if info, err := os.Stat(path); err == nil && info.IsDir() {
				r.folders = append(r.folders, path)
			} else {
				r.files = append(r.files, path)
			}
		}
		if m.IntroFile != "" {
			r.files = append(r.files, m.IntroFile)
		}
		if m.RecordDir != "" {
			r.records = append(r.records, m.RecordDir)
		}
		if m.RewindDir != "" {
			r.rewinds = append(r.rewinds, m.RewindDir)
		}
		for _, address := range []string{m.ListenerAuth.URL, m.ListenerAuth.OnSource, m.ListenerAuth.StreamAuth} {
			if server := hookServer(address); server != "" {
				r.hooks[server] = true
			}
		}
	}
	return r
}

// check returns a *Problem if the new settings of a mount lead outside the reach;
// settings that are as before are not checked.
func (r *reach) check(before, after map[string]any) error {
	const fileOnly = "it can be changed in the file only"
	if !slices.Equal(commandsIn(after), commandsIn(before)) {
		return problem(http.StatusForbidden, "a rendition's command is run by the server's shell: %s", fileOnly)
	}
	if file := textAt(after, "listener_auth", "htpasswd_file"); file != "" && file != textAt(before, "listener_auth", "htpasswd_file") {
		return problem(http.StatusForbidden, "listener_auth.htpasswd_file is read and written by the server: %s", fileOnly)
	}
	if to := textAt(after, "redirect_full"); to != "" && to != textAt(before, "redirect_full") {
		return problem(http.StatusForbidden, "redirect_full sends listeners to another server: %s", fileOnly)
	}
	known := secretsElsewhere(before)
	for _, secret := range secretsElsewhere(after) {
		if !slices.Contains(known, secret) {
			return problem(http.StatusForbidden, "%s names a file or an environment variable of the machine: %s", secret.key, fileOnly)
		}
	}
	for _, kind := range []struct {
		key             []string
		folders, files  []string
		mayHoldPlaylist bool
	}{
		{[]string{"files", "paths"}, r.folders, r.files, true},
		{[]string{"files", "jingles"}, r.folders, r.files, true},
		{[]string{"intro_file"}, r.folders, r.files, false},
		{[]string{"record_dir"}, r.records, nil, false},
		{[]string{"rewind_dir"}, r.rewinds, nil, false},
	} {
		now := textsAt(before, kind.key...)
		for _, path := range textsAt(after, kind.key...) {
			if path == "" || slices.Contains(now, path) {
				continue
			}
			err := r.within(path, kind.folders, kind.files, kind.mayHoldPlaylist)
			if err != nil {
				return problem(http.StatusForbidden, "%s = %q: %v", strings.Join(kind.key, "."), path, err)
			}
		}
	}
	for _, key := range hookKeys {
		address := textAt(after, "listener_auth", key)
		if address == "" || address == textAt(before, "listener_auth", key) || r.hooks[hookServer(address)] {
			continue
		}
		return problem(http.StatusForbidden, "listener_auth.%s is on a server that no hook in the configuration uses: write it into the file, or use a server named there", key)
	}
	return nil
}

// hookKeys are the keys of listener_auth with the address of a web hook.
var hookKeys = []string{"url", "on_source", "stream_auth"}

// hookServer identifies a web server by scheme, host and port; empty: address has
// none.
func hookServer(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// errOutside means that a path is outside the reach.
var errOutside = errors.New("lies outside the folders that the configuration names for this: use one of them, or add a folder to api_folders under [auth] in the file")

// within returns why a path is neither one of files nor inside one of folders, after
// following links, or nil. With lists, the files that a playlist names are checked,
// too.
func (r *reach) within(path string, folders, files []string, lists bool) error {
	if slices.Contains(strings.Split(filepath.ToSlash(path), "/"), "..") {
		return errors.New(`must not hold ".."`)
	}
	whole := r.resolve(path)
	if whole == "" {
		return errOutside
	}
	for _, file := range files {
		if whole == r.resolve(file) {
			return nil
		}
	}
	if !r.isIn(whole, folders) {
		return errOutside
	}
	if !lists || !library.IsPlaylist(whole) {
		return nil
	}
	for _, file := range library.Listed(whole) {
		if !r.isIn(r.resolve(file), folders) {
			return fmt.Errorf("names %s, which %w", file, errOutside)
		}
	}
	return nil
}

// isIn reports whether a path without links is one of folders or inside one.
func (r *reach) isIn(whole string, folders []string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool {
		way, err := filepath.Rel(r.resolve(folder), whole)
		return err == nil && filepath.IsLocal(way)
	})
}

// resolve returns the absolute path of a file without links, as far as it exists;
// empty: it cannot be determined.
func (r *reach) resolve(path string) string {
	if !filepath.IsAbs(path) && r.dir != "" {
		path = filepath.Join(r.dir, path)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	for real, rest := path, ""; ; real, rest = filepath.Dir(real), filepath.Join(filepath.Base(real), rest) {
		if found, err := filepath.EvalSymlinks(real); err == nil {
			return filepath.Join(found, rest)
		}
		if _, err := os.Lstat(real); err == nil || filepath.Dir(real) == real {
			return "" // a dangling link, or no permission
		}
	}
}

// elsewhere is a secret that is kept in a file of its own or in the environment.
type elsewhere struct{ key, name string }

// secretsElsewhere returns those of a mount.
func secretsElsewhere(mount map[string]any) (found []elsewhere) {
	look := func(table map[string]any, prefix, key string) {
		if name, _ := table[key+"_file"].(string); name != "" {
			found = append(found, elsewhere{prefix + key + "_file", name})
		}
		if value, _ := table[key].(string); strings.HasPrefix(value, "${") && strings.HasSuffix(value, "}") {
			found = append(found, elsewhere{prefix + key, value})
		}
	}
	look(mount, "", "source_password")
	for _, source := range tablesAt(mount, "source") {
		look(source, "source.", "password")
	}
	auth, _ := mount["listener_auth"].(map[string]any)
	look(auth, "listener_auth.", "token_secret")
	return found
}

// commandsIn returns the commands of a mount's renditions.
func commandsIn(mount map[string]any) (commands []string) {
	for _, rendition := range tablesAt(mount, "rendition") {
		if command, given := rendition["command"]; given && command != "" {
			commands = append(commands, fmt.Sprint(command))
		}
	}
	return commands
}

// tablesAt returns the list of tables at a key, decoded from TOML or from JSON.
func tablesAt(table map[string]any, key string) (tables []map[string]any) {
	switch list := table[key].(type) {
	case []map[string]any:
		return list
	case []any:
		for _, item := range list {
			if below, ok := item.(map[string]any); ok {
				tables = append(tables, below)
			}
		}
	}
	return tables
}

// textAt returns a string within nested tables; empty: there is none.
func textAt(table map[string]any, keys ...string) string {
	if texts := textsAt(table, keys...); len(texts) == 1 {
		return texts[0]
	}
	return ""
}

// textsAt returns a string within nested tables, or all strings of a list.
func textsAt(table map[string]any, keys ...string) (texts []string) {
	last := len(keys) - 1
	for _, key := range keys[:last] {
		table, _ = table[key].(map[string]any)
	}
	switch value := table[keys[last]].(type) {
	case string:
		return []string{value}
	case []any:
		for _, item := range value {
			if text, ok := item.(string); ok {
				texts = append(texts, text)
			}
		}
	}
	return texts
}
