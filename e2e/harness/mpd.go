package harness

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
)

// MPD is a Music Player Daemon that plays a stream into a program until the test ends.
type MPD struct {
	*exec.Cmd
	host, port string
}

// PlayMPD starts one. A shell runs the command, whose input is samples of 16 bits at
// 44.1 kHz.
func PlayMPD(t testing.TB, url string, channels int, command string) *MPD {
	t.Helper()
	home := ShortHome(t)
	m := &MPD{}
	m.host, m.port, _ = net.SplitHostPort(FreePort(t))
	m.Cmd = exec.Command(Program(t, "mpd"), "--no-daemon", "--stderr", WriteFile(t, "mpd.conf", fmt.Sprintf(`
bind_to_address "%s"
port "%s"
playlist_directory "%s"
zeroconf_enabled "no"
audio_output {
	type "pipe"
	name "sound"
	command "%s"
	format "44100:16:%d"
}`, m.host, m.port, home, command, channels)))
	m.Env, m.Dir = AtHome(home), home
	KeepRunning(t, m.Cmd)
	for _, order := range [][]string{{"add", url}, {"play"}} {
		Eventually(t, "MPD to "+strings.Join(order, " "), func() bool { _, err := m.Tell(t, order...); return err == nil })
	}
	return m
}

// Tell runs mpc, and returns what it prints.
func (m *MPD) Tell(t testing.TB, order ...string) (string, error) {
	t.Helper()
	out, err := exec.Command(Program(t, "mpc"), append([]string{"-q", "-h", m.host, "-p", m.port}, order...)...).Output()
	return strings.TrimSpace(string(out)), err
}
