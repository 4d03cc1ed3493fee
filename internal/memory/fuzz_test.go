package memory

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

// FuzzGroup: for any contents of the files of a control group, the space left is at
// most its limit plus reclaimable memory, or there is no limit.
func FuzzGroup(f *testing.F) {
	f.Add([]byte("1073741824\n"), []byte("max\n"), []byte("536870912\n"), []byte("anon 1\nactive_file 1048576\ninactive_file 1048576\n"), []byte("max\n"), []byte("0\n"))
	f.Add([]byte("max\n"), []byte("max\n"), []byte("1\n"), []byte(""), []byte("0\n"), []byte("0\n"))
	f.Add([]byte("9223372036854775807\n"), []byte("-1\n"), []byte("-9223372036854775808\n"), []byte("active_file 9223372036854775807\nactive_file 9223372036854775807\n"), []byte("99999999999999999999\n"), []byte("x"))
	f.Fuzz(func(t *testing.T, limit, high, used, stat, swapLimit, swapUsed []byte) {
		dir := t.TempDir()
		for name, text := range map[string][]byte{
			"memory.max": limit, "memory.high": high, "memory.current": used, "memory.stat": stat,
			"memory.swap.max": swapLimit, "memory.swap.current": swapUsed,
		} {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		const swap = 1 << 30
		s, ok := group{dir, v2}.space(newOpenFiles(), swap)
		if !ok {
			return
		}
		if s.Limit > unlimited {
			t.Errorf("no limit is %d", s.Limit)
		}
		if s.Limit >= 0 && s.Limit < math.MaxInt64-swap && s.Left > s.Limit+swap {
			t.Errorf("%d of %d are left", s.Left, s.Limit)
		}
	})
}
