package icecast

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/icy"
	"relay/internal/logging"
	"relay/internal/netconn"
)

const (
	// watchEvery is the time between two reports of changes to a STATS client.
	watchEvery = time.Second
	// maxWatching bounds the STATS clients: a program that leaves its connections
	// open must not use up the descriptors.
	maxWatching = 10
)

// Watch answers Icecast's STATS method on a connection whose request head has been read:
// all facts, then each fact that changes, one a line (e2e/recorded/stats-method.txt). It
// returns when the client hangs up or is banned, or when its login is changed. It owns
// conn and closes it.
//
//	EVENT global|<mount> <name> <value>
//	INFO full list end
//	NEW <content type> <mount>
//	DELETE <mount>
func (h *Handlers) Watch(conn net.Conn, req *http.Request) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(watchEvery))
	config := h.Conf.Config()
	if err := h.Gate.Admin(req); err != nil {
		refusal := h.refusal(req, err)
		conn.SetDeadline(time.Now().Add(watchEvery))
		conn.Write(refusal.Answer(time.Now()))
		return
	}
	defer h.watching.Add(-1)
	if h.watching.Add(1) > maxWatching {
		conn.Write(icy.AppendRefusal(nil, http.StatusServiceUnavailable, "as many watch the statistics as may\r\n", time.Now(), http.Header{"Retry-After": {"10"}}))
		return
	}
	h.watched.Add(1)

	lines := icy.SourceAccepted // the same bare 200
	known := map[string][]element{}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		if c := h.Conf.Config(); c != config {
			if !h.Gate.StillAdmin(req) {
				h.Log.Info("STATS client disconnected: its login was changed", zap.Stringer("ip", netconn.Client(req)))
				return
			}
			config = c
		}
		if h.Gate.DeniesAddress(netconn.Client(req)) {
			h.Log.Debug("STATS client dismissed", zap.Stringer("ip", netconn.Client(req)), zap.Error(auth.ErrAddressDenied), logging.LimitPerClient(netconn.Client(req)))
			return
		}
		now := h.factsByOwner()
		changed := changes(known, now)
		if len(known) == 0 {
			changed += "INFO full list end\n"
		}
		known = now
		conn.SetDeadline(time.Now().Add(10 * watchEvery))
		if _, err := conn.Write([]byte(lines + changed)); err != nil {
			h.Log.Debug("STATS client left", zap.Error(err), logging.LimitPerClient(netconn.Client(req)))
			return
		}
		lines = ""
		if left := waitOrLeft(conn, tick.C); left {
			return
		}
	}
}

// waitOrLeft waits for the tick, and reports whether the client hung up before.
func waitOrLeft(conn net.Conn, tick <-chan time.Time) bool {
	conn.SetReadDeadline(time.Now().Add(watchEvery / 2))
	var ignored [64]byte
	for {
		_, err := conn.Read(ignored[:])
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
			break
		}
		if err != nil {
			return true
		}
	}
	<-tick
	return false
}

// globalFacts names the server where the others have the name of a mount.
const globalFacts = "global"

// factsByOwner returns the facts of each mount by its name, and those of the server by
// globalFacts.
func (h *Handlers) factsByOwner() map[string][]element {
	all := map[string][]element{globalFacts: h.serverFacts()}
	for _, m := range h.Registry.List() {
		all[m.Name] = h.mountFacts(m.Status())
	}
	return all
}

// sortedOwners returns the server first, then the mounts by name.
func sortedOwners(facts map[string][]element) []string {
	owners := slices.Sorted(maps.Keys(facts))
	if at := slices.Index(owners, globalFacts); at > 0 {
		owners = slices.Insert(slices.Delete(owners, at, at+1), 0, globalFacts)
	}
	return owners
}

// changes returns the lines that tell a STATS client of the difference between the facts
// before and now.
func changes(before, now map[string][]element) string {
	var lines strings.Builder
	for _, owner := range sortedOwners(before) {
		if _, stays := now[owner]; !stays {
			fmt.Fprintf(&lines, "DELETE %s\n", owner)
		}
	}
	for _, owner := range sortedOwners(now) {
		old := map[string]string{}
		for _, fact := range before[owner] {
			old[fact.Name] = fact.Text
		}
		if len(before) > 0 && before[owner] == nil {
			fmt.Fprintf(&lines, "NEW %s %s\n", typeOf(now[owner]), owner)
		}
		for _, fact := range now[owner] {
			if was, known := old[fact.Name]; !known || was != fact.Text {
				fmt.Fprintf(&lines, "EVENT %s %s %s\n", owner, fact.Name, oneLine.Replace(fact.Text))
			}
		}
	}
	return lines.String()
}

// typeOf returns the Content-Type among the facts of a mount.
func typeOf(facts []element) string {
	for _, fact := range facts {
		if fact.Name == "server_type" {
			return fact.Text
		}
	}
	return ""
}

// oneLine replaces line breaks, so that a fact stays on one line.
var oneLine = strings.NewReplacer("\r", " ", "\n", " ")
