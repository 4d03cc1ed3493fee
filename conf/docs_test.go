package conf

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Every configuration in the documents is valid.
func TestDocumentedConfigurations(t *testing.T) {
	files, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, file := range append(files, "../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllSubmatch(text, -1) {
			shown++
			if _, err := Parse(filepath.Base(file), block[1]); err != nil {
				t.Errorf("%v", err)
			}
		}
	}
	if shown < 3 {
		t.Errorf("%d configurations are shown: the documents are read wrongly", shown)
	}
}
