package relay_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// imports returns what each package of this module imports of it, tests left out, by paths
// without the module's.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatalf("list the packages: %v", err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		paths := strings.Fields(line)
		name, isOurs := strings.CutPrefix(paths[0], "relay/")
		if !isOurs {
			continue
		}
		all[name] = nil
		for _, path := range paths[1:] {
			if imported, isOurs := strings.CutPrefix(path, "relay/"); isOurs {
				all[name] = append(all[name], imported)
			}
		}
	}
	return all
}

func architecture(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// isPartOf reports whether a package is one that a word of the page names: "web/*" is all
// below web, "ingest" is ingest and all below it.
func isPartOf(name, word string) bool {
	word = strings.TrimSuffix(word, "/*")
	return name == word || strings.HasPrefix(name, word+"/")
}

// Every package has a row in the table of docs/architecture.md, and every row a package.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	packages := imports(t)
	var rows []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z0-9/]+)` \\|").FindAllStringSubmatch(architecture(t), -1) {
		rows = append(rows, row[1])
	}
	for name := range packages {
		if !slices.ContainsFunc(rows, func(row string) bool { return isPartOf(name, row) }) {
			t.Errorf("package %s has no row", name)
		}
	}
	for _, row := range rows {
		if _, exists := packages[row]; !exists && row != "e2e" {
			t.Errorf("there is no package %s", row)
		}
	}
}

// The imports go along the arrows of docs/architecture.md.
func TestImportsFollowTheArrows(t *testing.T) {
	arrows := regexp.MustCompile(`(?m)^    (cmd/relay -> .*)$`).FindStringSubmatch(architecture(t))
	if arrows == nil {
		t.Fatal("docs/architecture.md has no line of arrows")
	}
	var lines [][]string // of words, from left to right
	for _, line := range strings.Split(arrows[1], " -> ") {
		lines = append(lines, strings.Split(line, ", "))
	}
	place := func(name string) int {
		return slices.IndexFunc(lines, func(words []string) bool {
			return slices.ContainsFunc(words, func(word string) bool { return isPartOf(name, word) })
		})
	}
	apart := []string{"ingest", "listeners", "recordings", "rewind"}
	area := func(name string) int {
		return slices.IndexFunc(apart, func(word string) bool { return isPartOf(name, word) })
	}
	checked := 0
	for name, imported := range imports(t) {
		from := place(name)
		for _, other := range imported {
			to := place(other)
			switch {
			case isPartOf(name, "internal") && !isPartOf(other, "internal") && other != "conf" && other != "icy":
				t.Errorf("%s imports %s: internal/* imports conf and icy at most", name, other)
			case from < 0 || to < 0: // conf, internal and what measures or tests
			case to < from:
				t.Errorf("%s imports %s, against the arrows", name, other)
			case area(name) >= 0 && area(other) >= 0 && area(name) != area(other):
				t.Errorf("%s imports %s: they meet in a mount", name, other)
			default:
				checked++
			}
		}
	}
	if checked == 0 {
		t.Error("no import goes along an arrow, so the page is not understood")
	}
}
