// Package deploy tests what is in this folder: the files by which relay gets
// onto a server and is watched there.
package deploy

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func parse(t testing.TB, path string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, path)), into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// program returns the path of a program. Without it the test is skipped, or
// fails where everything must be there.
func program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, err)
	}
	return path
}

// missing skips the test for what the machine does not have, or fails it where
// everything must be there.
func missing(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("RELAY_E2E_REQUIRE") != "" {
		t.Fatal(err)
	}
	t.Skip(err)
}

// compose is what is looked at of docker-compose.yml.
type compose struct {
	Services map[string]struct {
		Image     string
		Build     struct{ Context string }
		Ports     []string
		Volumes   []string
		DependsOn []string `yaml:"depends_on"`
	}
	Volumes map[string]any
}

func TestComposeNamesWhatThereIs(t *testing.T) {
	var c compose
	parse(t, "../docker-compose.yml", &c)
	for _, name := range []string{"relay", "prometheus", "grafana"} {
		s, there := c.Services[name]
		if !there || (s.Image == "") == (s.Build.Context == "") {
			t.Fatalf("service %s: %+v", name, s)
		}
		if s.Image != "" && !regexp.MustCompile(`:v?\d+\.\d+\.\d+$`).MatchString(s.Image) {
			t.Errorf("%s may be any version", s.Image)
		}
		for _, port := range s.Ports {
			if name != "relay" && !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s is open to everybody at %s", name, port)
			}
		}
		for _, other := range s.DependsOn {
			if _, there := c.Services[other]; !there {
				t.Errorf("%s depends on %s, which there is not", name, other)
			}
		}
		for _, volume := range s.Volumes {
			from, _, _ := strings.Cut(volume, ":")
			if path, is := strings.CutPrefix(from, "./"); is {
				if _, err := os.Stat(filepath.Join("..", path)); err != nil {
					t.Errorf("%s mounts what there is not: %v", name, err)
				}
			} else if _, there := c.Volumes[from]; !there {
				t.Errorf("%s mounts volume %s, which there is not", name, from)
			}
		}
	}
}

// What asks one another by name and path finds it.
func TestPrometheusAndGrafanaFindEachOther(t *testing.T) {
	var c compose
	parse(t, "../docker-compose.yml", &c)
	mounted := func(service, at string) string {
		for _, volume := range c.Services[service].Volumes {
			parts := strings.Split(volume, ":")
			if rest, is := strings.CutPrefix(at, parts[1]); is && strings.HasPrefix(parts[0], "./") {
				return filepath.Join("..", parts[0], rest)
			}
		}
		t.Errorf("%s has no %s", service, at)
		return os.DevNull
	}
	var prometheus struct {
		RuleFiles     []string `yaml:"rule_files"`
		ScrapeConfigs []struct {
			JobName       string                       `yaml:"job_name"`
			StaticConfigs []struct{ Targets []string } `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	parse(t, mounted("prometheus", "/etc/prometheus/prometheus.yml"), &prometheus)
	for _, name := range prometheus.RuleFiles {
		read(t, mounted("prometheus", "/etc/prometheus/"+name))
	}
	if s := prometheus.ScrapeConfigs; len(s) != 1 || s[0].JobName != "relay" || !slices.Equal(s[0].StaticConfigs[0].Targets, []string{"relay:8000"}) {
		t.Errorf("Prometheus asks %+v", s)
	}

	var sources struct {
		Datasources []struct {
			Type, URL string
			IsDefault bool `yaml:"isDefault"`
		}
	}
	parse(t, mounted("grafana", "/etc/grafana/provisioning/datasources/prometheus.yml"), &sources)
	if d := sources.Datasources; len(d) != 1 || d[0].Type != "prometheus" || d[0].URL != "http://prometheus:9090" || !d[0].IsDefault {
		t.Errorf("Grafana asks %+v", d)
	}
	var dashboards struct {
		Providers []struct{ Options struct{ Path string } }
	}
	parse(t, mounted("grafana", "/etc/grafana/provisioning/dashboards/relay.yml"), &dashboards)
	read(t, mounted("grafana", dashboards.Providers[0].Options.Path+"/relay.json"))
}

func TestDashboard(t *testing.T) {
	var d struct {
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, "grafana/relay.json")), &d); err != nil {
		t.Fatal(err)
	}
	seen := map[any]bool{}
	for _, p := range d.Panels {
		if p.Title == "" || len(p.Targets) == 0 || p.GridPos.W == 0 || seen[p.ID] || seen[p.GridPos] {
			t.Errorf("panel %+v", p)
		}
		seen[p.ID], seen[p.GridPos] = true, true
		for _, target := range p.Targets {
			if !strings.Contains(target.Expr, `instance=~"$instance"`) {
				t.Errorf("%s does not follow the choice of a server: %s", p.Title, target.Expr)
			}
		}
	}
}

// Every alert is tested, both ways, and described.
func TestAlertsAreTestedAndDescribed(t *testing.T) {
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr         string
				Labels, Annotations map[string]string
			}
		}
	}
	parse(t, "prometheus/relay.rules.yml", &rules)
	var tests struct {
		Tests []struct {
			Cases []struct {
				Alert  string           `yaml:"alertname"`
				Alerts []map[string]any `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	parse(t, "prometheus/relay.rules.test.yml", &tests)
	fires, rests := map[string]bool{}, map[string]bool{}
	for _, test := range tests.Tests {
		for _, c := range test.Cases {
			fires[c.Alert] = fires[c.Alert] || len(c.Alerts) > 0
			rests[c.Alert] = rests[c.Alert] || len(c.Alerts) == 0
		}
	}
	told, runbook := read(t, "../docs/metrics.md"), read(t, "../docs/operations.md")
	if len(rules.Groups) != 1 || len(rules.Groups[0].Rules) < 8 {
		t.Fatalf("rules %+v", rules)
	}
	for _, r := range rules.Groups[0].Rules {
		if !fires[r.Alert] || !rests[r.Alert] {
			t.Errorf("%s: tested that it fires: %v, that it does not: %v", r.Alert, fires[r.Alert], rests[r.Alert])
		}
		if !strings.Contains(told, "\n| "+r.Alert+" |") {
			t.Errorf("docs/metrics.md does not have %s", r.Alert)
		}
		if !strings.Contains(runbook, "\n### "+r.Alert+"\n") || r.Annotations["runbook"] != "docs/operations.md#"+strings.ToLower(r.Alert) {
			t.Errorf("docs/operations.md does not say what to do at %s, or is not where %q points", r.Alert, r.Annotations["runbook"])
		}
		if r.Labels["severity"] == "" || r.Annotations["summary"] == "" {
			t.Errorf("%s says %+v, %+v", r.Alert, r.Labels, r.Annotations)
		}
	}
}

// A manual installation has the same paths as the package.
func TestManualInstallHasThePathsOfThePackage(t *testing.T) {
	told := read(t, "../docs/deploy.md")
	paths := regexp.MustCompile(`-set '[^']*"/var/[^']*'`).FindAllString(read(t, "debian/postinst"), -1)
	if len(paths) < 4 {
		t.Errorf("postinst sets only %q", paths)
	}
	for _, path := range paths {
		if !strings.Contains(told, path) {
			t.Errorf("docs/deploy.md does not have %s", path)
		}
	}
}
