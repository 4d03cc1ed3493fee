package commandline

import (
	"fmt"
	"io"
	"strings"
)

// Shells are those that WriteCompletion knows.
var Shells = []string{"bash", "zsh", "fish"}

// WriteCompletion writes what a shell needs to complete the command line.
func (p *Program) WriteCompletion(w io.Writer, shell string) error {
	var text string
	switch shell {
	case "bash":
		text = p.bash()
	case "zsh":
		text = p.zsh()
	case "fish":
		text = p.fish()
	default:
		return fmt.Errorf("no completion for %q; there is one for %s", shell, strings.Join(Shells, ", "))
	}
	_, err := io.WriteString(w, text)
	return err
}

// quoted is a text as one word of any of these shells.
func quoted(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// origin says where a completion comes from.
func (p *Program) origin(shell string) string {
	return fmt.Sprintf("# Completes %s; written by \"%s completion %s\".\n", p.Name, p.Name, shell)
}
