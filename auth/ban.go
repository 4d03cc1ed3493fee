package auth

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"strings"
	"time"

	"relay/conf"
	"relay/internal/disk"
	"relay/internal/rewrite"
)

// maxBans bounds the bans kept in memory.
const maxBans = 10_000

// Errors of Ban and Unban.
var (
	ErrNoBan       = errors.New("it is not banned")
	ErrTooManyBans = fmt.Errorf("%d addresses are banned already: set auth.deny_ips_file to ban more", maxBans)
	ErrConfigured  = errors.New("it is in auth.deny_ips: remove it there")
)

// Origins of a ban.
const (
	BanConfigured = "configuration" // auth.deny_ips
	BanInFile     = "file"          // auth.deny_ips_file
	BanInMemory   = "memory"        // an operator, if there is no such file
)

// A Ban denies the addresses of a network.
type Ban struct {
	Network netip.Prefix
	Until   time.Time // zero if the ban is for good
	Origin  string
}

// over reports whether a ban until a time is over; a zero time is never over.
func over(until, now time.Time) bool { return !until.IsZero() && !now.Before(until) }

// Bans returns all bans, ordered by address.
func (g *Gate) Bans() []Ban {
	list := slices.Clone(g.bans.inForce.Load().list)
	slices.SortStableFunc(list, func(a, b Ban) int {
		return cmp.Or(a.Network.Addr().Compare(b.Network.Addr()), cmp.Compare(a.Network.Bits(), b.Network.Bits()))
	})
	return list
}

// Ban denies a network until a time, or for good if that is zero. It replaces an earlier
// ban of the same network. The ban is written to auth.deny_ips_file; without such a file
// it is kept in memory, and saved is false. The error is ErrTooManyBans, or says why the
// file cannot be changed.
func (g *Gate) Ban(n netip.Prefix, until time.Time) (saved bool, err error) {
	b := g.bans
	defer b.refreshEdited()
	b.editing.Lock()
	defer b.editing.Unlock()
	if file := b.conf.Config().Auth.DenyIPsFile; file != "" {
		return true, editBans(file, n, banText(n, until))
	}
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.byHand = slices.DeleteFunc(b.byHand, func(old Ban) bool { return old.Network == n || over(old.Until, now) })
	if len(b.byHand) >= maxBans {
		return false, ErrTooManyBans
	}
	b.byHand = append(b.byHand, Ban{n, until, BanInMemory})
	return false, nil
}

// Unban lifts the ban of a network. The error is ErrNoBan, ErrConfigured, or says why
// auth.deny_ips_file cannot be changed.
func (g *Gate) Unban(n netip.Prefix) error {
	b := g.bans
	now := b.inForce.Load().list
	if !slices.ContainsFunc(now, func(ban Ban) bool { return ban.Network == n }) {
		return ErrNoBan
	}
	if slices.ContainsFunc(now, func(ban Ban) bool { return ban.Network == n && ban.Origin == BanConfigured }) {
		return ErrConfigured
	}
	defer b.refreshEdited()
	b.editing.Lock()
	defer b.editing.Unlock()
	b.mu.Lock()
	b.byHand = slices.DeleteFunc(b.byHand, func(old Ban) bool { return old.Network == n })
	b.mu.Unlock()
	if slices.ContainsFunc(now, func(ban Ban) bool { return ban.Network == n && ban.Origin == BanInFile }) {
		return editBans(b.conf.Config().Auth.DenyIPsFile, n, "")
	}
	return nil
}

// banUntil separates the address and the time in a line of auth.deny_ips_file.
const banUntil = " until "

func banText(n netip.Prefix, until time.Time) string {
	text := networkText(n)
	if !until.IsZero() {
		text += banUntil + until.UTC().Format(time.RFC3339)
	}
	return text
}

// networkText returns the text of a network. A single address has no prefix length.
func networkText(n netip.Prefix) string {
	if n.IsSingleIP() {
		return n.Addr().String()
	}
	return n.String()
}

// String returns the network as lists and paths name it.
func (b Ban) String() string { return networkText(b.Network) }

// parseBan parses a line of auth.deny_ips_file.
func parseBan(line string) (b Ban, err error) {
	b.Origin = BanInFile
	address, ends, timed := strings.Cut(line, banUntil)
	network, err := conf.ParseNetwork(strings.TrimSpace(address))
	if err != nil {
		return b, err
	}
	b.Network = network.Prefix
	if timed {
		if b.Until, err = time.Parse(time.RFC3339, strings.TrimSpace(ends)); err != nil {
			return b, errors.New(`must have a time such as 2026-01-31T12:00:00Z behind "until"`)
		}
	}
	return b, nil
}

// editBans removes the lines of a network, and of bans that are over, from a file of bans.
// It then appends line, unless that is empty. All other lines stay as they are.
func editBans(file string, n netip.Prefix, line string) error {
	return disk.Try("save", file, disk.Patience, func(ctx context.Context) error {
		if _, err := rewrite.Recover(file); err != nil {
			return err
		}
		text, err := disk.ReadSmall(file, maxBanFile)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		now := time.Now()
		var changed bytes.Buffer
		for old := range bytes.Lines(text) {
			ban, err := parseBan(strings.TrimSpace(strings.TrimPrefix(string(old), "\ufeff")))
			if err == nil && (ban.Network == n || over(ban.Until, now)) {
				continue
			}
			changed.Write(old)
			if old[len(old)-1] != '\n' {
				changed.WriteByte('\n')
			}
		}
		if line != "" {
			changed.WriteString(line + "\n")
		}
		switch {
		case changed.Len() > maxBanFile:
			return fmt.Errorf("%s would be larger than %d bytes", file, maxBanFile)
		case ctx.Err() != nil:
			return ctx.Err()
		}
		return rewrite.File(file, changed.Bytes(), 0o600)
	})
}
