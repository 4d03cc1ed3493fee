package relays

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"relay/e2e/harness"
)

// icecastServer is a running icecast2, to pull from.
type icecastServer struct {
	harness.Relay // for its address, and for clients
	cmd           *exec.Cmd
	out           harness.Buffer
	ended         chan struct{} // closed when the process has
}

// startIcecast runs icecast2 at an address. It logs to its standard error, so
// that it needs no folder; as root, which it refuses, it becomes nobody.
func startIcecast(t testing.TB, addr string) *icecastServer {
	t.Helper()
	owner := ""
	if os.Getuid() == 0 {
		owner = "<changeowner><user>nobody</user><group>nogroup</group></changeowner>"
	}
	host, port, _ := net.SplitHostPort(addr)
	config := harness.WriteFile(t, "icecast.xml", fmt.Sprintf(`<icecast><location>e2e</location><admin>a@b.example</admin>
<authentication><source-password>hackme</source-password><relay-password>relaypass</relay-password><admin-user>admin</admin-user><admin-password>adminpass</admin-password></authentication>
<hostname>localhost</hostname><listen-socket><port>%s</port><bind-address>%s</bind-address></listen-socket>
<paths><basedir>/</basedir><logdir>/tmp</logdir><webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot></paths>
<logging><accesslog>-</accesslog><errorlog>-</errorlog><loglevel>3</loglevel></logging>
<security><chroot>0</chroot>%s</security></icecast>`, port, host, owner))
	i := &icecastServer{}
	i.Addr, i.SourcePassword, i.AdminPassword = addr, "hackme", "adminpass"
	i.run(t, config)
	t.Cleanup(func() {
		i.kill()
		if t.Failed() {
			t.Logf("icecast2 said:\n%s", harness.Tail(i.out.String(), 30))
		}
	})
	// Icecast may crash when it is connected to before its thread of statistics
	// runs, of which server_start is the first word. It is started again then.
	harness.Eventually(t, "icecast2", func() bool {
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
func (i *icecastServer) run(t testing.TB, config string) {
	t.Helper()
	cmd, ended := exec.Command(harness.Program(t, "icecast2"), "-c", config), make(chan struct{})
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

// kill ends icecast2 without a goodbye. Once is enough.
func (i *icecastServer) kill() {
	i.cmd.Process.Kill()
	<-i.ended
}

// onAir connects an encoder that plays in real time until the test or the
// server ends, its frames numbered from first on.
func (i *icecastServer) onAir(t testing.TB, mount string, first uint64) *harness.Encoder {
	t.Helper()
	e := i.Encode(t, mount, "ice-name: Elsewhere")
	e.Sent = first - 1
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	go e.Play(stop)
	return e
}

// title sets what a mount plays.
func (i *icecastServer) title(t testing.TB, mount, title string) {
	t.Helper()
	harness.Eventually(t, "the title to be taken", func() bool {
		status, _, _ := i.Request(t, "GET", "/admin/metadata?mode=updinfo&mount="+mount+"&song="+title, "source", "hackme")
		return status == 200
	})
}
