package icecast

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"relay/conf"
)

// readMaster reads the server whose mounts are all pulled, from the top level of an
// icecast.xml or from icecast-kh's <master>.
func (c *Config) readMaster() {
	in, t := c.root.section("master"), c.master
	server := c.either(in, "server", "master-server")
	port := c.either(in, "port", "master-server-port")
	user := c.either(in, "username", "master-username")
	password := c.either(in, "password", "master-password")
	interval := c.either(in, "interval", "master-update-interval")
	if e := c.root.take("relays-on-demand"); e.word() != "" && server != nil && e.flag() {
		c.lose(Lost, e, reasons["on-demand"].why)
	}
	if server.word() == "" {
		return // the other settings have no effect without it
	}
	t.set("url", "http://"+hostAndPort(server, port), server)
	t.setText("user", user)
	t.setSecret("password", password)
	t.setSeconds("interval", interval)
}

// either takes an element by its name inside <master> or, if it is missing, by its name
// at the top level.
func (c *Config) either(master *element, inside, top string) *element {
	if e := c.root.take(top); e != nil {
		return cmp.Or(master.take(inside), e)
	}
	return master.take(inside)
}

// readRelays reads the mounts that are pulled from other servers.
func (c *Config) readRelays() {
	onDemand := c.root.take("relays-on-demand")
	seen := make(map[string]int)
	for _, e := range c.root.takeAll("relay") {
		if t, local := c.readRelay(e, onDemand); t == nil {
			e.takeWhole()
		} else if line, twice := seen[local]; twice {
			c.lose(Lost, e, fmt.Sprintf("%s is already pulled by the relay on line %d; a mount can have only one", local, line))
			e.takeWhole()
		} else {
			seen[local] = e.line
			t.notes = c.leftBelow(e, t.notes)
			slices.SortStableFunc(t.notes, byLine)
			c.relays = append(c.relays, t)
		}
	}
}

// readRelay reads a <relay> and returns its table and mount. The table is nil if relay
// cannot pull it.
func (c *Config) readRelay(e, onDemand *element) (*table, string) {
	t := &table{name: "relay", array: true, from: e}
	// icecast-kh tries several masters; relay uses the first one.
	at := e
	for i, master := range append(e.takeAll("master"), e.takeAll("host")...) {
		if i == 0 {
			at = master
		} else {
			t.lose(master, "relay pulls a mount from one server; give its host name several addresses in the DNS instead")
			master.takeWhole()
		}
	}
	pick := func(names ...string) *element {
		outer := e.take(names...)
		return cmp.Or(at.take(names...), outer)
	}
	server := pick("server", "ip")
	if server.word() == "" {
		c.lose(Lost, e, "names no server to pull from")
		return nil, ""
	}
	mount := pick("mount")
	path, query, _ := strings.Cut(mount.word(), "?")
	local := e.take("local-mount").word()
	if local == "" {
		local = path
	}
	if err := conf.CheckMountName(local); err != nil {
		c.lose(Lost, e, fmt.Sprintf("its mount %q %v; give it a local-mount", local, err))
		return nil, ""
	}
	if enabled := e.take("enable"); enabled != nil && !enabled.flag() {
		c.lose(Lost, e, "is switched off, and is left out")
		return nil, ""
	}
	note := ""
	if path == "" || path == "/" {
		path, note = "/;", "where SHOUTcast servers have what is on their /"
	}
	from := url.URL{Scheme: "http", Host: hostAndPort(server, pick("port")), Path: path, RawQuery: query}
	t.set("url", from.String(), cmp.Or(server, mount))
	t.remark("url", note)
	if local != path {
		t.set("mount", local, e)
	}
	if own := e.take("on-demand"); own != nil {
		onDemand = own
	}
	t.setFlag("on_demand", onDemand)
	t.setText("user", e.take("username"))
	t.setSecret("password", e.take("password"))
	for _, name := range []string{"relay-shoutcast-metadata", "relay-icy-metadata"} {
		if titles := e.take(name); titles != nil && !titles.flag() {
			t.lose(titles, reasons[name].why)
		}
	}
	return t, local
}

// hostAndPort returns the address of another server.
func hostAndPort(server, port *element) string {
	n, ok := port.number()
	if !ok || n <= 0 {
		n = 8000
	}
	return net.JoinHostPort(strings.Trim(server.word(), "[]"), strconv.Itoa(n))
}
