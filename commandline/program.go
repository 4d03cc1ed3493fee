// Package commandline is the command line of a program, declared once: it runs
// the command that was meant, and writes help, the manual page and the
// completions of shells from the same words.
//
//	in:   what the commands are called, take and do
//	out:  the work done, or text
package commandline

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// ErrUsage says that the command line was wrong; the sentence is already out.
var ErrUsage = errors.New("usage")

// Misuse is the error of a command that was given the wrong operands, as a
// sentence. Run writes it out and returns ErrUsage.
type Misuse string

func (m Misuse) Error() string { return string(m) }

// Program is a whole command line.
type Program struct {
	Name    string
	Purpose string // "a radio server"
	About   string // paragraphs, with an empty line between them
	// Commands are what the program can do. The first has no name: it is what
	// runs when none is named.
	Commands    []Command
	Environment []Entry
	Files       []Entry
	Signals     []Entry
	Statuses    []Entry // of the exit, by number
}

// Command is one thing a program does.
type Command struct {
	Name     string
	Aliases  []string // other words for it that are understood and not shown
	Operands string   // what follows the options, as a synopsis has it: "[FILE]"; empty: nothing may
	Files    bool     // those are files or folders
	Words    []string // or one of these
	Purpose  string   // "says which relay this is"
	About    string   // more, in paragraphs
	Examples []Entry  // whole command lines; the help of the program lists them all

	// Declare adds the command's options to flags and returns what the command
	// does once they are read. The value of an option is named in backquotes in
	// its usage; one named "file" is completed as such.
	Declare func(flags *flag.FlagSet) func(operands []string) error
}

// Entry is a name and what it stands for.
type Entry struct{ Name, Text string }

// Run does what args ask for. Help that is asked for is written to out, what is
// wrong with args to trouble.
func (p *Program) Run(args []string, out, trouble io.Writer) error {
	c, rest := p.meant(args)
	flags := flag.NewFlagSet(p.fullName(c), flag.ContinueOnError)
	flags.SetOutput(trouble)
	flags.Usage = func() {}
	do := c.Declare(flags)
	err := flags.Parse(rest)
	switch {
	case errors.Is(err, flag.ErrHelp) && c.Name == "":
		return p.WriteHelp(out)
	case errors.Is(err, flag.ErrHelp):
		return p.WriteCommandHelp(out, c.Name)
	case err == nil: // otherwise flags has said what is wrong
		if c.Operands == "" && flags.NArg() > 0 {
			err = Misuse(fmt.Sprintf("%q takes nothing more, and %q is left over", flags.Name(), flags.Arg(0)))
		} else {
			err = do(flags.Args())
		}
		var misuse Misuse
		if !errors.As(err, &misuse) {
			return err
		}
		fmt.Fprintf(trouble, "%s: %v\n", p.Name, misuse)
	}
	fmt.Fprintf(trouble, "%q shows what there is.\n", p.Name+" help")
	return ErrUsage
}

// meant returns the command that args begin with, and what follows it.
func (p *Program) meant(args []string) (*Command, []string) {
	if len(args) > 0 {
		if c := p.command(args[0]); c != nil {
			return c, args[1:]
		}
	}
	return &p.Commands[0], args
}

// command returns the command of a name, or nil.
func (p *Program) command(name string) *Command {
	for i := range p.Commands[1:] {
		c := &p.Commands[1+i]
		if c.Name == name {
			return c
		}
		for _, alias := range c.Aliases {
			if alias == name {
				return c
			}
		}
	}
	return nil
}

// Names are the names of the commands.
func (p *Program) Names() []string {
	var names []string
	for _, c := range p.Commands[1:] {
		names = append(names, c.Name)
	}
	return names
}

// fullName is how a command is called: "relay check".
func (p *Program) fullName(c *Command) string {
	if c.Name == "" {
		return p.Name
	}
	return p.Name + " " + c.Name
}

// option is one option of a command.
type option struct {
	name, value string // value is the name of what it takes; empty: nothing
	usage       string
	preset      string // what it is when it is not given; empty: nothing worth telling
}

// options lists those a command declares, by name.
func (c *Command) options() []option {
	flags := flag.NewFlagSet(c.Name, flag.ContinueOnError)
	c.Declare(flags)
	var list []option
	flags.VisitAll(func(f *flag.Flag) {
		o := option{name: f.Name}
		o.value, o.usage = flag.UnquoteUsage(f)
		if o.value != "" {
			o.preset = f.DefValue
		}
		list = append(list, o)
	})
	return list
}

// takesFile tells whether the value of an option is the name of a file.
func (o option) takesFile() bool { return o.value == "file" }
