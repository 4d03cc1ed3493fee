package conf

import (
	"cmp"
	"crypto/tls"
	"net/url"
	"strings"

	"relay/internal/disk"
)

// TLS is [tls]: the certificate that is shown, and who speaks TLS. With one, the
// addresses of Server.Listen take TLS and plain connections.
type TLS struct {
	// Listen is the addresses for TLS alone, "host:port".
	Listen []string `toml:"listen" restart:"true"`
	// CertFile is the certificate with its chain, PEM.
	CertFile string `toml:"cert_file" restart:"true"`
	// KeyFile is its private key, PEM.
	KeyFile string `toml:"key_file" restart:"true"`
	// ACMEHosts are the names to fetch certificates for (RFC 8555), in place of
	// files. The first is shown to clients that name none.
	ACMEHosts []string `toml:"acme_hosts" restart:"true"`
	// ACMEDir is the address of the ACME server's directory. Empty: Let's Encrypt.
	ACMEDir string `toml:"acme_dir" restart:"true"`
	// ACMEEmail is whom the ACME server writes to. Empty: nobody.
	ACMEEmail string `toml:"acme_email" restart:"true"`
	// ACMECache is the folder for what was fetched, and its keys. Empty: "acme"
	// beside the configuration.
	ACMECache string `toml:"acme_cache" restart:"true"`
	// OldClients lets in TLS 1.0 and ciphers that are known to be weak.
	OldClients bool `toml:"old_clients" restart:"true"`
	// RedirectPages sends browsers that open a page in plain to https, and tells
	// them to stay there.
	RedirectPages bool `toml:"redirect_pages"`
}

// Wanted tells whether there is to be a certificate.
func (t *TLS) Wanted() bool { return t.CertFile != "" || len(t.ACMEHosts) > 0 }

func (t *TLS) check(r *reader, p path) {
	const need = "needs tls.cert_file and tls.key_file, or tls.acme_hosts"
	switch {
	case t.CertFile != "" && t.KeyFile == "":
		r.fail(p.key("cert_file"), "needs tls.key_file too")
	case t.KeyFile != "" && t.CertFile == "":
		r.fail(p.key("key_file"), "needs tls.cert_file too")
	case t.CertFile != "" && len(t.ACMEHosts) > 0:
		r.fail(p.key("acme_hosts"), "cannot be together with tls.cert_file: choose one of them")
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

// tryFiles reports files that make no certificate. One that has expired is one:
// it is shown, and complained of.
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
