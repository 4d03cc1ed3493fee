package icecast

import (
	"strings"
	"testing"

	"relay/conf"
)

// lines returns the lines of the TOML for the content of <icecast>, without the first
// two lines and empty ones, and with single blanks.
func lines(t *testing.T, inside string) []string {
	t.Helper()
	c, err := Parse("icecast.xml", []byte("<icecast>"+inside+"</icecast>"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conf.Parse("relay.toml", c.TOML()); err != nil {
		t.Errorf("%v\nin\n%s", err, c.TOML())
	}
	var all []string
	for line := range strings.Lines(asBuilt(string(c.TOML()))) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all[2:]
}

// conversions are pieces of XML and the lines of TOML they must give.
type conversions []struct{ inside, want string }

func (all conversions) check(t *testing.T) {
	t.Helper()
	for _, c := range all {
		got := strings.Join(lines(t, c.inside), "\n")
		if got != strings.TrimSpace(c.want) {
			t.Errorf("%s\n got\n%s\nwant\n%s", c.inside, got, c.want)
		}
	}
}

// notes returns the note at the end about an element without a counterpart.
func notes(shown, why string) string {
	return "# Settings without a counterpart:\n#\n# line 1: " + shown + "\n# " + why
}

func TestServer(t *testing.T) {
	conversions{
		{"", ""},
		{"<hostname>localhost</hostname><location>Earth</location>", ""},
		{"<hostname> radio.example\n</hostname>", "[server]\nhostname = \"radio.example\""},
		{"<location>A \"quoted\\ place\"</location>", "[server]\nlocation = \"A \\\"quoted\\\\ place\\\"\""},
		{"<location>a\n  b\u0085c\u0090</location>", "[server]\nlocation = \"a b c\""},
		{"<admin>a@b.example</admin>", "[server]\nadmin_email = \"a@b.example\""},
		{"<fileserve>1</fileserve>", notes("<fileserve>1</fileserve>", "relay serves its streams and its own pages; leave files to a web server")},
		{"<what a='b'>ever</what>", notes(`<what a="b">ever</what>`, "relay does not know this element")},
		{"<location>x</location><location>Earth</location>", notes("<location>x</location>", "is repeated on line 1, and the last one counts")},
		{"<paths><x-forwarded-for>10.0.0.1</x-forwarded-for><x-forwarded-for>proxy</x-forwarded-for></paths>",
			"[server]\ntrusted_proxies = [\"10.0.0.1\"]\n" + notes("<x-forwarded-for>proxy</x-forwarded-for>", "is not an IP address, as server.trusted_proxies requires")},
	}.check(t)
}

func TestSockets(t *testing.T) {
	const certificate = "<paths><ssl-certificate>/a.pem</ssl-certificate></paths>"
	conversions{
		{"<listen-socket><port>8000</port></listen-socket>", ""},
		{"<listen-socket><port>80</port></listen-socket><listen-socket><port>8000</port><bind-address>::1</bind-address></listen-socket>",
			"[server]\nlisten = [\":80\", \"[::1]:8000\"]"},
		{"<listen-socket><port>80</port></listen-socket><listen-socket><port>80</port></listen-socket>", "[server]\nlisten = [\":80\"]"},
		{"<port>9000</port><bind-address>127.0.0.1</bind-address>", "[server]\nlisten = [\"127.0.0.1:9000\"]"},
		{"<listen-socket><shoutcast-mount>/stream</shoutcast-mount></listen-socket>", "[server]\nshoutcast_listen = \":8001\""},
		{"<listen-socket><port>7000</port><shoutcast-mount>/sc</shoutcast-mount></listen-socket>",
			"[server]\nlisten = [\":7000\"]\nshoutcast_listen = \":7001\"\nshoutcast_mount = \"/sc\""},
		{"<shoutcast-mount>/sc</shoutcast-mount><listen-socket><port>8001</port><shoutcast-compat>1</shoutcast-compat></listen-socket><listen-socket><port>8000</port></listen-socket>",
			"[server]\nshoutcast_listen = \":8001\"\nshoutcast_mount = \"/sc\""},
		{"<listen-socket><shoutcast-mount>/a</shoutcast-mount></listen-socket><listen-socket><port>8001</port></listen-socket>",
			"[server]\nlisten = [\":8000\", \":8001\"]\nshoutcast_mount = \"/a\""},
		{"<listen-socket><shoutcast-mount>/a</shoutcast-mount></listen-socket><listen-socket><port>9000</port><shoutcast-mount>/b</shoutcast-mount></listen-socket>",
			"[server]\nlisten = [\":8000\", \":9000\", \":9001\"]\nshoutcast_listen = \":8001\"\nshoutcast_mount = \"/a\"\n" +
				notes("<shoutcast-mount>/b</shoutcast-mount>", "SHOUTcast sources go to /a; a password such as /b:PASSWORD selects another mount")},
		{"<listen-socket><port>443</port><ssl>1</ssl></listen-socket>" + certificate,
			"[server]\nlisten = []\n[tls]\nlisten = [\":443\"]\ncert_file = \"/a.pem\"\nkey_file = \"/a.pem\""},
		{"<paths><ssl-certificate>/a.crt</ssl-certificate><ssl-private-key>/a.key</ssl-private-key></paths>",
			"[tls]\ncert_file = \"/a.crt\"\nkey_file = \"/a.key\""},
		{"<listen-socket><port>8000</port></listen-socket><listen-socket><port>443</port><ssl>yes</ssl></listen-socket>", `
[tls]
# listen = [":443"] # there is no ssl-certificate, without which Icecast does not speak TLS either
# line 1: <listen-socket><port>443</port><ssl>yes</ssl></listen-socket>
# needs tls.cert_file and tls.key_file; remove the comment sign once they are set`},
	}.check(t)
}

func TestLimits(t *testing.T) {
	conversions{
		{`<limits><clients>20000</clients><sources>100</sources><queue-size>524288</queue-size><client-timeout>30</client-timeout>
			<header-timeout>15</header-timeout><source-timeout>10</source-timeout><burst-on-connect>1</burst-on-connect><burst-size>65535</burst-size></limits>`, ""},
		{`<limits><clients>7</clients><sources>3</sources><queue-size>102400</queue-size><client-timeout>60</client-timeout></limits>
			<limits><header-timeout>90</header-timeout><source-timeout>3600</source-timeout><burst-size>1024</burst-size></limits>`, `
[limits]
listeners = 7
sources = 3
header_timeout = "1m30s"
source_timeout = "1h"
listener_timeout = "1m"
burst = "1KiB"
buffer = "100KiB"`},
		{"<limits><burst-on-connect>0</burst-on-connect></limits>", "[limits]\nburst = \"0\""},
		{"<limits><burst-on-connect>0</burst-on-connect>\n<burst-size>1000</burst-size></limits>", "[limits]\nburst = \"1KB\""},
		{"<limits><queue-size>2k</queue-size></limits>", "[limits]\nbuffer = \"64KiB\" # as large as burst, since older data cannot be sent (line 1)"},
		{"<limits><burst-size>1m</burst-size></limits>", "[limits]\nburst = \"1MB\"\nbuffer = \"1MB\" # as large as burst, since older data cannot be sent (line 1)"},
		{"<limits><queue-size>10s</queue-size></limits>", "[limits]\n# line 1: <queue-size>10s</queue-size>\n# is not a number of bytes; relay's default applies"},
		{"<limits><sources>none</sources></limits>", "[limits]\n# line 1: <sources>none</sources>\n# is not a valid number; relay's default applies"},
		{"<limits><source-timeout>0</source-timeout></limits>", "[limits]\n# line 1: <source-timeout>0</source-timeout>\n# is not a valid number of seconds; relay's default applies"},
		{"<limits><max-listeners>0</max-listeners><clients>12</clients></limits>", "[limits]\nlisteners = 12"},
		{"<limits><max-listeners>10</max-listeners><clients>12</clients></limits>",
			"[limits]\nlisteners = 10\n" + notes("<clients>12</clients>", "max-listeners limits the listeners")},
	}.check(t)
}

func TestLogins(t *testing.T) {
	conversions{
		{"<authentication><source-password> a\tb </source-password><relay-user>relay</relay-user></authentication>", "[auth]\nsource_password = \" a\\tb \""},
		{"<source-password>old</source-password>", "[auth]\nsource_password = \"old\""},
		{"<authentication><admin-user>boss</admin-user><admin-password>x</admin-password><relay-user>r</relay-user><relay-password>y</relay-password></authentication>",
			"[auth]\nadmin_user = \"boss\"\nadmin_password = \"x\"\nrelay_user = \"r\"\nrelay_password = \"y\""},
		{"<authentication><source-password>hackme</source-password></authentication>",
			"[auth]\nsource_password = \"hackme\" # the password of Icecast's sample file, which everybody knows: change it"},
	}.check(t)
}

func TestLog(t *testing.T) {
	const dir = "<paths><logdir>/var/log</logdir></paths>"
	conversions{
		{"<logging><loglevel>3</loglevel></logging>", ""},
		{"<logging><loglevel>4</loglevel></logging>", "[log]\nlevel = \"debug\""},
		{"<logging><loglevel>2</loglevel></logging>", "[log]\nlevel = \"warn\""},
		{"<logging><loglevel>1</loglevel></logging>", "[log]\nlevel = \"error\""},
		{"<logging><loglevel>error</loglevel></logging>", "[log]\nlevel = \"error\""},
		{"<logging><errorlog><name>-</name><level>4</level></errorlog></logging>", "[log]\nlevel = \"debug\""},
		{"<logging><errorlog>/dev/stderr</errorlog></logging>", ""},
		{dir + "<logging><accesslog>a.log</accesslog><playlistlog>/p.log</playlistlog></logging>", "[log]\naccess_file = \"/var/log/a.log\"\nplaylist_file = \"/p.log\""},
		{dir + "<logging><accesslog>a.log</accesslog><logsize>102400</logsize><logarchive>0</logarchive></logging>", "[log]\naccess_file = \"/var/log/a.log\"\nrotate_keep = 1"},
		{dir + "<logging><accesslog>a.log</accesslog><logsize>2048</logsize><logarchive>1</logarchive></logging>", "[log]\naccess_file = \"/var/log/a.log\"\nrotate_size = \"2MiB\"\nrotate_keep = 0"},
		{dir + "<logging><accesslog>a.log</accesslog><logsize>10</logsize></logging>", "[log]\naccess_file = \"/var/log/a.log\"\nrotate_size = \"1MiB\" # the minimum, in place of 10 KiB"},
		{"<directory><yp-url>http://a/</yp-url></directory><directory><yp-url>http://b/</yp-url></directory>", "[directory]\nurls = [\"http://a/\", \"http://b/\"]"},
	}.check(t)
}

func TestRelays(t *testing.T) {
	conversions{
		{"<relay><server>a.example</server><port>80</port><mount>/x y</mount><local-mount>/x y</local-mount></relay>", "[[relay]]\nurl = \"http://a.example:80/x%20y\""},
		{"<relay><server>::1</server><mount>/a?b=c</mount><local-mount>/d</local-mount><on-demand>1</on-demand><username>u</username><password>p</password></relay>",
			"[[relay]]\nurl = \"http://[::1]:8000/a?b=c\"\nmount = \"/d\"\non_demand = true\nuser = \"u\"\npassword = \"p\""},
		{"<relays-on-demand>1</relays-on-demand><relay><server>a</server><mount>/b</mount></relay><relay><server>a</server><mount>/c</mount><on-demand>0</on-demand></relay>",
			"[[relay]]\nurl = \"http://a:8000/b\"\non_demand = true\n[[relay]]\nurl = \"http://a:8000/c\""},
		{"<relay><server>a</server><mount>/b</mount></relay><relay><server>c</server><mount>/b</mount></relay>",
			"[[relay]]\nurl = \"http://a:8000/b\"\n" + notes("<relay><server>c</server><mount>/b</mount></relay>", "/b is already pulled by the relay on line 1; a mount can have only one")},
		{"<relay><mount>/b</mount></relay>", notes("<relay><mount>/b</mount></relay>", "names no server to pull from")},
		{"<relay><server>a</server></relay>", notes("<relay><server>a</server></relay>", `its mount "" must start with "/", such as "/live"; give it a local-mount`)},
		{"<master-server>m</master-server><master-server-port>8001</master-server-port><master-update-interval>30</master-update-interval><master-username>x</master-username><master-password>y</master-password>",
			"[master]\nurl = \"http://m:8001\"\nuser = \"x\"\npassword = \"y\"\ninterval = \"30s\""},
		{"<master><server>m</server><interval>120</interval></master>", "[master]\nurl = \"http://m:8000\""},
		{"<master-update-interval>30</master-update-interval>", ""},
	}.check(t)
}

func TestBans(t *testing.T) {
	conversions{
		{"<paths><deny-ip>/etc/bans</deny-ip></paths>", "[auth]\ndeny_ips_file = \"/etc/bans\""},
		{"<paths><ban-file>bans</ban-file></paths>", "[auth]\ndeny_ips_file = \"bans\""},
		{"<paths><deny-agents>/etc/agents</deny-agents></paths>", "[auth]\ndeny_agents_file = \"/etc/agents\""},
		{"<paths><deny-ip></deny-ip></paths>", ""},
	}.check(t)
}
