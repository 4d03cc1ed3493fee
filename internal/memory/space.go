package memory

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/procfs"
)

// Space is the memory that one limit leaves to the program.
type Space struct {
	Bound string // the folder of a control group, or "the machine"
	Limit int64  // bytes
	Left  int64  // bytes, including reclaimable caches and free swap
}

// reserve is the part of a limit that is not for new listeners: connected ones, and
// other programs under the same limit, may need it.
func (s Space) reserve() int64 { return min(s.Limit/32, 128<<20) }

// tighter orders by the space left beyond the reserve.
func tighter(a, b Space) int {
	return int(min(max((a.Left-a.reserve())-(b.Left-b.reserve()), -1), 1))
}

// groupsFor is how long the list of the program's control groups is used.
const groupsFor = time.Minute

// sight reads the limits of the program's memory. Safe for concurrent use.
type sight struct {
	proc string // the folder of Linux's files, normally /proc

	mu     sync.Mutex
	files  *openFiles
	groups []group
	found  time.Time // when the program's groups were last read
}

// Tightest returns the limit that leaves the least memory to the program. The error
// means that the system reports none.
func (s *sight) Tightest() (Space, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files == nil || s.files.stale || time.Since(s.found) > groupsFor {
		s.files, s.groups, s.found = newOpenFiles(), groups(s.proc), time.Now()
	}
	text, ok := s.files.read(filepath.Join(s.proc, "meminfo"))
	if !ok {
		return Space{}, errors.New("the system does not report its memory")
	}
	var swap int64
	machine := Space{Bound: "the machine", Limit: -1, Left: -1}
	named(text, func(name string, kB int64) {
		switch name {
		case "MemTotal:":
			machine.Limit = kB << 10
		case "MemAvailable:":
			machine.Left = kB << 10
		case "SwapFree:":
			swap = kB << 10
		}
	})
	var bounds []Space
	if machine.Limit >= 0 && machine.Left >= 0 {
		machine.Left += swap
		bounds = append(bounds, machine)
	}
	for _, g := range s.groups {
		if space, ok := g.space(s.files, swap); ok {
			bounds = append(bounds, space)
		}
	}
	if len(bounds) == 0 {
		return Space{}, errors.New("the system reports no memory limit")
	}
	return slices.MinFunc(bounds, tighter), nil
}

// groups returns the program's control groups that may limit its memory, each with all
// visible groups around it.
func groups(proc string) (list []group) {
	fs, err := procfs.NewFS(proc)
	if err != nil {
		return nil
	}
	self, err := fs.Self()
	if err != nil {
		return nil
	}
	in, _ := self.Cgroups()
	mounted, _ := self.MountInfo()
	for _, m := range mounted {
		for _, c := range in {
			files := v2
			switch {
			case m.FSType == "cgroup2" && c.HierarchyID == 0:
			case m.FSType == "cgroup" && slices.Contains(c.Controllers, "memory") && isSet(m.SuperOptions, "memory"):
				files = v1
			default:
				continue
			}
			for dir := folderOf(m, c.Path); ; dir = filepath.Dir(dir) {
				list = append(list, group{dir, files})
				if len(dir) <= len(m.MountPoint) {
					break
				}
			}
		}
	}
	return list
}

func isSet(options map[string]string, name string) bool {
	_, set := options[name]
	return set
}

// folderOf returns the folder of a control group below the mount of its hierarchy. In a
// container the mount may be a part of the hierarchy, or a group that the program has
// left: then the folder is the mount itself.
func folderOf(m *procfs.MountInfo, path string) string {
	below, err := filepath.Rel(m.Root, path)
	if err != nil || below == ".." || strings.HasPrefix(below, "../") {
		return m.MountPoint
	}
	return filepath.Join(m.MountPoint, below)
}
