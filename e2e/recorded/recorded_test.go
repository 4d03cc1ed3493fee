package recorded

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every exchange that a comment or a document cites exists under that name.
func TestCitations(t *testing.T) {
	const root = "../.."
	citation := regexp.MustCompile(`\b(?:wire|recorded)/[\w*.-]+\.txt`)
	cited := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" && filepath.Ext(path) != ".md" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, name := range citation.FindAllString(string(text), -1) {
			cited++
			found, err := filepath.Glob(filepath.Join(root, "e2e", name))
			if err != nil || len(found) == 0 {
				t.Errorf("%s cites %s, which is not in e2e/recorded", strings.TrimPrefix(path, root+"/"), name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if cited == 0 {
		t.Error("found no citation, so the pattern is out of date")
	}
}
