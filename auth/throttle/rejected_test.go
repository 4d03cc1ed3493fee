package throttle

import (
	"fmt"
	"net/netip"
	"testing"

	"relay/conf"
)

// Other logins of an address can displace what was remembered for it. Those of another
// address cannot.
func TestMisfitsOfAnAddressAreItsOwn(t *testing.T) {
	th, _, _ := slowed(t)
	th.Reject(netip.MustParseAddr(guesserIP), "repeated")
	for i := range maxRejected {
		th.Reject(netip.MustParseAddr(otherIP), fmt.Sprint(i))
		th.Reject(netip.MustParseAddr(otherIP), fmt.Sprint(i))
	}
	if !th.IsRejected(netip.MustParseAddr(guesserIP), "repeated") || th.IsRejected(netip.MustParseAddr(otherIP), "repeated") {
		t.Error("addresses share what they remember")
	}
	if n := len(th.of(conf.ClientPrefix(netip.MustParseAddr(otherIP))).rejected); n != maxRejected || !th.IsRejected(netip.MustParseAddr(otherIP), "0") {
		t.Errorf("%d are remembered", n)
	}
	th.Reject(netip.MustParseAddr(otherIP), "one more")
	if n := len(th.of(conf.ClientPrefix(netip.MustParseAddr(otherIP))).rejected); n != maxRejected || th.IsRejected(netip.MustParseAddr(otherIP), "0") {
		t.Errorf("%d are remembered after one more", n)
	}
}
