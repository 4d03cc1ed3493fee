package main

import (
	"cmp"
	"fmt"
	"math/bits"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// tried is how many inputs found by Go's fuzzer are considered, and largest their
// maximum size in bytes: people read the corpus too.
const (
	tried   = 150
	largest = 4 << 10
)

// A feature is a block of code and the number of its runs, as a power of two.
type feature struct {
	block string
	often int
}

// keep adds those inputs found for the target to its corpus that have features of their
// own, the smallest first.
func (t target) keep(most int) error {
	dir, err := goTells("list", "-f", "{{.Dir}}", t.pkg)
	if err != nil {
		return err
	}
	cache, err := goTells("env", "GOCACHE")
	if err != nil {
		return err
	}
	found := smallest(filepath.Join(cache, "fuzz", t.pkg, t.name))
	if len(found) == 0 {
		return nil
	}
	work, err := os.MkdirTemp("", "fuzz-keep-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	m := meter{binary: filepath.Join(work, "test"), profile: filepath.Join(work, "profile"), dir: dir}
	if err := m.build(t.pkg); err != nil {
		return err
	}
	seen, err := m.features("^" + t.name + "$") // of the seeds and the corpus
	if err != nil {
		return err
	}
	corpus := filepath.Join(dir, "testdata", "fuzz", t.name)
	if err := os.MkdirAll(corpus, 0o755); err != nil {
		return err
	}
	defer os.Remove(corpus) // succeeds if it is still empty
	kept := 0
	for _, path := range found {
		if kept == most {
			break
		}
		name := filepath.Base(path)
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		there := filepath.Join(corpus, name)
		if err := os.WriteFile(there, text, 0o644); err != nil {
			return err
		}
		reached, err := m.features("^" + t.name + "$/^" + name + "$")
		if err != nil {
			return err
		}
		before := len(seen)
		for f := range reached {
			seen[f] = true
		}
		if len(seen) == before {
			os.Remove(there)
			continue
		}
		kept++
	}
	fmt.Printf("kept: %d of %d looked at\n", kept, len(found))
	return nil
}

// smallest returns the paths of some files in a folder, the smallest first.
func smallest(dir string) (paths []string) {
	type file struct {
		path string
		size int64
	}
	var files []file
	entries, _ := os.ReadDir(dir) // missing if nothing was found
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Size() <= largest {
			files = append(files, file{filepath.Join(dir, e.Name()), info.Size()})
		}
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Or(cmp.Compare(a.size, b.size), cmp.Compare(a.path, b.path)) })
	for _, f := range files[:min(len(files), tried)] {
		paths = append(paths, f.path)
	}
	return paths
}

// meter measures which code the tests of a package reach.
type meter struct{ binary, profile, dir string }

func (m meter) build(pkg string) error {
	_, err := goTells("test", "-c", "-covermode", "count", "-o", m.binary, pkg)
	return err
}

// features returns the features that the matching tests reach.
func (m meter) features(tests string) (map[feature]bool, error) {
	run := exec.Command(m.binary, "-test.run", tests, "-test.coverprofile", m.profile)
	run.Dir = m.dir
	if out, err := run.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", tests, err, out)
	}
	text, err := os.ReadFile(m.profile)
	if err != nil {
		return nil, err
	}
	reached := map[feature]bool{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line) // file:from,to statements count
		if len(fields) != 3 {
			continue // the first line
		}
		if n, err := strconv.ParseUint(fields[2], 10, 64); err == nil && n > 0 {
			reached[feature{fields[0], bits.Len64(n)}] = true
		}
	}
	return reached, nil
}

// goTells returns the output of the go command.
func goTells(args ...string) (string, error) {
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}
