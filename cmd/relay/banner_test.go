package main

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"relay/conf"
)

func TestBannerOfTLSAlone(t *testing.T) {
	open := &net.TCPAddr{Port: 8443}
	for text, want := range map[string]string{
		"": "http://localhost:8443/live ",
		"server.listen = []\ntls.listen = [':8443']\ntls.acme_hosts = ['a.example']": "https://localhost:8443/live ",
		"server.public_url = 'https://radio.example.org'":                            "https://radio.example.org/live ",
	} {
		c, err := conf.Parse("relay.toml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var banner bytes.Buffer
		printBanner(&banner, c, open, nil, passwords{}, "")
		if !strings.Contains(banner.String(), "  source   "+want) {
			t.Errorf("%s: not at %s\n%s", text, want, banner.String())
		}
	}
}
