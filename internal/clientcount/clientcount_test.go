package clientcount

import (
	"fmt"
	"math"
	"net/netip"
	"testing"
)

func TestClientsHaveTheirLimits(t *testing.T) {
	tests := map[string]struct {
		ip      func(i int) string
		ceiling int
		want    int // of a very large number
	}{
		"an IPv4 address":      {func(int) string { return "192.0.2.1" }, 0, 10},
		"written as IPv6":      {func(int) string { return "::ffff:192.0.2.1" }, 0, 10},
		"many IPv4 addresses":  {func(i int) string { return fmt.Sprintf("192.0.2.%d", i) }, 0, 200},
		"a /64":                {func(i int) string { return fmt.Sprintf("2001:db8::%x", i) }, 0, 10},
		"a /56":                {func(i int) string { return fmt.Sprintf("2001:db8:0:%x::1", i) }, 0, 40},
		"a /48":                {func(i int) string { return fmt.Sprintf("2001:db8:0:%x::1", i<<8) }, 0, 80},
		"a /48 with a ceiling": {func(i int) string { return fmt.Sprintf("2001:db8:0:%x::1", i<<8) }, 50, 50},
		"a low ceiling":        {func(i int) string { return fmt.Sprintf("2001:db8:0:%x::1", i<<8) }, 1, 10},
		"many /48s":            {func(i int) string { return fmt.Sprintf("2001:db8:%x::1", i) }, 50, 200},
		"no address":           {func(int) string { return "localhost" }, 0, 200},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var c Counts
			var entered []netip.Addr
			for i := range 200 {
				if ip, _ := netip.ParseAddr(tt.ip(i)); c.Enter(ip, 10, tt.ceiling) {
					entered = append(entered, ip)
				}
			}
			if len(entered) != tt.want {
				t.Errorf("%d entered, want %d", len(entered), tt.want)
			}
			for _, ip := range entered {
				c.Leave(ip)
			}
			if c.Len() != 0 {
				t.Errorf("%d are left", c.Len())
			}
		})
	}
	var most Counts
	if !most.Enter(netip.MustParseAddr("2001:db8::1"), math.MaxInt, 0) {
		t.Error("the largest limit is none")
	}
	var c Counts
	for range 1000 {
		if !c.Enter(netip.MustParseAddr("192.0.2.1"), 0, 0) {
			t.Fatal("0 is a limit")
		}
	}
}
