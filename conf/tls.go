package conf

import (
	"cmp"
	"crypto/tls"
	"net/url"
	"strings"

	"relay/internal/disk"
)

// TLS is [tls]: the certificate, and the clients that use TLS. With a certificate, the
// addresses of Server.Listen accept TLS and plain connections.
type TLS struct {
	// Listen is the addresses for TLS only, "host:port".
	Listen []string `toml:"listen" restart:"true"`
	// CertFile is the certificate with its chain, in PEM.
	CertFile string `toml:"cert_file" restart:"true"`
	// KeyFile is its private key, in PEM.
	KeyFile string `toml:"key_file" restart:"true"`
	// ACMEHosts are the names for which certificates are fetched (RFC 8555), in place
	// of files. Clients that name no host get the certificate of the first one.
	ACMEHosts []string `toml:"acme_hosts" restart:"true"`
	// ACMEDir is the address of the ACME server's directory. Empty: Let's Encrypt.
	ACMEDir string `toml:"acme_dir" restart:"true"`
	// ACMEEmail is the address for messages from the ACME server. Empty: none.
	ACMEEmail string `toml:"acme_email" restart:"true"`
	// ACMECache is the folder for fetched certificates and their keys. Empty: "acme"
	// beside the configuration.
	ACMECache string `toml:"acme_cache" restart:"true"`
	// OldClients accepts TLS 1.0 and weak ciphers.
	OldClients bool `toml:"old_clients" restart:"true"`
	// RedirectPages redirects browsers that open a page over plain HTTP to https, and
	// tells them to keep using it.
	RedirectPages bool `toml:"redirect_pages"`
}

// Wanted reports whether a certificate is configured.
func (t *TLS) Wanted() bool { return t.CertFile != "" || len(t.ACMEHosts) > 0 }

func (t *TLS) check(r *reader, p path) {
	const need = "needs tls.cert_file and tls.key_file, or tls.acme_hosts"
	switch {
	case t.CertFile != "" && t.KeyFile == "":
		r.fail(p.key("cert_file"), "needs tls.key_file too")
	case t.KeyFile != "" && t.CertFile == "":
		r.fail(p.key("key_file"), "needs tls.cert_file too")
	case t.CertFile != "" && len(t.ACMEHosts) > 0:
		r.fail(p.key("acme_hosts"), "cannot be combined with tls.cert_file: keep one of the two")
	case len(t.Listen) > 0 && !t.Wanted():
		r.fail(p.key("listen"), need)
	case t.RedirectPages && !t.Wanted():
		r.fail(p.key("redirect_pages"), need)
	}
	for i, host := range t.ACMEHosts {
		if !isHost(host) || strings.Contains(host, ":") || !strings.Contains(strings.Trim(host, "."), ".") {
			r.fail(p.key("acme_hosts").item(i), `must be the name of this host, such as "radio.example.org"`)
		}
	}
	if u, err := url.Parse(t.ACMEDir); t.ACMEDir != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		r.fail(p.key("acme_dir"), `must be the address of a directory, such as "https://acme-v02.api.letsencrypt.org/directory"`)
	}
	t.CertFile = r.resolve(t.CertFile)
	t.KeyFile = r.resolve(t.KeyFile)
	if len(t.ACMEHosts) > 0 {
		t.ACMECache = r.resolve(cmp.Or(t.ACMECache, "acme"))
	}
}

// tryFiles reports files that do not form a certificate. An expired certificate is
// accepted: it is used, with a warning.
func (t *TLS) tryFiles(r *reader, p path) {
	if t.CertFile == "" || t.KeyFile == "" {
		return
	}
	read := func(p path, name string) []byte {
		text, err := disk.ReadFile(name)
		if err != nil {
			r.fail(p, "cannot be read: %s", systemReason(err))
		}
		return text
	}
	cert, key := read(p.key("cert_file"), t.CertFile), read(p.key("key_file"), t.KeyFile)
	if cert == nil || key == nil {
		return
	}
	if _, err := tls.X509KeyPair(cert, key); err != nil {
		r.fail(p.key("cert_file"), "cannot be used with tls.key_file = %s: %v", show(t.KeyFile), err)
	}
}
