package auth

import (
	"net/http/httptest"
	"testing"
)

func TestOriginOf(t *testing.T) {
	const browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"
	for _, test := range []struct {
		name   string
		header map[string]string
		want   Origin
	}{
		{"a program", nil, Program},
		{"a program that calls itself a browser", map[string]string{"User-Agent": "Mozilla/3.0 (compatible; Indy Library)", "Accept": "text/html, */*"}, Program},
		{"a SHOUTcast source", map[string]string{"User-Agent": "Mozilla/5.0 (v1 client)"}, Program},
		{"our page", map[string]string{"Origin": "http://radio.example:8000"}, OwnPage},
		{"our page's link", map[string]string{"Referer": "http://radio.example:8000/admin/", "User-Agent": browser}, OwnPage},
		{"our page, told by the browser", map[string]string{"Sec-Fetch-Site": "same-origin"}, OwnPage},
		{"an address that was typed", map[string]string{"Sec-Fetch-Site": "none"}, OwnPage},
		{"another site", map[string]string{"Origin": "http://evil.example"}, OtherPage},
		{"another site's link", map[string]string{"Sec-Fetch-Site": "cross-site"}, OtherPage},
		{"another site's link by plain HTTP", map[string]string{"Referer": "http://evil.example/radio.example:8000/", "User-Agent": browser}, OtherPage},
		{"another site, told by the browser", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, OtherPage},
		{"another port", map[string]string{"Origin": "http://radio.example:9000"}, OtherPage},
		{"another name of the site", map[string]string{"Sec-Fetch-Site": "same-site", "Origin": "http://www.radio.example"}, OtherPage},
		{"no site", map[string]string{"Origin": "null"}, OtherPage},
		{"a site that is no address", map[string]string{"Referer": "http://%zz"}, OtherPage},
		{"a page that hides where it is", map[string]string{"User-Agent": browser, "Accept": "image/avif", "Accept-Language": "de"}, Unsaid},
		{"a page that hides where it is and what it speaks", map[string]string{"User-Agent": browser, "Accept-Language": ""}, Unsaid},
		{"a page that has it played", map[string]string{"User-Agent": "AppleCoreMedia/1.0.0.20E252 (iPhone; U; CPU OS 16_4 like Mac OS X; en_us)", "Accept-Language": "en-us"}, Unsaid},
		{"a program in JavaScript", map[string]string{"User-Agent": "node", "Accept-Language": "*", "Sec-Fetch-Mode": "cors"}, Program},
		{"butt", map[string]string{"User-Agent": "butt 1.40.0"}, Program},
		{"libshout", map[string]string{"User-Agent": "libshout/2.4.6"}, Program},
		{"our page without TLS, told by the browser", map[string]string{"Sec-Fetch-Site": "cross-site", "Referer": "http://radio.example:8000/"}, OtherPage},
		{"our page at the public address", map[string]string{"Origin": "https://public.example"}, OwnPage},
		{"the public address without TLS", map[string]string{"Origin": "http://public.example"}, OtherPage},
		{"our page behind a proxy", map[string]string{"Origin": "https://front.example", "X-Forwarded-Host": "front.example"}, OwnPage},
		{"another site before the proxy", map[string]string{"Origin": "https://evil.example", "X-Forwarded-Host": "front.example"}, OtherPage},
	} {
		r := httptest.NewRequest("GET", "http://radio.example:8000/admin/killsource?mount=/live", nil)
		for name, value := range test.header {
			r.Header.Set(name, value)
		}
		if got := OriginOf(r, "https://public.example"); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
