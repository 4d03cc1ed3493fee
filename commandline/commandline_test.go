package commandline

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// oven is a program with one of everything.
func oven(did *[]string) *Program {
	return &Program{
		Name:    "oven",
		Purpose: "bakes",
		About:   "An oven. It is hot.\n\n.Bread is baked 'in' it, and \\ stays.",
		Commands: []Command{
			{
				Operands: "[LOAF ...]",
				Files:    true,
				Purpose:  "bakes loaves",
				Examples: []Entry{{"oven rye.loaf", "bakes one"}},
				Declare: func(flags *flag.FlagSet) func([]string) error {
					recipe := flags.String("c", "", "the recipe's `file`")
					heat := flags.Int("heat", 220, "`degrees` it's [at least] hot: always")
					return func(loaves []string) error {
						*did = append([]string{"bake", *recipe}, loaves...)
						if *heat > 300 {
							return errors.New("burnt")
						}
						return nil
					}
				},
			},
			{
				Name:     "clean",
				Aliases:  []string{"--clean"},
				Operands: "top | bottom",
				Words:    []string{"top", "bottom"},
				Purpose:  "cleans the oven",
				About:    "Wait until it is cold.",
				Declare: func(flags *flag.FlagSet) func([]string) error {
					flags.Bool("wet", false, "with water")
					return func(where []string) error {
						*did = append([]string{"clean"}, where...)
						return nil
					}
				},
			},
		},
		Environment: []Entry{{"OVEN_COLOUR_AND_A_LONG_NAME", "its colour"}},
		Signals:     []Entry{{"HUP", "let steam out"}},
		Statuses:    []Entry{{"0", "baked"}},
	}
}

func TestRun(t *testing.T) {
	tests := []struct {
		args    string
		did     string
		err     string
		out     string // among what is written
		trouble string
	}{
		{args: "", did: "bake "},
		{args: "-c x a b", did: "bake x a b"},
		{args: "clean", did: "clean"},
		{args: "--clean -wet top", did: "clean top"},
		{args: "a clean", did: "bake  a clean"},
		{args: "-heat 301", did: "bake ", err: "burnt"},
		{args: "-heat warm", err: "usage", trouble: `"oven help" shows what there is.`},
		{args: "clean -dry", err: "usage", trouble: "-dry"},
		{args: "-h", out: "oven, bakes"},
		{args: "clean -help", out: "Wait until it is cold."},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			var did []string
			var out, trouble bytes.Buffer
			err := oven(&did).Run(strings.Fields(tt.args), &out, &trouble)
			if got := strings.Join(did, " "); got != tt.did {
				t.Errorf("did %q, want %q", got, tt.did)
			}
			if err == nil && tt.err != "" || err != nil && err.Error() != tt.err {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			if !strings.Contains(out.String(), tt.out) || tt.out == "" && out.Len() > 0 {
				t.Errorf("wrote %q, want %q", out.String(), tt.out)
			}
			if !strings.Contains(trouble.String(), tt.trouble) || tt.trouble == "" && trouble.Len() > 0 {
				t.Errorf("complained %q, want %q", trouble.String(), tt.trouble)
			}
		})
	}
}

const helpOfClean = `oven clean cleans the oven

  oven clean [-wet] top | bottom

Wait until it is cold.

Options:
  -wet                      with water
`

func TestCommandHelp(t *testing.T) {
	var did []string
	var out bytes.Buffer
	if err := oven(&did).WriteCommandHelp(&out, "clean"); err != nil || out.String() != helpOfClean {
		t.Errorf("%v\n%s", err, out.String())
	}
	err := oven(&did).WriteCommandHelp(&out, "fry")
	if err == nil || err.Error() != `there is no command "fry"; there are clean` {
		t.Errorf("got %v", err)
	}
}

