package faults

import (
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"relay/e2e/harness"
)

// deadAddress occupies a port at an address of this machine so that no connection can
// be made: the queue is full, and further connections are not even refused.
func deadAddress(t *testing.T, ip [4]byte, port int) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: ip, Port: port}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		waiting, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { syscall.Close(waiting) })
		syscall.SetNonblock(waiting, true)
		syscall.Connect(waiting, &syscall.SockaddrInet4{Addr: ip, Port: port})
	}
}

// An upstream with ten addresses, nine of which are dead, is pulled all the same.
func TestDeadAddressesOfAnUpstream(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("host names can be replaced on Linux alone")
	}
	upstream := harness.Start(t, harness.Config)
	upstream.Broadcast(t, "/live", dj)
	harness.Eventually(t, "the source", func() bool { return upstream.Source(t, "/live").BitRate == 128 })
	_, port, _ := net.SplitHostPort(upstream.Addr)
	number := 0
	fmt.Sscan(port, &number)
	hosts := "127.0.0.1 localhost\n"
	for i := 2; i <= 10; i++ { // they come before the one that answers
		deadAddress(t, [4]byte{127, 0, 0, byte(i)}, number)
		hosts += fmt.Sprintf("127.0.0.%d radio.test\n", i)
	}
	hosts += "127.0.0.1 radio.test\n"

	toml := harness.Config + "[[relay]]\nurl = 'http://radio.test:" + port + "/live'\nmount = '/relayed'\n"
	const script = `mount --bind "$0" /etc/hosts && exec "$@"`
	if out, err := exec.Command("unshare", "-m", "sh", "-c", strings.TrimSuffix(script, ` && exec "$@"`), harness.WriteFile(t, "hosts", hosts)).CombinedOutput(); err != nil {
		harness.Missing(t, "hosts cannot be given names: %v %s", err, out)
	}
	r := harness.Launch(t, exec.Command("unshare", "-m", "sh", "-c", script, harness.WriteFile(t, "hosts", hosts),
		harness.Binary, "-c", harness.WriteFile(t, "relay.toml", toml)))
	says(t, r, "relay connected", 1)
	if strings.Contains(r.Log.String(), "relay has no stream") {
		t.Errorf("the first attempt has failed:\n%s", r.Log.String())
	}
	crowd := r.Gather(t, "/relayed", crowd)
	crowd.Hears(t, dj)
}
