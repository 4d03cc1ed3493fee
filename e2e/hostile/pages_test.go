package hostile

import (
	"strings"
	"testing"
)

// Requests that pages of other sites cause in visitors' browsers have no effect, and
// those pages cannot read the answers.
func TestPagesOfOtherSites(t *testing.T) {
	t.Parallel()
	s := open(t, "")
	const browser = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\nAccept-Language: de\r\n"
	const admin, source = "Authorization: Basic YWRtaW46YWRtaW5wYXNz\r\n", sourceLogin
	for name, c := range map[string]struct{ request, want string }{
		"a title for a page that hides":          {"GET /admin/metadata?mode=updinfo&mount=/live&song=evil HTTP/1.1\r\n" + source + browser, "403"},
		"a title for a page that hides more":     {"GET /admin/metadata?mode=updinfo&mount=/live&song=evil HTTP/1.1\r\n" + source + strings.Replace(browser, "de", "", 1), "403"},
		"a title for a page that says":           {"GET /admin.cgi?mode=updinfo&mount=/live&song=evil HTTP/1.1\r\nReferer: http://evil.example/\r\n" + source + browser, "403"},
		"a source removed":                       {"GET /admin/killsource?mount=/live HTTP/1.1\r\n" + admin + browser, "403"},
		"statistics":                             {"GET /admin/stats HTTP/1.1\r\nSec-Fetch-Site: cross-site\r\n" + admin + browser, "200"},
		"statistics with a guess":                {"GET /admin/stats HTTP/1.1\r\nOrigin: http://evil.example\r\nAuthorization: Basic YWRtaW46eA==\r\n" + browser, "401"},
		"the API with a guess":                   {"GET /api/v1/server HTTP/1.1\r\nOrigin: http://evil.example\r\nAuthorization: Basic YWRtaW46eQ==\r\n" + browser, "401"},
		"a session":                              {"POST /api/v1/session HTTP/1.1\r\nOrigin: http://evil.example\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n" + browser + "\r\n{}", "403"},
		"leave to send a login":                  {"OPTIONS /admin/stats HTTP/1.1\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: authorization\r\n", "204"},
		"leave to send a login for what is open": {"OPTIONS /live HTTP/1.1\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: authorization\r\n", "204"},
		"leave to send a login to the API":       {"OPTIONS /api/v1/server HTTP/1.1\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: authorization\r\n", "204"},
	} {
		t.Run(name, func(t *testing.T) {
			request := strings.Replace(c.request, "HTTP/1.1\r\n", "HTTP/1.1\r\nHost: radio.example\r\n", 1)
			if !strings.HasSuffix(request, "{}") {
				request += "\r\n"
			}
			head, _, _ := strings.Cut(s.ask(t, request), "\r\n\r\n")
			if statusOf(head) != c.want {
				t.Errorf("%.300q, want %s", head, c.want)
			}
			if strings.Contains(head, "Access-Control-Allow-Origin") && !strings.Contains(request, "OPTIONS /live") {
				t.Errorf("a page may read %.300q", head)
			}
			for line := range strings.Lines(head) {
				if strings.HasPrefix(line, "Access-Control-Allow-Headers") && strings.Contains(line, "Authorization") {
					t.Errorf("a page may send logins: %s", line)
				}
			}
			s.settled(t)
		})
	}
	if title := s.fact(t, "/live", "title"); strings.Contains(title, "evil") {
		t.Errorf("the title is %q", title)
	}
}