func TestManualIsWellFormed(t *testing.T) {
	var did []string
	var page bytes.Buffer
	if err := oven(&did).WriteManual(&page, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{".Dd March 1, 2026\n", ".Op Fl heat Ar degrees\n", ".It Ev OVEN_COLOUR_AND_A_LONG_NAME\n",
		"\n\\&.Bread is baked 'in' it, and \\e stays.\n", ".Ss clean\n", "Unless given: 220.\n"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("%q is not in\n%s", want, page.String())
		}
	}
	for _, lint := range [][]string{{"mandoc", "-T", "lint"}, {"man", "-l", "--warnings", "-"}} {
		cmd := exec.Command(program(t, lint[0]), lint[1:]...)
		cmd.Stdin = bytes.NewReader(page.Bytes())
		var trouble bytes.Buffer
		cmd.Stderr = &trouble
		out, err := cmd.Output()
		if lint[0] == "mandoc" {
			trouble.Write(out)
		}
		if err != nil || trouble.Len() > 0 {
			t.Errorf("%v: %v\n%s", lint, err, trouble.String())
		}
	}
}

// program returns the path of a program. Without it the test is skipped, or
// fails where everything must be there.
func program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("RELAY_E2E_REQUIRE") != "" {
		t.Fatal(err)
	} else if err != nil {
		t.Skip(err)
	}
	return path
}

// What each shell offers behind a beginning of a command line.
func TestCompletions(t *testing.T) {
	ask := map[string][]string{
		"bash": {"-c", `source "$1"; COMP_WORDS=($2); [[ $2 == *" " ]] && COMP_WORDS+=(""); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _oven; printf '%s\n' "${COMPREPLY[@]}"`, "-"},
		"fish": {"-N", "-c", `source $argv[1]; complete -C $argv[2]`},
	}
	tests := []struct {
		line       string
		want, fish []string // fish offers options only after a dash
	}{
		{"oven cl", []string{"clean"}, nil},
		{"oven clean ", []string{"-wet", "bottom", "top"}, []string{"bottom", "top"}},
		{"oven clean t", []string{"top"}, nil},
		{"oven -c r", []string{"recipe.txt", "rye.loaf"}, nil},
		{"oven -heat r", nil, nil},
		{"oven ry", []string{"rye.loaf"}, nil},
		{"oven -he", []string{"-heat"}, nil},
	}
	for shell, command := range ask {
		t.Run(shell, func(t *testing.T) {
			path := program(t, shell)
			dir := t.TempDir()
			for _, name := range []string{"rye.loaf", "recipe.txt"} {
				if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			script := completionFor(t, shell)
			for _, tt := range tests {
				cmd := exec.Command(path, append(command, script, tt.line)...)
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("%s: %v\n%s", tt.line, err, out)
				}
				var got []string
				for line := range strings.Lines(string(out)) {
					if word, _, _ := strings.Cut(strings.TrimSpace(line), "\t"); word != "" {
						got = append(got, word)
					}
				}
				want := tt.want
				if shell == "fish" && tt.fish != nil {
					want = tt.fish
				}
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("%q: got %q, want %q", tt.line, got, want)
				}
			}
		})
	}
}

// zsh completes only at a terminal; that it reads the script is seen without.
func TestZshReadsItsCompletion(t *testing.T) {
	out, err := exec.Command(program(t, "zsh"), "-f", "-c", `autoload -U compinit; compinit -D; source "$1"; print $_comps[oven]; functions _oven >/dev/null`,
		"-", completionFor(t, "zsh")).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "_oven" {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestCompletionForAnotherShell(t *testing.T) {
	var did []string
	err := oven(&did).WriteCompletion(&bytes.Buffer{}, "csh")
	if err == nil || err.Error() != `no completion for "csh"; there is one for bash, zsh, fish` {
		t.Errorf("got %v", err)
	}
}

// completionFor writes the completion to a file.
func completionFor(t *testing.T, shell string) string {
	t.Helper()
	var did []string
	var text bytes.Buffer
	if err := oven(&did).WriteCompletion(&text, shell); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "oven."+shell)
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
