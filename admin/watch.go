package admin

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
)

const (
	// watchEvery is how often a STATS client is told what has changed.
	watchEvery = time.Second
	// mostWatching bounds how many there are: a program that does not close what
	// it opens is not to use up the descriptors.
	mostWatching = 10
)

// Watch answers Icecast's STATS method on a connection whose request head has
// been read: all facts, then what changes, a line each, for as long as the
// client stays, is not kept out and its login holds (wire/stats-method.txt). It owns conn and
// closes it.
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
	defer h.Traffic.Watching.Add(-1)
	if h.Traffic.Watching.Add(1) > mostWatching {
		conn.Write(icy.AppendRefusal(nil, http.StatusServiceUnavailable, "as many watch the statistics as may\r\n", time.Now(), http.Header{"Retry-After": {"10"}}))
		return
	}
	h.Traffic.Stats.Add(1)

	lines := icy.SourceAccepted // the same bare 200
	known := map[string][]element{}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		if c := h.Conf.Config(); c != config {
			if !h.Gate.StillAdmin(req) {
				h.Log.Info("STATS client disconnected: its login was changed", zap.String("ip", ipOf(req)))
				return
			}
			config = c
		}
		if h.Gate.DeniesAddress(ipOf(req)) {
			h.Log.Debug("STATS client dismissed", zap.String("ip", ipOf(req)), zap.Error(auth.ErrAddressDenied), logging.LimitPerClient(ipOf(req)))
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
			h.Log.Debug("STATS client left", zap.Error(err), logging.LimitPerClient(ipOf(req)))
			return
		}
		lines = ""
		if left := waitOrLeft(conn, tick.C); left {
			return
		}
	}
}

// waitOrLeft waits for the tick and reports whether the client hung up before
// it.
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

// globalFacts is what stands for the server where mounts have their names.
const globalFacts = "global"

func (h *Handlers) factsByOwner() map[string][]element {
	all := map[string][]element{globalFacts: h.serverFacts()}
	for _, m := range h.Registry.List() {
		all[m.Name] = h.mountFacts(m.Status())
	}
	return all
}

// sortedOwners puts the server first, then the mounts by name.
func sortedOwners(facts map[string][]element) []string {
	owners := slices.Sorted(maps.Keys(facts))
	if at := slices.Index(owners, globalFacts); at > 0 {
		owners = slices.Insert(slices.Delete(owners, at, at+1), 0, globalFacts)
	}
	return owners
}

// changes says in lines what has become of the facts.
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
			fmt.Fprintf(&lines, "NEW audio/mpeg %s\n", owner)
		}
		for _, fact := range now[owner] {
			if was, known := old[fact.Name]; !known || was != fact.Text {
				fmt.Fprintf(&lines, "EVENT %s %s %s\n", owner, fact.Name, oneLine.Replace(fact.Text))
			}
		}
	}
	return lines.String()
}

// oneLine keeps a fact from breaking its line.
var oneLine = strings.NewReplacer("\r", " ", "\n", " ")
