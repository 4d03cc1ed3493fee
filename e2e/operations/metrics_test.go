package operations

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"relay/e2e/harness"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+"[[mount]]\nname = '/secret'\nhidden = true\n[[mount]]\nname = '/live'\nmax_listeners = 7\n"+harness.SelfSigned(t, "radio").TOML())
	r.Encode(t, "/secret").Frames(t, 50)
	e := r.Encode(t, "/live")
	e.Frames(t, 100)
	harness.Eventually(t, "the source", func() bool { return r.Source(t, "/live").BitRate == 128 })
	p := r.Tune(t, "/live")
	if _, _, err := p.InOrder(99); err != nil {
		t.Fatal(err)
	}
	gone := r.Tune(t, "/live")
	gone.Close()
	harness.Eventually(t, "one to leave", func() bool {
		_, _, text := r.Get(t, "/metrics")
		v, _ := harness.Metric(text, `relay_listener_leaves_total{reason="left"}`)
		return v == 1
	})
	_, header, text := r.Get(t, "/metrics")
	if !strings.HasPrefix(header.Get("Content-Type"), "text/plain") {
		t.Errorf("Content-Type %s", header.Get("Content-Type"))
	}
	for series, want := range map[string]float64{
		"relay_listeners":                                                1,
		"relay_listener_joins_total":                                     2,
		"relay_source_connections_total":                                 2,
		`relay_mount_listeners{mount="/live"}`:                           1,
		`relay_mount_listeners_limit{mount="/live"}`:                     7,
		`relay_mount_sources_total{mount="/live"}`:                       1,
		`relay_mount_input{input="live",mount="/live"}`:                  1,
		`relay_mount_input{input="fallback",mount="/live"}`:              0,
		`relay_mount_stream_bytes_per_second{mount="/live"}`:             16000,
		`relay_mount_received_bytes_total{mount="/live"}`:                99 * 418,
		"relay_first_byte_seconds_count":                                 2,
		`relay_mount_listener_joins_total{mount="/live"}`:                2,
		`relay_mount_listener_leaves_total{mount="/live",reason="left"}`: 1,
		`relay_mount_source_gaps_total{mount="/live"}`:                   0,
		`relay_mount_source_reconnects_total{mount="/live"}`:             0,
		`relay_listener_leaves_total{reason="took nothing"}`:             0,
	} {
		if got, found := harness.Metric(text, series); !found || got < want*0.99 || got > want*1.01 {
			t.Errorf("%s is %v, want %v", series, got, want)
		}
	}
	if strings.Contains(text, "/secret") {
		t.Error("a hidden mount is shown to everybody")
	}
	if _, text := r.Admin(t, "/metrics"); !strings.Contains(text, `mount="/secret"`) {
		t.Error("a hidden mount is not shown to the operator")
	}

	t.Run("promtool", func(t *testing.T) {
		check := exec.Command(harness.Program(t, "promtool"), "check", "metrics")
		check.Stdin = strings.NewReader(text)
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("metrics: %v\n%s", err, out)
		}
		if out, err := exec.Command("promtool", "check", "rules", "../../deploy/prometheus/relay.rules.yml").CombinedOutput(); err != nil {
			t.Errorf("rules: %v\n%s", err, out)
		}
		if out, err := exec.Command("promtool", "test", "rules", "../../deploy/prometheus/relay.rules.test.yml").CombinedOutput(); err != nil {
			t.Errorf("promtool on the rules: %v\n%s", err, out)
		}
		if out, err := exec.Command("promtool", "check", "config", "../../deploy/prometheus/prometheus.yml").CombinedOutput(); err != nil {
			t.Errorf("the configuration of docker-compose.yml: %v\n%s", err, out)
		}
	})
	// Every metric that the rules and the dashboard use exists.
	for _, file := range []string{"../../deploy/prometheus/relay.rules.yml", "../../deploy/grafana/relay.json"} {
		asked, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`\b(relay|process|go)_[a-z_]+`).FindAllString(string(asked), -1) {
			if !strings.Contains(text, "\n"+name+" ") && !strings.Contains(text, "\n"+name+"{") {
				t.Errorf("%s uses %s, which does not exist", file, name)
			}
		}
		if strings.HasSuffix(file, ".json") && !json.Valid(asked) {
			t.Errorf("%s is not JSON", file)
		}
	}
}
