package pages

import "testing"

func TestSplitTitle(t *testing.T) {
	for text, want := range map[string][2]string{
		"Artist - Title":         {"Artist", "Title"},
		"A - B - C":              {"A", "B - C"},
		"No artist":              {"", "No artist"},
		" - Title":               {"", " - Title"},
		"Artist - ":              {"", "Artist - "},
		"Hyphen-ated":            {"", "Hyphen-ated"},
		"":                       {"", ""},
		"Sigur Rós - Hoppípolla": {"Sigur Rós", "Hoppípolla"},
	} {
		if artist, title := splitTitle(text); artist != want[0] || title != want[1] {
			t.Errorf("%q is %q by %q", text, title, artist)
		}
	}
}

func TestAddressesOfStrangers(t *testing.T) {
	for address, want := range map[string]struct{ site, cover bool }{
		"https://example.org/cover.jpg":       {true, true},
		"https://example.org/a/COVER.PNG?x=1": {true, true},
		"http://example.org/cover.jpg":        {true, false}, // blocked on a page that is loaded over TLS
		"https://example.org/":                {true, false},
		"javascript:alert(1)//x.jpg":          {false, false},
		"data:image/png,x.png":                {false, false},
		"//example.org/cover.jpg":             {false, false},
		"https:cover.jpg":                     {false, false},
		"cover.jpg":                           {false, false},
		"":                                    {false, false},
		"https://exa mple/\x00.jpg":           {false, false},
	} {
		if got := siteOf(address) != ""; got != want.site {
			t.Errorf("%q as a site: %v", address, got)
		}
		if got := coverOf(address) != ""; got != want.cover {
			t.Errorf("%q as a cover: %v", address, got)
		}
	}
}

// Hues are computed by FNV-1a, as hueOf in card.js does.
func TestHue(t *testing.T) {
	for name, want := range map[string]int{"": 2166136261 % 360, "a": 0xe40c292c % 360, "foobar": 0xbf9cf968 % 360} {
		if hue := hueOf(name); hue != want {
			t.Errorf("%q has hue %d, want %d", name, hue, want)
		}
	}
}
