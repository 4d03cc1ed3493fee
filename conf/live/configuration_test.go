package live

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"relay/conf"
)

func read(name string, text []byte) (*conf.Config, []byte, error) {
	c, err := conf.Parse(name, text)
	return c, text, err
}

// opened returns the configuration of a file with this text.
func opened(t *testing.T, text string) (*Configuration, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "relay.toml")
	write(t, file, text)
	s, err := Open(file, read)
	if err != nil {
		t.Fatal(err)
	}
	return s, file
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
}

func textOf(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// retitled returns a change of a mount's title.
func retitled(title string) func(map[string]any, bool) (map[string]any, error) {
	return func(table map[string]any, _ bool) (map[string]any, error) {
		table["title"] = title
		return table, nil
	}
}

func TestReloadIsAppliedWholeOrNotAtAll(t *testing.T) {
	s, file := opened(t, "[[mount]]\nname = '/live'\ntitle = 'One'\n")
	before := s.Live.Config()
	write(t, file, "[[mount]]\nname = '/live'\ntitle = 'Two'\n[limits]\nburst = '-1'\n")
	_, err := s.Reload()
	var problem *conf.Error
	if !errors.As(err, &problem) || problem.Line != 5 || problem.Key != "limits.burst" {
		t.Errorf("got %v, want an error of line 5, limits.burst", err)
	}
	if s.Live.Config() != before {
		t.Error("a broken file has taken effect")
	}
	write(t, file, "[server]\nlisten = [':9000']\n[[mount]]\nname = '/live'\ntitle = 'Two'\n")
	outcome, err := s.Reload()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(outcome.Changed)
	if want := []string{"mount[/live].title", "server.listen"}; !slices.Equal(outcome.Changed, want) {
		t.Errorf("changed %q, want %q", outcome.Changed, want)
	}
	if want := []string{"server.listen"}; !slices.Equal(outcome.RestartNeeded, want) || !slices.Equal(s.RestartNeeded(), want) {
		t.Errorf("restart needed for %q, want %q", outcome.RestartNeeded, want)
	}
	if got := s.Live.Config().Mount("/live").Title; got != "Two" {
		t.Errorf("the title is %q", got)
	}
	if outcome, err = s.Reload(); err != nil || len(outcome.Changed) > 0 || len(outcome.RestartNeeded) != 1 {
		t.Errorf("the same file again: %+v, %v", outcome, err)
	}
}

func TestReloadWithoutTheFile(t *testing.T) {
	s, file := opened(t, "")
	os.Remove(file)
	if _, err := s.Reload(); err == nil || !strings.Contains(err.Error(), "cannot be read: no such file") {
		t.Errorf("got %v", err)
	}
}

func TestMountsAreSavedInTheFile(t *testing.T) {
	const head = "# ours\n[auth]\nadmin_password = 'secret'\n"
	s, file := opened(t, head)
	link := filepath.Join(t.TempDir(), "link.toml")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	s.file = link
	outcome, err := s.ChangeMount("/live", func(table map[string]any, declared bool) (map[string]any, error) {
		if declared {
			t.Error("/live is said to be declared")
		}
		return map[string]any{"title": "One", "max_listeners": int64(7)}, nil
	})
	if err != nil || !outcome.Saved {
		t.Fatal(outcome, err)
	}
	const declared = head + "\n[[mount]]\nname = \"/live\"\ntitle = \"One\"\nmax_listeners = 7\n"
	if got := textOf(t, file); got != declared {
		t.Errorf("the file is\n%s", got)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link is no link any more")
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if got := s.Live.Config().Mount("/live").MaxListeners; got != 7 {
		t.Errorf("max_listeners is %d", got)
	}
	if strings.Contains(s.TOML(), "secret") {
		t.Errorf("shown with its secret:\n%s", s.TOML())
	}
	if _, err := s.ChangeMount("/live", retitled("Two")); err != nil {
		t.Fatal(err)
	}
	if table, ok := s.Mount("/live"); !ok || table["title"] != "Two" || table["max_listeners"] != int64(7) {
		t.Errorf("the mount is %v", table)
	}
	if _, err := s.RemoveMount("/live"); err != nil {
		t.Fatal(err)
	}
	if got := textOf(t, file); got != head {
		t.Errorf("the file is\n%s", got)
	}
	if _, err := s.RemoveMount("/live"); !errors.Is(err, ErrNoMount) {
		t.Errorf("removed twice: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Dir(file) + "/.relay-*"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestAWrongMountChangesNothing(t *testing.T) {
	s, file := opened(t, "# empty\n")
	before := s.Live.Config()
	_, err := s.ChangeMount("/live", func(map[string]any, bool) (map[string]any, error) {
		return map[string]any{"max_listeners": int64(-1)}, nil
	})
	var problem *conf.Error
	if !errors.As(err, &problem) || problem.Key != "mount.max_listeners" {
		t.Errorf("got %v", err)
	}
	refused := errors.New("no")
	if _, err := s.ChangeMount("/live", func(map[string]any, bool) (map[string]any, error) { return nil, refused }); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	if got := textOf(t, file); got != "# empty\n" || s.Live.Config() != before {
		t.Errorf("the file is %q", got)
	}
}

// Text that somebody has written into the file since it was read takes effect with the
// change. A faulty file is not changed.
func TestAChangeKeepsWhatWasWrittenMeanwhile(t *testing.T) {
	s, file := opened(t, "")
	write(t, file, "[server]\nlocation = 'Mars'\n")
	if _, err := s.ChangeMount("/live", retitled("One")); err != nil {
		t.Fatal(err)
	}
	if c := s.Live.Config(); c.Server.Location != "Mars" || c.Mount("/live").Title != "One" {
		t.Errorf("%q on %q", c.Mount("/live").Title, c.Server.Location)
	}
	write(t, file, "[serve]\n")
	if _, err := s.ChangeMount("/live", retitled("Two")); err == nil {
		t.Error("a broken file was changed")
	}
	if got := textOf(t, file); got != "[serve]\n" {
		t.Errorf("the file is %q", got)
	}
}

func TestWithoutAFileMountsLiveInMemory(t *testing.T) {
	s, err := Open("", read)
	if err != nil {
		t.Fatal(err)
	}
	outcome, err := s.ChangeMount("/live", retitled("One"))
	if err != nil || outcome.Saved {
		t.Fatal(outcome, err)
	}
	if _, err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	if got := s.Live.Config().Mount("/live").Title; got != "One" {
		t.Errorf("the title is %q", got)
	}
}

func TestAnIcecastFileIsNotWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "icecast.xml")
	write(t, file, "<icecast/>")
	s, err := Open(file, func(name string, _ []byte) (*conf.Config, []byte, error) {
		c, err := conf.Parse(name, nil)
		return c, []byte("# made\n"), err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ChangeMount("/live", retitled("One")); !errors.Is(err, ErrForeign) {
		t.Errorf("got %v", err)
	}
	if s.TOML() != "# made\n" {
		t.Errorf("shown as %q", s.TOML())
	}
}
