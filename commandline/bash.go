package commandline

import (
	"fmt"
	"strings"
)

func (p *Program) bash() string {
	var b strings.Builder
	b.WriteString(p.origin("bash"))
	fmt.Fprintf(&b, `_%s() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= words= files=
  if [ "$COMP_CWORD" -gt 1 ]; then
    case ${COMP_WORDS[1]} in
    %s) command=${COMP_WORDS[1]} ;;
    esac
  fi
  case "$command $before" in
`, p.Name, strings.Join(p.Names(), "|"))
	for _, c := range p.Commands {
		for _, o := range c.options() {
			switch {
			case o.takesFile():
				fmt.Fprintf(&b, "  %q) files=yes ;;\n", c.Name+" -"+o.name)
			case o.value != "":
				fmt.Fprintf(&b, "  %q) return ;;\n", c.Name+" -"+o.name)
			}
		}
	}
	b.WriteString("  *)\n    case $command in\n")
	for _, c := range p.Commands {
		words := append([]string{}, c.Words...)
		for _, o := range c.options() {
			words = append(words, "-"+o.name)
		}
		files := ""
		if c.Files {
			files = " files=yes"
		}
		if c.Name == "" {
			fmt.Fprintf(&b, "    '') words=%s%s\n", quoted(strings.Join(words, " ")), files)
			fmt.Fprintf(&b, "      [ \"$COMP_CWORD\" -gt 1 ] || words+=%s ;;\n", quoted(" "+strings.Join(p.Names(), " ")))
			continue
		}
		fmt.Fprintf(&b, "    %s) words=%s%s ;;\n", c.Name, quoted(strings.Join(words, " ")), files)
	}
	fmt.Fprintf(&b, `    esac ;;
  esac
  COMPREPLY=()
  [ -z "$words" ] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  if [ -n "$files" ]; then
    compopt -o filenames 2>/dev/null
    local found
    mapfile -t found < <(compgen -f -- "$word")
    COMPREPLY+=("${found[@]}")
  fi
}
complete -F _%[1]s %[1]s
`, p.Name)
	return b.String()
}
