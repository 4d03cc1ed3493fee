package api

import (
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
)

func TestBans(t *testing.T) {
	file := filepath.Join(t.TempDir(), "deny")
	for name, toml := range map[string]string{
		"memory": house,
		"file":   strings.Replace(house, "[auth]", "[auth]\ndeny_ips_file = '"+file+"'", 1),
	} {
		t.Run(name, func(t *testing.T) {
			s := newStation(t, strings.Replace(toml, "[auth]", "[auth]\ndeny_ips = ['203.0.113.0/24']", 1))
			list := func() (text string) {
				for _, b := range read[list[ban]](t, s.ask(t, "GET", "/bans", "", operator), 200).Items {
					text += b.Address + " " + b.Origin + "\n"
				}
				return text
			}
			made := read[ban](t, s.ask(t, "POST", "/bans", `{"address":"198.51.100.7"}`, operator), 201)
			if made.Address != "198.51.100.7" || made.Until != nil || made.Origin != name {
				t.Errorf("%+v", made)
			}
			made = read[ban](t, s.ask(t, "POST", "/bans", `{"address":"2001:db8:1:2::9/64","seconds":3600}`, operator), 201)
			if made.Address != "2001:db8:1:2::/64" || made.Until == nil {
				t.Errorf("%+v", made)
			}
			if got, want := list(), "198.51.100.7 "+name+"\n203.0.113.0/24 configuration\n2001:db8:1:2::/64 "+name+"\n"; got != want {
				t.Errorf("banned are\n%swant\n%s", got, want)
			}
			for ip, want := range map[string]bool{"198.51.100.7": true, "198.51.100.8": false, "2001:db8:1:2::1": true, "203.0.113.9": true} {
				if s.Gate.DeniesAddress(netip.MustParseAddr(ip)) != want {
					t.Errorf("%s is banned: %v", ip, !want)
				}
			}
			for body, status := range map[string]int{
				`{"address":"192.0.2.0/24"}`:                                409, // covers the caller's own address
				`{"address":"0.0.0.0/0"}`:                                   409,
				`{"address":"somebody"}`:                                    422,
				`{"address":""}`:                                            422,
				`{"address":"198.51.100.7","seconds":-1}`:                   400,
				`{"address":"198.51.100.7","seconds":9999999999}`:           400,
				`{"address":"198.51.100.7","until":"2026-01-01"}`:           400,
				`{"address":"198.51.100.7","seconds":99999999999999999999}`: 400,
			} {
				refused(t, s.ask(t, "POST", "/bans", body, operator), status)
			}
			refused(t, s.ask(t, "DELETE", "/bans/203.0.113.0%2F24", "", operator), 409)
			refused(t, s.ask(t, "DELETE", "/bans/198.51.100.8", "", operator), 404)
			refused(t, s.ask(t, "DELETE", "/bans/somebody", "", operator), 404)
			for _, address := range []string{"198.51.100.7", "2001:db8:1:2::%2F64"} {
				if w := s.ask(t, "DELETE", "/bans/"+address, "", operator); w.Code != 204 {
					t.Errorf("%s: %d %s", address, w.Code, w.Body)
				}
			}
			if got := list(); got != "203.0.113.0/24 configuration\n" {
				t.Errorf("left are\n%s", got)
			}
		})
	}
}
