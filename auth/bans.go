package auth

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relay/conf"
	"relay/internal/disk"
	"relay/internal/logging"
)

const (
	banFilesEvery   = 2 * time.Second // how often the files are looked at
	banFilePatience = 2 * time.Second // for the disk of a file
	maxBanFile      = 4 << 20         // bytes
	maxBanProblems  = 10              // broken lines of a file that are logged
)

// Reasons why a client is denied, for the operator.
var (
	ErrAddressDenied = errors.New("its address is one of those in auth.deny_ips")
	ErrAgentDenied   = errors.New("its program is one of those in auth.deny_agents")
)

// AddressDenied is the answer to a client whose address is denied.
const AddressDenied = "Your address may not use this server\r\n"

// bans are the denied addresses and agents: lists of the configuration and of files, which
// are read again when they change.
type bans struct {
	conf *conf.Live
	log  *zap.Logger

	editing sync.Mutex // held while a ban is made or lifted
	mu      sync.Mutex

	addresses, agents banFile // guarded by mu
	byHand            []Ban   // bans by operators, if there is no file for them; guarded by mu
	inForce           atomic.Pointer[banned]
	changed           chan struct{} // has a value after a change
	edited            chan struct{} // has a value after an operator's change, for run
	held              logging.Held  // lines logged under mu
}

// banned holds both lists at one moment. It is never changed.
type banned struct {
	list      []Ban     // of addresses
	ends      time.Time // when the first of them ends; zero if none does
	addresses addressSet
	agents    *agentPatterns
}

// add puts a ban in force, unless it is over.
func (b *banned) add(ban Ban, now time.Time) {
	if over(ban.Until, now) {
		return
	}
	b.list = append(b.list, ban)
	b.addresses.add(ban.Network)
	if !ban.Until.IsZero() && (b.ends.IsZero() || ban.Until.Before(b.ends)) {
		b.ends = ban.Until
	}
}

// banFile is a file with an entry on each line, as last read.
type banFile struct {
	path    string
	info    os.FileInfo // nil if it could not be read
	failure string
	lines   []banLine
}

// banLine is a line that is neither empty nor a comment.
type banLine struct {
	number int // from 1
	text   string
}

func newBans(c *conf.Live, log *zap.Logger) *bans {
	b := &bans{conf: c, log: log, changed: make(chan struct{}, 1), edited: make(chan struct{}, 1)}
	b.inForce.Store(&banned{addresses: addressSet{}, agents: newAgentPatterns(nil)})
	return b
}

// run follows the configuration and the files until ctx ends.
func (b *bans) run(ctx context.Context) {
	changes, stop := b.conf.Watch()
	defer stop()
	look := time.NewTicker(banFilesEvery)
	defer look.Stop()
	b.refresh(true) // the configuration may be another than NewGate found
	for {
		if b.canChange() {
			look.Reset(banFilesEvery)
		} else {
			look.Stop() // an idle server should not wake up for nothing
		}
		select {
		case <-changes:
			b.refresh(true)
		case <-b.edited: // a ban that ends may be new
		case <-look.C:
			b.refresh(false)
		case <-ctx.Done():
			return
		}
	}
}

// canChange reports whether the lists may change without an operator: a file may change,
// or a ban may end.
func (b *bans) canChange() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.addresses.path != "" || b.agents.path != "" || !b.inForce.Load().ends.IsZero()
}

// refreshEdited is refresh after an operator's change.
func (b *bans) refreshEdited() {
	b.refresh(true)
	select {
	case b.edited <- struct{}{}:
	default:
	}
}

// refresh puts the lists in force as they are now. again is false if the configuration is
// the same as before and no operator has changed anything.
func (b *bans) refresh(again bool) {
	defer b.held.Write()
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.conf.Config().Auth
	changed := b.addresses.reread(c.DenyIPsFile, b.say)
	changed = b.agents.reread(c.DenyAgentsFile, b.say) || changed
	at := time.Now()
	if !changed && !again && !over(b.inForce.Load().ends, at) {
		return
	}
	now := &banned{addresses: addressSet{}}
	for _, n := range c.DenyIPs {
		now.add(Ban{Network: n.Prefix, Origin: BanConfigured}, at)
	}
	for _, ban := range b.byHand {
		now.add(ban, at)
	}
	problems := 0
	for _, line := range b.addresses.lines {
		ban, err := parseBan(line.text)
		if err == nil {
			now.add(ban, at)
			continue
		}
		if problems++; changed && problems <= maxBanProblems {
			b.say(zap.WarnLevel, "line skipped", zap.String("file", b.addresses.path), zap.Int("line", line.number), zap.String("problem", err.Error()))
		}
	}
	patterns := slices.Clone(c.DenyAgents)
	for _, line := range b.agents.lines {
		patterns = append(patterns, line.text)
	}
	now.agents = newAgentPatterns(patterns)
	b.inForce.Store(now)
	if changed {
		b.say(zap.InfoLevel, "bans in force", zap.Int("addresses", now.addresses.count()), zap.Int("agents", now.agents.count))
	}
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// say logs a line when mu is released. mu is held.
func (b *bans) say(level zapcore.Level, message string, fields ...zap.Field) {
	b.held.Add(b.log.Check(level, message), fields...)
}

// reread reads the file if it has changed, or if path is not the path read before. While a
// file cannot be read, its old content stays in force.
func (f *banFile) reread(path string, say func(zapcore.Level, string, ...zap.Field)) (changed bool) {
	if path != f.path {
		changed = len(f.lines) > 0
		*f = banFile{path: path}
	}
	if path == "" {
		return changed
	}
	was := f.info
	read, err := disk.Look("read", path, banFilePatience, func() (*banFile, error) { return readBans(path, was) })
	if err != nil {
		if reason := disk.Reason(err).Error(); reason != f.failure {
			say(zap.ErrorLevel, "the file of bans cannot be read: the last bans that were read stay in force",
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

// readBans reads a file; it returns nil if the file has not changed.
func readBans(path string, was os.FileInfo) (*banFile, error) {
	info, err := os.Stat(path)
	if err != nil || was != nil && disk.SameContent(info, was) {
		return nil, err
	}
	text, err := disk.ReadSmall(path, maxBanFile)
	if err != nil {
		return nil, err
	}
	return &banFile{path: path, info: info, lines: parseBanLines(text)}, nil
}

// parseBanLines returns the lines of a file that are neither empty nor a comment. As in
// Icecast's deny-ip and deny-agents, a line has one entry and "#" begins a comment.
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

// addressSet holds networks by prefix length, so that a lookup takes no longer if there
// are very many.
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

// DeniesAddress reports whether an IP address is banned.
func (g *Gate) DeniesAddress(addr netip.Addr) bool {
	now := g.bans.inForce.Load()
	return len(now.addresses) > 0 && addr.IsValid() && now.addresses.has(addr)
}

// DeniesAgent reports whether a client with this User-Agent may not listen.
func (g *Gate) DeniesAgent(agent string) bool { return g.bans.inForce.Load().agents.match(agent) }

// BansChanged returns a channel that has a value when the bans have changed. Clients that
// are connected then have not been checked against them.
func (g *Gate) BansChanged() <-chan struct{} { return g.bans.changed }
