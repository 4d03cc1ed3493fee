package harness

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Icecast is a running icecast2 that relays pull from.
type Icecast struct {
	Relay // for its address, and for its clients
	cmd   *exec.Cmd
	out   Buffer
	ended chan struct{} // closed when the process has ended
}

// StartIcecast runs icecast2 at an address. It is killed when the test ends. Its logins
// are those of Config; relays log in with "relaypass".
func StartIcecast(t testing.TB, addr string) *Icecast {
	t.Helper()
	owner := "" // it refuses to run as root, and then changes to the user nobody
	if os.Getuid() == 0 {
		owner = "<changeowner><user>nobody</user><group>nogroup</group></changeowner>"
	}
	host, port, _ := net.SplitHostPort(addr)
	config := WriteFile(t, "icecast.xml", fmt.Sprintf(`<icecast><location>e2e</location><admin>a@b.example</admin>
<authentication><source-password>hackme</source-password><relay-password>relaypass</relay-password><admin-user>admin</admin-user><admin-password>adminpass</admin-password></authentication>
<hostname>localhost</hostname><listen-socket><port>%s</port><bind-address>%s</bind-address></listen-socket>
<paths><basedir>/</basedir><logdir>/tmp</logdir><webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot></paths>
<logging><accesslog>-</accesslog><errorlog>-</errorlog><loglevel>3</loglevel></logging>
<security><chroot>0</chroot>%s</security></icecast>`, port, host, owner))
	i := &Icecast{}
	i.Addr, i.SourcePassword, i.AdminPassword = addr, "hackme", "adminpass"
	i.run(t, config)
	t.Cleanup(func() {
		i.Kill()
		if t.Failed() {
			t.Logf("icecast2 said:\n%s", Tail(i.out.String(), 30))
		}
	})
	// Icecast may crash if a client connects before its statistics thread runs;
	// server_start shows that it does. In that case it is started again.
	Eventually(t, "icecast2", func() bool {
		select {
		case <-i.ended:
			i.run(t, config)
		default:
		}
		answer, err := http.Get(i.URL("/status-json.xsl"))
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		return strings.Contains(string(text), "server_start")
	})
	return i
}

// run starts the process.
func (i *Icecast) run(t testing.TB, config string) {
	t.Helper()
	cmd, ended := exec.Command(Program(t, "icecast2"), "-c", config), make(chan struct{})
	cmd.Stdout, cmd.Stderr = &i.out, &i.out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(ended)
		cmd.Wait()
	}()
	i.cmd, i.ended = cmd, ended
}

// Kill ends icecast2 by SIGKILL, if it has not been ended already.
func (i *Icecast) Kill() {
	i.cmd.Process.Kill()
	<-i.ended
}

// OnAir connects an encoder that plays in real time until the test or the server
// ends. Its frames are numbered from first.
func (i *Icecast) OnAir(t testing.TB, mount string, first uint64) *Encoder {
	t.Helper()
	e := i.Encode(t, mount, "ice-name: Elsewhere")
	e.Sent = first - 1
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	go e.Play(stop)
	return e
}

// Title sets the title of a mount.
func (i *Icecast) Title(t testing.TB, mount, title string) {
	t.Helper()
	Eventually(t, "the title to be taken", func() bool {
		status, _, _ := i.Request(t, "GET", "/admin/metadata?mode=updinfo&mount="+mount+"&song="+title, "source", "hackme")
		return status == 200
	})
}
