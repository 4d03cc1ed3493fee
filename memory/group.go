package memory

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// group is a control group of Linux.
type group struct {
	dir string
	files
}

// files are the names under which a hierarchy of control groups tells of memory.
type files struct {
	limits []string // what must not be exceeded; the lowest counts
	used   string
	stat   string
	caches []string // lines of stat: what is used and can be taken back

	swapLimit, swapUsed string // empty: swap is not counted on
}

// As the kernel's documentation has them: Documentation/admin-guide/cgroup-v2.rst
// and cgroup-v1/memory.rst. Above memory.high a group is not killed but held up,
// which listeners hear as well.
var (
	v2 = files{
		limits: []string{"memory.max", "memory.high"}, used: "memory.current",
		stat: "memory.stat", caches: []string{"active_file", "inactive_file", "slab_reclaimable"},
		swapLimit: "memory.swap.max", swapUsed: "memory.swap.current",
	}
	v1 = files{
		limits: []string{"memory.limit_in_bytes"}, used: "memory.usage_in_bytes",
		stat: "memory.stat", caches: []string{"total_active_file", "total_inactive_file"},
	}
)

// unlimited is above every limit that is one: without any, version 1 says how
// much can be counted.
const unlimited = math.MaxInt64 / 2

// space returns what the group leaves, with its part of the swap that is free on
// the machine; ok is false where it has no limit.
func (g group) space(swap int64) (s Space, ok bool) {
	limit := g.limit(g.limits...)
	used, ok := g.number(g.used)
	if limit > unlimited || !ok {
		return Space{}, false
	}
	swapped, ok := g.number(g.swapUsed)
	if !ok {
		swapped, swap = 0, 0
	}
	swap = min(swap, max(g.limit(g.swapLimit)-swapped, 0))
	return Space{g.dir, limit, limit - max(used-g.cached(), 0) + swap}, true
}

// limit returns the lowest number in some files.
func (g group) limit(names ...string) int64 {
	lowest := int64(math.MaxInt64)
	for _, name := range names {
		if n, ok := g.number(name); ok {
			lowest = min(lowest, n)
		}
	}
	return lowest
}

// number reads a file that holds one, and not the word "max".
func (g group) number(name string) (n int64, ok bool) {
	text, err := os.ReadFile(filepath.Join(g.dir, name))
	if err != nil {
		return 0, false
	}
	n, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}

// cached returns how many bytes are used for what can be taken back.
func (g group) cached() (sum int64) {
	text, _ := os.ReadFile(filepath.Join(g.dir, g.stat))
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		for _, cache := range g.caches {
			if name == cache {
				n, _ := strconv.ParseInt(value, 10, 64)
				sum += n
			}
		}
	}
	return sum
}
