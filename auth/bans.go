package auth

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/disk"
)

const (
	banFilesEvery = 2 * time.Second // how often the files are looked at
	maxBanFile    = 4 << 20         // bytes
)

// Why somebody is kept out, for the operator.
var (
	ErrAddressDenied = errors.New("its address is one of those in auth.deny_ips")
	ErrAgentDenied   = errors.New("its program is one of those in auth.deny_agents")
)

// AddressDenied is what those are told whose address is denied.
const AddressDenied = "Your address may not use this server\r\n"

// bans are those who are kept out: lists of the configuration and of files,
// which are read again when they change.
type bans struct {
	conf *conf.Live
	log  *zap.Logger

	addresses, agents banFile
	inForce           atomic.Pointer[banned]
	changed           chan struct{} // has a value after a change
}

// banned are both lists at one moment. They are never changed.
type banned struct {
	addresses addressSet
	agents    *agentPatterns
}

// banFile is a file with a line for each entry, as it was last read.
type banFile struct {
	path    string
	info    os.FileInfo // nil: it could not be read
	failure string
	lines   []banLine
}

// banLine is a line that says something.
type banLine struct {
	number int // from 1
	text   string
}

func newBans(c *conf.Live) *bans {
	b := &bans{conf: c, log: zap.NewNop(), changed: make(chan struct{}, 1)}
	b.inForce.Store(&banned{addressSet{}, newAgentPatterns(nil)})
	return b
}

// run follows the configuration and the files until ctx ends. It reads the files
// anew first, now that there is a log for what is wrong with them.
func (b *bans) run(ctx context.Context) {
	changes, stop := b.conf.Watch()
	defer stop()
	look := time.NewTicker(banFilesEvery)
	defer look.Stop()
	b.addresses, b.agents = banFile{}, banFile{}
	b.refresh(true)
	for {
		select {
		case <-changes:
			b.refresh(true)
		case <-look.C:
			b.refresh(false)
		case <-ctx.Done():
			return
		}
	}
}

// refresh puts the lists in force as they are now. It is for one goroutine at a
// time; again is false when the configuration is the same as before.
func (b *bans) refresh(again bool) {
	c := b.conf.Config().Auth
	changed := b.addresses.reread(c.DenyIPsFile, b.log)
	changed = b.agents.reread(c.DenyAgentsFile, b.log) || changed
	if !changed && !again {
		return
	}
	now := &banned{addresses: addressSet{}}
	for _, n := range c.DenyIPs {
		now.addresses.add(n.Prefix)
	}
	problems := 0
	for _, line := range b.addresses.lines {
		network, err := conf.ParseNetwork(line.text)
		if err == nil {
			now.addresses.add(network.Prefix)
			continue
		}
		if problems++; changed && problems <= maxProblems {
			b.log.Warn("line skipped", zap.String("file", b.addresses.path), zap.Int("line", line.number), zap.String("problem", err.Error()))
		}
	}
	patterns := slices.Clone(c.DenyAgents)
	for _, line := range b.agents.lines {
		patterns = append(patterns, line.text)
	}
	now.agents = newAgentPatterns(patterns)
	b.inForce.Store(now)
	if changed {
		b.log.Info("who is kept out", zap.Int("addresses", now.addresses.count()), zap.Int("agents", now.agents.count))
	}
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// reread reads the file if it has changed, or is another than before. While a
// file cannot be read, what it held stays.
func (f *banFile) reread(path string, log *zap.Logger) (changed bool) {
	if path != f.path {
		changed = len(f.lines) > 0
		*f = banFile{path: path}
	}
	if path == "" {
		return changed
	}
	was := f.info
	read, err := disk.Look("read", path, filePatience, func() (*banFile, error) { return readBans(path, was) })
	if err != nil {
		if reason := reasonOf(err).Error(); reason != f.failure {
			log.Error("the list of those who are kept out cannot be read: what was read of it last stays",
				zap.String("file", path), zap.String("problem", reason))
			f.failure = reason
		}
		f.info = nil
		return changed
	}
	if read == nil {
		return changed
	}
	*f = *read
	return true
}

// readBans reads a file, or returns nil if it is as it was.
func readBans(path string, was os.FileInfo) (*banFile, error) {
	info, err := os.Stat(path)
	if err != nil || was != nil && sameContent(info, was) {
		return nil, err
	}
	text, err := readSmall(path, maxBanFile)
	if err != nil {
		return nil, err
	}
	return &banFile{path: path, info: info, lines: parseBanLines(text)}, nil
}

// sameContent tells whether a file has not been touched between two looks.
func sameContent(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

// parseBanLines returns the lines of a file that say something: Icecast's
// deny-ip and deny-agents have one entry on each, and "#" in front of comments.
func parseBanLines(text []byte) []banLine {
	var lines []banLine
	number := 0
	for line := range bytes.Lines(bytes.TrimPrefix(text, []byte("\ufeff"))) {
		number++
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			lines = append(lines, banLine{number, string(line)})
		}
	}
	return lines
}

// addressSet is networks by the number of their leading bits, so that it takes
// no longer to look one up when there are very many.
type addressSet map[addressKind]map[netip.Prefix]struct{}

type addressKind struct{ length, bits int }

func kindOf(p netip.Prefix) addressKind { return addressKind{p.Addr().BitLen(), p.Bits()} }

func (s addressSet) add(p netip.Prefix) {
	kind := kindOf(p)
	if s[kind] == nil {
		s[kind] = map[netip.Prefix]struct{}{}
	}
	s[kind][p] = struct{}{}
}

func (s addressSet) has(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for kind, networks := range s {
		if kind.length != addr.BitLen() {
			continue
		}
		p, _ := addr.Prefix(kind.bits)
		if _, in := networks[p]; in {
			return true
		}
	}
	return false
}

func (s addressSet) count() (n int) {
	for _, networks := range s {
		n += len(networks)
	}
	return n
}

// DeniesAddress tells whether an IP address is to be answered nothing.
func (g *Gate) DeniesAddress(ip string) bool {
	now := g.bans.inForce.Load()
	if len(now.addresses) == 0 {
		return false
	}
	addr, err := netip.ParseAddr(ip)
	return err == nil && now.addresses.has(addr)
}

// DeniesAgent tells whether a program of this User-Agent may not listen.
func (g *Gate) DeniesAgent(agent string) bool { return g.bans.inForce.Load().agents.match(agent) }

// BansChanged has a value when others may be kept out than before: those who
// are connected have not been asked again.
func (g *Gate) BansChanged() <-chan struct{} { return g.bans.changed }
