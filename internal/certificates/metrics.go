package certificates

import (
	"cmp"
	"crypto/x509"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	labels    = []string{"host", "key"}
	notBefore = prometheus.NewDesc("relay_certificate_not_before_timestamp_seconds", "From when a certificate is valid; 0 while there is none yet.", labels, nil)
	notAfter  = prometheus.NewDesc("relay_certificate_not_after_timestamp_seconds", "Until when a certificate is valid; 0 while there is none yet.", labels, nil)
)

// Describe sends the descriptions of both metrics. With Collect it implements
// prometheus.Collector.
func (s *Store) Describe(to chan<- *prometheus.Desc) {
	to <- notBefore
	to <- notAfter
}

// Collect sends from when and until when each certificate is valid, in Unix seconds.
// A nil Store has no series.
func (s *Store) Collect(to chan<- prometheus.Metric) {
	put := func(d *prometheus.Desc, at time.Time, host, key string) {
		value := 0.0
		if !at.IsZero() {
			value = float64(at.Unix())
		}
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, host, key)
	}
	switch {
	case s == nil:
	case s.files != nil:
		leaf := s.files.shown.Load().Leaf
		host, key := nameOf(leaf), leaf.PublicKeyAlgorithm.String()
		put(notBefore, leaf.NotBefore, host, key)
		put(notAfter, leaf.NotAfter, host, key)
	default:
		for _, w := range s.issuer.all {
			var leaf x509.Certificate
			if pair := w.shown.Load(); pair != nil {
				leaf = *pair.Leaf
			}
			put(notBefore, leaf.NotBefore, w.host, w.algorithm().String())
			put(notAfter, leaf.NotAfter, w.host, w.algorithm().String())
		}
	}
}

// nameOf returns the first host in a certificate, or else its first IP address, or
// else its common name.
func nameOf(leaf *x509.Certificate) string {
	hosts := slices.Clone(leaf.DNSNames)
	for _, ip := range leaf.IPAddresses {
		hosts = append(hosts, ip.String())
	}
	return strings.ToValidUTF8(cmp.Or(append(hosts, leaf.Subject.CommonName)...), "?")
}
