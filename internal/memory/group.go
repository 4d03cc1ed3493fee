package memory

import (
	"math"
	"path/filepath"
	"slices"
)

// group is a control group of Linux.
type group struct {
	dir string
	files
}

// files are the names of the files about memory in a hierarchy of control groups.
type files struct {
	limits []string // limits; the lowest counts
	used   string
	stat   string
	caches []string // lines of stat: memory that is used and can be reclaimed

	swapLimit, swapUsed string // empty: swap is not considered
}

// The names are in the kernel's documentation: Documentation/admin-guide/cgroup-v2.rst
// and cgroup-v1/memory.rst. Above memory.high a group is not killed but slowed down,
// which listeners hear too.
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

// unlimited is above every real limit: without one, version 1 shows the largest number
// that it can count.
const unlimited = math.MaxInt64 / 2

// space returns the memory that the group leaves, including its share of the machine's
// free swap; ok is false if it has no limit.
func (g group) space(from *openFiles, swap int64) (s Space, ok bool) {
	limit := g.limit(from, g.limits...)
	if limit > unlimited {
		return Space{}, false
	}
	used, ok := from.number(g.path(g.used))
	if !ok {
		return Space{}, false
	}
	if swap > 0 {
		swap = g.swap(from, swap)
	}
	return Space{g.dir, limit, limit - max(used-g.cached(from), 0) + swap}, true
}

func (g group) path(name string) string { return filepath.Join(g.dir, name) }

// limit returns the lowest number in some files, ignoring files with the word "max".
func (g group) limit(from *openFiles, names ...string) int64 {
	lowest := int64(math.MaxInt64)
	for _, name := range names {
		if n, ok := from.number(g.path(name)); ok {
			lowest = min(lowest, n)
		}
	}
	return lowest
}

// swap returns how much of the free swap the group may use.
func (g group) swap(from *openFiles, free int64) int64 {
	if g.swapUsed == "" {
		return 0
	}
	swapped, ok := from.number(g.path(g.swapUsed))
	if !ok {
		return 0
	}
	return min(free, max(g.limit(from, g.swapLimit)-swapped, 0))
}

// cached returns the size of reclaimable memory in bytes.
func (g group) cached(from *openFiles) (sum int64) {
	text, _ := from.read(g.path(g.stat))
	named(text, func(name string, n int64) {
		if slices.Contains(g.caches, name) {
			sum += n
		}
	})
	return sum
}
