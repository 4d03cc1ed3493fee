package icecast

import (
	"maps"
	"testing"

	"relay/conf"
)

func TestHeadersOfMounts(t *testing.T) {
	const xml = `<icecast><http-headers>
  <header name="Access-Control-Allow-Origin" value="*"/>
  <header name="icy-country-code" value="DE"/>
  <header name="Icy-Logo" value="http://a.example/&quot;logo&quot;.png"/>
  <header name="X-Missing" value="x" status="404"/>
  <header name="Content-Type" value="text/html"/>
</http-headers>
<mount><mount-name>/own</mount-name><http-headers><header name="icy-logo" value="own"/></http-headers></mount>
<mount><mount-name>/plain</mount-name></mount></icecast>`
	c, err := Parse("icecast.xml", []byte(xml))
	if err != nil {
		t.Fatal(err)
	}
	text := c.TOML()
	config, err := conf.Parse("relay.toml", []byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	const logo = `http://a.example/"logo".png`
	for mount, want := range map[string]conf.Headers{
		"/own":   {"icy-country-code": "DE", "icy-logo": "own"},
		"/plain": {"icy-country-code": "DE", "Icy-Logo": logo},
		"/other": {"icy-country-code": "DE", "Icy-Logo": logo},
	} {
		if got := config.Mount(mount).Headers; !maps.Equal(got, want) {
			t.Errorf("%s has %q, want %q:\n%s", mount, got, want, text)
		}
	}
	if len(c.Notes()) != 3 {
		t.Errorf("noted are %v", c.Notes())
	}
}
