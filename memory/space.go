package memory

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/prometheus/procfs"
)

// Space is what one bound on the program's memory leaves to it.
type Space struct {
	Bound string // the folder of a control group, or "the machine"
	Limit int64  // bytes
	Left  int64  // bytes, with what the kernel can take back from its caches, and free swap
}

// reserve is how much of a limit is not for newcomers: what those on the air,
// and whoever shares the limit with them, may come to need.
func (s Space) reserve() int64 { return min(s.Limit/32, 128<<20) }

// tighter orders by what is left beyond the reserve.
func tighter(a, b Space) int {
	return int(min(max((a.Left-a.reserve())-(b.Left-b.reserve()), -1), 1))
}

// Tightest returns the bound that leaves the least to the program, of those that
// Linux tells of at proc, which is /proc. The error says that it tells of none.
func Tightest(proc string) (Space, error) {
	fs, err := procfs.NewFS(proc)
	if err != nil {
		return Space{}, err
	}
	var bounds []Space
	info, err := fs.Meminfo()
	if err != nil {
		return Space{}, err
	}
	var swap int64
	if info.SwapFreeBytes != nil {
		swap = int64(*info.SwapFreeBytes)
	}
	if info.MemTotalBytes != nil && info.MemAvailableBytes != nil {
		bounds = append(bounds, Space{"the machine", int64(*info.MemTotalBytes), int64(*info.MemAvailableBytes) + swap})
	}
	for _, g := range groups(fs) {
		if s, ok := g.space(swap); ok {
			bounds = append(bounds, s)
		}
	}
	if len(bounds) == 0 {
		return Space{}, errors.New("the system tells of no bound on memory")
	}
	return slices.MinFunc(bounds, tighter), nil
}

// groups returns the control groups the program is in that may bound its memory,
// each with all those around it that can be seen.
func groups(fs procfs.FS) (list []group) {
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

// folderOf returns where a control group is found below the mount of its
// hierarchy. In a container the mount may be a part of it, or a group that was
// left behind: then it is the mount itself.
func folderOf(m *procfs.MountInfo, path string) string {
	below, err := filepath.Rel(m.Root, path)
	if err != nil || below == ".." || strings.HasPrefix(below, "../") {
		return m.MountPoint
	}
	return filepath.Join(m.MountPoint, below)
}
