package memory

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// system is a folder with files like Linux's. $GROUPS in a text stands for the place
// where control groups are mounted.
type system map[string]string

func (s system) proc(t *testing.T) (proc, groups string) {
	t.Helper()
	dir := t.TempDir()
	groups = filepath.Join(dir, "cgroup")
	for name, text := range s {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "$GROUPS", groups)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	proc = filepath.Join(dir, "proc")
	if err := os.MkdirAll(proc, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("7", filepath.Join(proc, "self")); err != nil {
		t.Fatal(err)
	}
	return proc, groups
}

func TestTightest(t *testing.T) {
	const (
		meminfo = "MemTotal:        1024000 kB\nMemFree:          100 kB\nMemAvailable:     512000 kB\n"
		mountV2 = "30 20 0:26 / $GROUPS rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
		mountV1 = "35 31 0:32 / $GROUPS rw,relatime - cgroup cgroup rw,memory\n"
	)
	tests := []struct {
		name string
		system
		want  Space // Bound is relative to the mount of the groups
		error bool
	}{
		{name: "nothing is told", system: system{}, error: true},
		{name: "no groups", system: system{"proc/meminfo": meminfo}, want: Space{"the machine", 1024000 << 10, 512000 << 10}},
		{name: "swap", system: system{"proc/meminfo": meminfo + "SwapTotal: 2000 kB\nSwapFree: 1000 kB\n"}, want: Space{"the machine", 1024000 << 10, 513000 << 10}},
		{name: "not even what the machine has left", system: system{"proc/meminfo": "MemTotal: 5 kB\n"}, error: true},
		{
			name: "version 2, a service",
			system: system{
				"proc/meminfo": meminfo, "proc/7/mountinfo": mountV2, "proc/7/cgroup": "0::/system.slice/relay.service\n",
				"cgroup/system.slice/relay.service/memory.max":     "104857600\n",
				"cgroup/system.slice/relay.service/memory.high":    "max\n",
				"cgroup/system.slice/relay.service/memory.current": "62914560\n",
				"cgroup/system.slice/relay.service/memory.stat":    "anon 1\nfile 30000000\nactive_file 10000000\ninactive_file 5000000\nslab_reclaimable 1000000\nactive_anon 7\n",
			},
			want: Space{"system.slice/relay.service", 104857600, 104857600 - 62914560 + 16000000},
		},
		{
			name: "version 2, where it is held up",
			system: system{
				"proc/meminfo": meminfo, "proc/7/mountinfo": mountV2, "proc/7/cgroup": "0::/a\n",
				"cgroup/a/memory.max": "104857600\n", "cgroup/a/memory.high": "52428800\n", "cgroup/a/memory.current": "50000000\n",
			},
			want: Space{"a", 52428800, 2428800},
		},
		{
			name: "version 2, with swap",
			system: system{
				"proc/meminfo": meminfo + "SwapFree: 2000 kB\n", "proc/7/mountinfo": mountV2, "proc/7/cgroup": "0::/a\n",
				"cgroup/a/memory.max": "104857600\n", "cgroup/a/memory.current": "104857600\n",
				"cgroup/a/memory.swap.max": "max\n", "cgroup/a/memory.swap.current": "0\n",
			},
			want: Space{"a", 104857600, 2000 << 10},
		},
		{
			name: "version 2, with little swap",
			system: system{
				"proc/meminfo": meminfo + "SwapFree: 2000 kB\n", "proc/7/mountinfo": mountV2, "proc/7/cgroup": "0::/a\n",
				"cgroup/a/memory.max": "104857600\n", "cgroup/a/memory.current": "104857600\n",
				"cgroup/a/memory.swap.max": "1000\n", "cgroup/a/memory.swap.current": "900\n",
			},
			want: Space{"a", 104857600, 100},
		},
		{
			name: "version 2, the group around it",
			system: system{
				"proc/meminfo": meminfo, "proc/7/mountinfo": mountV2, "proc/7/cgroup": "0::/a/b\n",
				"cgroup/a/memory.max": "104857600\n", "cgroup/a/memory.current": "104000000\n",
				"cgroup/a/b/memory.max": "max\n", "cgroup/a/b/memory.current": "100\n",
			},
			want: Space{"a", 104857600, 857600},
		},
		{
			name: "version 2, a container that sees its own group as the root",
			system: system{
				"proc/meminfo": meminfo, "proc/7/mountinfo": mountV2, "proc/7/cgroup": "0::/\n",
				"cgroup/memory.max": "104857600\n", "cgroup/memory.current": "104857600\n",
			},
			want: Space{"", 104857600, 0},
		},
		{
			name: "version 2, moved out of what the container sees",
			system: system{
				"proc/meminfo": meminfo, "proc/7/mountinfo": mountV2, "proc/7/cgroup": "0::/../other\n",
				"cgroup/memory.max": "104857600\n", "cgroup/memory.current": "4857600\n",
			},
			want: Space{"", 104857600, 100000000},
		},
		{
			name: "version 1 beside others",
			system: system{
				"proc/meminfo":                      meminfo,
				"proc/7/mountinfo":                  "34 31 0:31 / /elsewhere rw - cgroup cgroup rw,cpu\n" + mountV1,
				"proc/7/cgroup":                     "5:cpu:/x\n4:memory:/a\n0::/y\n",
				"cgroup/memory.limit_in_bytes":      "9223372036854771712\n",
				"cgroup/memory.usage_in_bytes":      "999999999\n",
				"cgroup/a/memory.limit_in_bytes":    "67108864\n",
				"cgroup/a/memory.usage_in_bytes":    "60000000\n",
				"cgroup/a/memory.stat":              "cache 9\nactive_file 1\ntotal_active_file 1000000\ntotal_inactive_file 1000000\n",
				"cgroup/a/memory.memsw.max_ignored": "1\n",
			},
			want: Space{"a", 67108864, 9108864},
		},
		{
			name: "version 1 in a container, a part of the hierarchy is mounted",
			system: system{
				"proc/meminfo":                 meminfo,
				"proc/7/mountinfo":             "35 31 0:32 /docker/0123 $GROUPS ro - cgroup cgroup rw,memory\n",
				"proc/7/cgroup":                "4:memory:/docker/0123\n",
				"cgroup/memory.limit_in_bytes": "67108864\n",
				"cgroup/memory.usage_in_bytes": "7108864\n",
			},
			want: Space{"", 67108864, 60000000},
		},
		{
			name: "files that make no sense",
			system: system{
				"proc/meminfo": meminfo, "proc/7/mountinfo": mountV2, "proc/7/cgroup": "0::/a\n",
				"cgroup/a/memory.max": "lots\n", "cgroup/a/memory.current": "\n", "cgroup/a/memory.stat": "active_file\ninactive_file x\n",
			},
			want: Space{"the machine", 1024000 << 10, 512000 << 10},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			proc, groups := tt.proc(t)
			got, err := (&sight{proc: proc}).Tightest()
			if (err != nil) != tt.error {
				t.Fatal(err)
			}
			if want := tt.want; want.Bound != "the machine" && err == nil {
				tt.want.Bound = filepath.Join(groups, want.Bound)
			}
			if got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestReserve(t *testing.T) {
	for _, tt := range []struct{ limit, want int64 }{
		{32 << 20, 1 << 20}, {512 << 20, 16 << 20}, {4 << 30, 128 << 20}, {64 << 30, 128 << 20},
	} {
		if got := (Space{Limit: tt.limit}).reserve(); got != tt.want {
			t.Errorf("of %d %d are kept, want %d", tt.limit, got, tt.want)
		}
	}
}

// A sight notices changes, and groups that are created and removed.
func TestSightOfWhatChanges(t *testing.T) {
	proc, groups := system{
		"proc/meminfo":         "MemTotal: 1024000 kB\nMemAvailable: 512000 kB\n",
		"proc/7/mountinfo":     "30 20 0:26 / $GROUPS rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n",
		"proc/7/cgroup":        "0::/a\n",
		"cgroup/a/memory.max":  "max\n",
		"cgroup/a/memory.stat": "inactive_file 0\n", "cgroup/a/memory.current": "1000000\n",
	}.proc(t)
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := &sight{proc: proc}
	want := func(bound string, left int64) {
		t.Helper()
		if got, err := s.Tightest(); err != nil || filepath.Base(got.Bound) != bound || got.Left != left {
			t.Errorf("%+v, %v, want %d left by %s", got, err, left, bound)
		}
	}
	want("the machine", 512000<<10)
	write(filepath.Join(proc, "meminfo"), "MemTotal: 1024000 kB\nMemAvailable: 256000 kB\n")
	want("the machine", 256000<<10)
	write(filepath.Join(groups, "a/memory.max"), "2000000\n")
	want("a", 1000000)
	write(filepath.Join(groups, "a/memory.current"), "1500000\n")
	want("a", 500000)
	write(filepath.Join(proc, "7/cgroup"), "0::/b\n")
	if err := os.Mkdir(filepath.Join(groups, "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(groups, "b/memory.max"), "1000000\n")
	write(filepath.Join(groups, "b/memory.current"), "900000\n")
	want("a", 500000)
	s.found = s.found.Add(-groupsFor)
	want("b", 100000)
}
