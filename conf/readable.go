package conf

import (
	"fmt"
	"io/fs"
	"net/url"
	"os/user"
	"strconv"
	"strings"
	"syscall"

	"relay/internal/disk"
)

// reviewFiles warns of secrets that other users of the machine can read.
func (c *Config) reviewFiles(r *reader) {
	var root path
	if c.holdsSecrets(r) {
		r.reviewFile(root, r.file, "passwords")
	}
	for _, s := range c.secrets(r) {
		if s.file != "" {
			r.reviewFile(s.at, s.file, "a password")
		}
	}
	for i, m := range c.Mounts {
		if file := m.ListenerAuth.HtpasswdFile; file != "" {
			r.reviewFile(root.key("mount").item(i).key("listener_auth").key("htpasswd_file"), file, "the passwords of listeners")
		}
	}
	tls := root.key("tls")
	if c.TLS.KeyFile != "" {
		r.reviewFile(tls.key("key_file"), c.TLS.KeyFile, "the key of the certificate")
	}
	if c.TLS.ACMECache != "" {
		at := tls.key("acme_cache")
		if !r.given(at) {
			at = tls.key("acme_hosts")
		}
		r.reviewFile(at, c.TLS.ACMECache, "the keys of the certificates")
	}
}

// holdsSecrets reports whether the text of a configuration contains a secret.
func (c *Config) holdsSecrets(r *reader) bool {
	for _, s := range c.secrets(r) {
		if s.file == "" && s.variable == "" {
			return true
		}
	}
	for _, m := range c.Mounts {
		for _, address := range []string{m.ListenerAuth.URL, m.ListenerAuth.OnSource, m.ListenerAuth.StreamAuth} {
			if u, err := url.Parse(address); err == nil && (u.User != nil || u.RawQuery != "") {
				return true
			}
		}
	}
	return false
}

// reviewFile warns of a file or folder that everybody can read or change, or a group
// with members besides the service. A missing file needs no warning.
func (r *reader) reviewFile(at path, name, holds string) {
	info, err := disk.Stat(name)
	if err != nil || name == "" {
		return
	}
	mode := info.Mode().Perm()
	open, who := mode&0o007, "everybody on this machine"
	mended := mode &^ 0o007
	if group, ok := strangeGroup(info); ok && mode&0o070 != 0 {
		mended &^= 0o070
		if open == 0 {
			open, who = mode>>3&0o007, "everybody in the group "+group
		}
	}
	if open&0o006 == 0 && !(info.IsDir() && open != 0) {
		return
	}
	what := "read"
	switch {
	case open&0o004 == 0 && open&0o002 != 0:
		what = "changed"
	case open&0o002 != 0:
		what = "read and changed"
	case info.IsDir() && open&0o004 == 0:
		what = "entered"
	}
	subject := name + " holds"
	if name == r.file {
		subject = "holds"
	}
	r.warn(at, "%s %s and can be %s by %s: chmod %o %s", subject, holds, what, who, mended, shellWord(name))
}

// strangeGroup returns the group of a file, and whether it may have members other than
// the service and the file's owner.
func strangeGroup(info fs.FileInfo) (name string, strange bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Gid == 0 {
		return "", false
	}
	name = fmt.Sprint(stat.Gid)
	if group, err := user.LookupGroupId(name); err == nil {
		name = group.Name
	}
	if owner, err := user.LookupId(fmt.Sprint(stat.Uid)); err == nil && owner.Username == name {
		return name, false
	}
	// "relay" is the group of the package, "ssl-cert" Debian's group for keys. A group
	// without a name was made for one service in a container.
	_, err := strconv.Atoi(name)
	return name, err != nil && name != "relay" && name != "ssl-cert"
}

// shellWord quotes a path for the shell if necessary.
func shellWord(name string) string {
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%") == "" {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}
