package admin

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"relay/e2e/harness"
)

// documented returns the curl commands of a document, each on one line and without
// redirections of its output.
func documented(text string) (commands []string) {
	text = strings.ReplaceAll(text, "\\\n", " ")
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1) {
		for line := range strings.SplitSeq(block[1], "\n") {
			line = strings.TrimSpace(line)
			if !strings.HasPrefix(line, "curl ") {
				continue
			}
			line, _, _ = strings.Cut(line, " | ")
			line, _, _ = strings.Cut(line, "  #")
			commands = append(commands, line)
		}
	}
	return commands
}

func TestDocumentedCommandsAreFound(t *testing.T) {
	const text = "Text with curl.\n```sh\ncurl a   # why\n\ncurl -u b \\\n  'c' | jq .\n```\n- x\n\n  ```sh\n  curl d\n  ```\n```toml\ncurl e\n```\n"
	got := documented(text)
	if want := []string{"curl a ", "curl -u b    'c'", "curl d"}; fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Every curl command in the documents works: those of each document, in their order,
// on a server with a source on /live.
func TestDocumentedCommands(t *testing.T) {
	t.Parallel()
	harness.Program(t, "curl")
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, file := range append(files, "../../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		commands := documented(string(text))
		if len(commands) == 0 {
			continue
		}
		shown += len(commands)
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			runDocumented(t, commands)
		})
	}
	if shown < 10 {
		t.Errorf("only %d commands are shown: the documents are read wrongly", shown)
	}
}

func runDocumented(t *testing.T, commands []string) {
	music := t.TempDir()
	harness.MusicFile(t, music, "One.mp3")
	harness.MusicFile(t, music, "Two.mp3")
	r := harness.Start(t, strings.Replace(harness.Config, "[log]", "api_tokens = ['a-token-of-some-length']\n[log]", 1)+
		"[[mount]]\nname = '/live'\ngrace = '0s'\n[mount.files]\npaths = ['"+music+"']\n[[mount]]\nname = '/other'\n")
	stop := make(chan struct{})
	defer close(stop)
	go r.Encode(t, "/other").Play(stop)
	replace := strings.NewReplacer("http://localhost:8000", "http://"+r.Addr, "admin:PASSWORD", "admin:"+r.AdminPassword,
		"source:PASSWORD", "source:"+r.SourcePassword, "-su ADMIN", "-su admin:"+r.AdminPassword)
	for _, command := range commands {
		// The next command needs a source, which the last one may have disconnected.
		// Commands about AutoDJ need the music that plays without one.
		wanted := "live"
		if strings.Contains(command, "/admin/skip") || strings.Contains(command, "/admin/queue") {
			wanted = "files"
		} else if state(r, t) != wanted {
			live := r.Encode(t, "/live")
			go live.Play(stop)
		}
		harness.Eventually(t, "/live plays", func() bool { return state(r, t) == wanted })
		run := exec.Command("sh", "-c", replace.Replace(command)+" -s -o /dev/null -w '%{http_code}'")
		run.Env = append(os.Environ(), "TOKEN=a-token-of-some-length")
		out, err := run.CombinedOutput()
		if err != nil || len(out) != 3 || out[0] != '2' {
			t.Errorf("%s\nanswers %s, %v", command, out, err)
		}
		if strings.Contains(command, "DELETE") {
			harness.Eventually(t, "the source to be kicked", func() bool { return state(r, t) != "live" })
		}
	}
}

// state returns the kind of the input that is on the air at /live.
func state(r *harness.Relay, t testing.TB) string {
	_, _, body := r.Get(t, "/api/v1/status")
	match := regexp.MustCompile(`"name":"/live".*?"state":"(\w+)"`).FindStringSubmatch(body)
	if match == nil {
		return ""
	}
	return match[1]
}
