package conf

// TLS is [tls]: the addresses that speak TLS, with the certificate they show.
type TLS struct {
	// Listen is the addresses, "host:port". Empty: no TLS.
	Listen []string `toml:"listen" restart:"true"`
	// CertFile is the certificate with its chain, PEM.
	CertFile string `toml:"cert_file" restart:"true"`
	// KeyFile is its private key, PEM.
	KeyFile string `toml:"key_file" restart:"true"`
}

func (t *TLS) check(r *reader, p path) {
	switch {
	case t.CertFile != "" && t.KeyFile == "":
		r.fail(p.key("cert_file"), "needs tls.key_file too")
	case t.KeyFile != "" && t.CertFile == "":
		r.fail(p.key("key_file"), "needs tls.cert_file too")
	case len(t.Listen) > 0 && t.CertFile == "":
		r.fail(p.key("listen"), "needs tls.cert_file and tls.key_file")
	}
	t.CertFile = r.resolve(t.CertFile)
	t.KeyFile = r.resolve(t.KeyFile)
}
