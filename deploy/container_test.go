package deploy

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"relay/internal/interlude"
)

// container is a relay in Docker, as docker-compose.yml runs it.
type container struct {
	name, image, volume string
	base                string // URL, without a slash at the end
	source, admin       string // passwords, as the log has them
}

// needDocker skips a test where no Docker engine answers, also where everything must be
// there: an engine cannot be installed everywhere.
func needDocker(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("docker", "info").CombinedOutput(); err != nil {
		t.Skipf("no Docker engine answers (docker info: %v): %s", err, bytes.TrimSpace(out))
	}
}

// docker runs a command and returns what it prints.
func docker(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// newImage builds the last stage of the Dockerfile, which begins from scratch, of what
// its first stage would hand over: that one begins with an image from the internet.
func newImage(t *testing.T) (name string) {
	t.Helper()
	file := read(t, "../Dockerfile")
	stages := strings.Split(file, "\nFROM ")
	last := "FROM " + strings.ReplaceAll(stages[len(stages)-1], "--from=build ", "")
	if !strings.HasPrefix(last, "FROM scratch\n") {
		t.Fatalf("the last stage is\n%s", last)
	}
	dir := t.TempDir()
	for _, m := range regexp.MustCompile(`(?m)^COPY (?:--\S+ )*(\S+) \S+$`).FindAllStringSubmatch(last, -1) {
		path := filepath.Join(dir, m[1])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		switch m[1] {
		case "/relay":
			buildAsDockerfile(t, path, "0.0.1", "")
		case "/data":
			if err := os.Mkdir(path, 0o755); err != nil {
				t.Fatal(err)
			}
		default:
			if err := os.WriteFile(path, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(last), 0o644); err != nil {
		t.Fatal(err)
	}
	name = fmt.Sprintf("relay-test-%d", os.Getpid())
	t.Cleanup(func() { docker(t, "image", "rm", "--force", name) })
	docker(t, "build", "--tag", name, dir)
	return name
}

// newContainer makes a container with a volume, and starts it.
func newContainer(t *testing.T, image, name, volume string, options ...string) *container {
	t.Helper()
	args := append([]string{"run", "--detach", "--name", name, "--volume", volume + ":/data", "--publish", "127.0.0.1::8000",
		"--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true"}, options...)
	t.Cleanup(func() { exec.Command("docker", "rm", "--force", name).Run() })
	docker(t, append(args, image)...)
	c := &container{name: name, image: image, volume: volume}
	c.read(t)
	return c
}

// read waits until the container is on the air, and reads its address and the passwords
// that it has printed last.
func (c *container) read(t *testing.T) {
	t.Helper()
	eventually(t, c.name+" answers", func() bool {
		out, err := exec.Command("docker", "port", c.name, "8000/tcp").Output()
		if err != nil {
			return false
		}
		address, _, _ := strings.Cut(string(out), "\n")
		c.base = "http://" + address
		answer, err := http.Get(c.base + "/healthz")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	printed := docker(t, "logs", c.name)
	passwords := regexp.MustCompile(`user (source|admin)   password (\S+)   \(kept in /data\)`).FindAllStringSubmatch(printed, -1)
	if len(passwords) < 2 {
		t.Fatalf("there are no passwords in the log:\n%s", printed)
	}
	c.source, c.admin = passwords[len(passwords)-2][2], passwords[len(passwords)-1][2]
}

// ask asks the API for something, as the operator, and returns what it answers.
func (c *container) ask(t *testing.T, method, path, body string) string {
	t.Helper()
	req, err := http.NewRequest(method, c.base+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("admin", c.admin)
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 300 {
		t.Errorf("%s %s: %s, %v\n%s", method, path, answer.Status, err, text)
	}
	return string(text)
}

// send sends music as the DJ, with a title, until the title is in the history.
func (c *container) send(t *testing.T, title string) {
	t.Helper()
	source, err := net.Dial("tcp", strings.TrimPrefix(c.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	login := base64.StdEncoding.EncodeToString([]byte("source:" + c.source))
	fmt.Fprintf(source, "SOURCE /live HTTP/1.0\r\nAuthorization: Basic %s\r\nContent-Type: audio/mpeg\r\n\r\n", login)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for chunk := range slices.Chunk(interlude.MP3, 8<<10) { // half a second each
			if _, err := source.Write(chunk); err != nil {
				return
			}
			time.Sleep(250 * time.Millisecond)
		}
	}()
	defer func() { source.Close(); <-ended }()
	eventually(t, "the DJ is on the air", func() bool { return strings.Contains(c.ask(t, "GET", "/mounts/live", ""), `"state":"live"`) })
	c.ask(t, "PUT", "/mounts/live/title", `{"title": "`+title+`"}`)
	heard := regexp.MustCompile(`"title":"` + title + `"[^}]*"seconds":[1-9]`)
	eventually(t, title+" is in the history", func() bool { return heard.MatchString(c.ask(t, "GET", "/reports/titles", "")) })
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for began := time.Now(); !condition(); time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("never: %s", what)
		}
	}
}

// Without a configuration, the volume keeps what a restart must not forget: passwords,
// history, bans, and the mounts that the operator has made. A container that is made
// anew, as for an upgrade, finds it there too.
func TestContainerKeepsItsData(t *testing.T) {
	needDocker(t)
	image := newImage(t)
	volume := docker(t, "volume", "create")
	t.Cleanup(func() { docker(t, "volume", "rm", "--force", volume) })
	c := newContainer(t, image, image+"-first", volume)
	if c.source == c.admin {
		t.Error("both passwords are the same")
	}
	docker(t, "exec", c.name, "/relay", "health")
	c.send(t, "Kept - By the volume")
	c.ask(t, "POST", "/bans", `{"address": "192.0.2.7"}`)
	c.ask(t, "POST", "/bans", `{"address": "192.0.2.8", "seconds": 86400}`)
	c.ask(t, "PUT", "/mounts/late", `{"title": "Late show"}`)
	c.ask(t, "PATCH", "/mounts/live", `{"description": "All day"}`)

	holds := func(t *testing.T, c *container, source, admin string) {
		t.Helper()
		if c.source != source || c.admin != admin {
			t.Errorf("the passwords are %q and %q, and were %q and %q", c.source, c.admin, source, admin)
		}
		for path, wants := range map[string][]string{
			"/reports/titles": {"Kept - By the volume"},
			"/bans":           {"192.0.2.7", "192.0.2.8"},
			"/mounts/late":    {"Late show"},
			"/mounts/live":    {"All day"},
		} {
			got := c.ask(t, "GET", path, "")
			for _, want := range wants {
				if !strings.Contains(got, want) {
					t.Errorf("%q is not in %s:\n%s", want, path, got)
				}
			}
		}
		var configuration struct{ File string }
		if text := c.ask(t, "GET", "/configuration", ""); json.Unmarshal([]byte(text), &configuration) != nil || configuration.File != "/data/relay.toml" {
			t.Errorf("the configuration is %s", text)
		}
		answer, err := http.Get(c.base + "/live")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if _, err := io.ReadFull(answer.Body, make([]byte, 4096)); err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("/live: %s, %v", answer.Status, err)
		}
	}
	holds(t, c, c.source, c.admin)
	source, admin := c.source, c.admin

	docker(t, "restart", c.name)
	c.read(t)
	holds(t, c, source, admin)

	docker(t, "kill", c.name) // as a machine that loses its power
	docker(t, "rm", "--force", c.name)
	again := newContainer(t, image, image+"-again", volume)
	holds(t, again, source, admin)
	again.ask(t, "DELETE", "/bans/192.0.2.7", "")
	again.ask(t, "DELETE", "/mounts/late", "")
	docker(t, "restart", again.name)
	again.read(t)
	if got := again.ask(t, "GET", "/bans", ""); strings.Contains(got, "192.0.2.7") || !strings.Contains(got, "192.0.2.8") {
		t.Errorf("the bans are %s", got)
	}
	if got := again.ask(t, "GET", "/mounts", ""); strings.Contains(got, "Late show") {
		t.Errorf("the mount that was removed is back:\n%s", got)
	}
}
