package encode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// encoderTime is how long an encoder may take to stop.
const encoderTime = 2 * time.Second

// A process is a running encoder program: audio goes into stdin and comes out of stdout.
type process struct {
	stdin  *os.File // nil: the command has an input of its own
	stdout io.Reader

	cmd  *exec.Cmd
	said tail
}

// start starts an encoder program. The caller closes stdin, if there
// is one, and calls wait; the context
// of the command ends the program.
func start(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd}
	cmd.Stderr = &p.said
	cmd.WaitDelay = encoderTime
	if cmd.Stdin == nil {
		stdin, err := cmd.StdinPipe()
		if err != nil {
			return nil, err
		}
		p.stdin = stdin.(*os.File)
	}
	var err error
	if p.stdout, err = cmd.StdoutPipe(); err == nil {
		if err = cmd.Start(); err == nil {
			return p, nil
		}
		err = fmt.Errorf("cannot start the encoder: %w", err)
	}
	if p.stdin != nil {
		p.stdin.Close()
	}
	return nil, err
}

// wait waits for the end of the program and returns why it ended. All of its output
// must have been read, or its context be done.
func (p *process) wait() error {
	ended := p.cmd.Wait()
	switch {
	case p.said.String() != "":
		return fmt.Errorf("it said: %s", p.said.String())
	case ended != nil:
		return ended
	}
	return errEnded
}

// errEnded means that a program ended without an error.
var errEnded = errors.New("it stopped by itself")

// tail keeps the last bytes of the encoder's error output, for the log.
type tail struct{ last []byte }

func (t *tail) Write(b []byte) (int, error) {
	const enough = 300
	t.last = append(t.last, b...)
	if len(t.last) > enough {
		t.last = append(t.last[:0], t.last[len(t.last)-enough:]...)
	}
	return len(b), nil
}

// lastLine returns the last line, in which programs say why they end.
func (t *tail) lastLine() string {
	said := t.String()
	return said[strings.LastIndexByte(said, '\n')+1:]
}

func (t *tail) String() string {
	return strings.ReplaceAll(string(bytes.TrimSpace(t.last)), fileInput+": ", "")
}
