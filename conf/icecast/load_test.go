package icecast

import (
	"strings"
	"testing"

	"relay/conf"
)

func TestErrorsOfTheXML(t *testing.T) {
	for text, want := range map[string]string{
		"":                                           "icecast.xml: is empty: an icecast.xml begins with <icecast>",
		"<!-- -->":                                   "icecast.xml: is empty: an icecast.xml begins with <icecast>",
		"<html/>":                                    "icecast.xml:1: is not an icecast.xml: it begins with <html>, and should with <icecast>",
		"<icecast>\n<limits>\n":                      "icecast.xml:2: not valid XML: <limits> has no end; close it with </limits>",
		"<icecast>\n<limits>\n</icecast>":            "icecast.xml:3: not valid XML: </icecast> comes before the end of <limits> from line 2; close that with </limits>",
		"<icecast></icecast>\n</icecast>":            "icecast.xml:2: not valid XML: </icecast> has no matching start; remove it",
		"<icecast></icecast>\n<mount/>":              "icecast.xml:2: not valid XML: <mount> stands behind the end of <icecast>; everything belongs inside <icecast>",
		"<icecast>\n<a>R & B</a></icecast>":          "icecast.xml:2: not valid XML: invalid character entity & (no semicolon); xmllint shows the place too",
		"<icecast>\n<a>\xfc</a></icecast>":           `icecast.xml:2: has letters that are not UTF-8: save the file as UTF-8, or name its encoding in the first line, <?xml version="1.0" encoding="ISO-8859-1"?>`,
		"<?xml version='1.0' encoding='klingon'?>":   `icecast.xml:1: the encoding "klingon" is not known; save the file as UTF-8`,
		"<icecast>\n<!-- a -- b -->\n</icecast>":     `icecast.xml:2: not valid XML: invalid sequence "--" not allowed in comments; xmllint shows the place too`,
		"<icecast>\n<mount mount-name=/a></icecast>": "icecast.xml:2: not valid XML: unquoted or missing attribute value in element; xmllint shows the place too",
	} {
		c, err := Parse("icecast.xml", []byte(text))
		if err == nil || err.Error() != want || c != nil {
			t.Errorf("%q\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestEncodings(t *testing.T) {
	for _, text := range []string{
		"<icecast><location>Zürich</location></icecast>",
		"\ufeff<?xml version='1.0' encoding='UTF-8'?><icecast><location>Zürich</location></icecast>",
		"<?xml version='1.0' encoding='ISO-8859-1'?><icecast><location>Z\xfcrich</location></icecast>",
		"<icecast><location>Z&#252;rich</location></icecast>",
		"<icecast><location><![CDATA[Zürich]]></location></icecast>",
	} {
		c, err := Parse("icecast.xml", []byte(text))
		if err != nil || !strings.Contains(string(c.TOML()), `location = "Zürich"`) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Every error of conf has a place in the XML.
func TestErrorsNameTheXML(t *testing.T) {
	for inside, want := range map[string]string{
		"<hostname>http://x</hostname>":                                             `icecast.xml:2: <hostname> = "http://x": must be a bare host name or IP address, such as "radio.example.org"`,
		"<listen-socket><port>99999</port></listen-socket>":                         `icecast.xml:2: <listen-socket> = ":99999": must be "host:port" or ":port", such as ":8000" or "127.0.0.1:8000", with a port from 0 to 65535`,
		"<listen-socket>\n<ssl>1</ssl></listen-socket>":                             `icecast.xml:2: <listen-socket> = []: must have at least one address such as ":8000", here or in tls.listen`,
		"<authentication>\n<source-password>${}</source-password></authentication>": `icecast.xml:3: <source-password> = "${}": "${…}" needs the name of an environment variable: letters, digits, underscores`,
		"<mount>\n<mount-name>/a</mount-name>\n<username>a:b</username></mount>":    `icecast.xml:4: <username> = "a:b": must not contain a colon, which ends a user name in HTTP logins`,
		"<shoutcast-mount>/b/</shoutcast-mount>\n<hostname>b:c</hostname>": `icecast.xml:2: <shoutcast-mount> = "/b/": must not end with "/"` + "\n" +
			`icecast.xml:3: <hostname> = "b:c": must be a bare host name or IP address, such as "radio.example.org"`,
	} {
		c, err := Parse("icecast.xml", []byte("<icecast>\n"+inside+"\n</icecast>"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Load(); err == nil || err.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", inside, err, want)
		}
	}
}

func TestErrorsOfTheEnvironmentStay(t *testing.T) {
	t.Setenv(conf.AdminPasswordVariable, "$2y$05$short")
	c, err := Parse("icecast.xml", []byte("<icecast/>"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Load(); err == nil || !strings.HasPrefix(err.Error(), conf.AdminPasswordVariable+": ") {
		t.Errorf("got %v", err)
	}
}

func TestNotesHideValuesAndKeepTheOrder(t *testing.T) {
	c, err := Parse("icecast.xml", []byte(`<icecast>
<mount><mount-name>/a</mount-name>
<cluster-password>geheim</cluster-password>
<fallback-mount>/b</fallback-mount></mount>
<limits><threadpool>4</threadpool></limits>
</icecast>`))
	if err != nil {
		t.Fatal(err)
	}
	last := 0
	for _, n := range c.Notes() {
		if n.Line < last || strings.Contains(n.Why, "geheim") || n.Element == "" {
			t.Errorf("%+v after line %d", n, last)
		}
		last = n.Line
	}
	if last != 5 {
		t.Errorf("the last note is of line %d", last)
	}
}
