package certificates

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"relay/conf"
)

// A certificate from files and one by ACME both have their end in a metric, which is 0
// while there is no certificate.
func TestMetrics(t *testing.T) {
	until := time.Now().Add(time.Hour)
	inFolder := conf.TLS{ACMEHosts: []string{host, "new.example.org", host}, ACMECache: t.TempDir()}
	keep(t, inFolder, &wanted{host: host}, until)
	own := inFiles(t)
	write(t, own, "the radio", until)
	for _, tt := range []struct {
		conf conf.TLS
		want map[string]time.Time
	}{
		{inFolder, map[string]time.Time{"new.example.org": time.Unix(0, 0), host: until}},
		{own, map[string]time.Time{"the radio": until}},
	} {
		var want strings.Builder
		want.WriteString("# HELP relay_certificate_not_after_timestamp_seconds Until when a certificate is valid; 0 while there is none yet.\n# TYPE relay_certificate_not_after_timestamp_seconds gauge\n")
		for name, at := range tt.want {
			fmt.Fprintf(&want, "relay_certificate_not_after_timestamp_seconds{host=%q,key=\"ECDSA\"} %d\n", name, at.Unix())
		}
		if err := testutil.CollectAndCompare(open(t, tt.conf), strings.NewReader(want.String()), "relay_certificate_not_after_timestamp_seconds"); err != nil {
			t.Error(err)
		}
	}
	if n := testutil.CollectAndCount((*Store)(nil)); n != 0 {
		t.Errorf("no certificates have %d series", n)
	}
}
