package hostile

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"
)

// A request has the raw bytes of one connection, and the expected answer.
type request struct {
	name string
	raw  string
	want string // expected status; empty: the connection is closed without an answer
	says string // a text in the answer
}

const (
	host = "Host: radio\r\n"
	big  = 16 << 10 // more than the limit of a head
)

// tlsHello is the beginning of a TLS ClientHello.
const tlsHello = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"

// heads are invalid request heads, and odd ones.
var heads = []request{
	{"TLS on a plain port", tlsHello + strings.Repeat("\x00\r\n", 50), "400", ""},
	{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400", ""},
	{"SSH banner", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "", "invalid password"},
	{"SMTP", "EHLO evil.example\r\nMAIL FROM:<a@b>\r\n\r\n", "400", ""},
	{"RTSP", "OPTIONS rtsp://radio/live RTSP/1.0\r\nCSeq: 1\r\n\r\n", "400", ""},
	{"SIP", "INVITE sip:live@radio SIP/2.0\r\nVia: x\r\n\r\n", "400", ""},
	{"JSON", "{\"jsonrpc\":\"2.0\",\"method\":\"eth_blockNumber\"}\r\n\r\n", "", "invalid password"},
	{"Redis", "*1\r\n$4\r\nINFO\r\n\r\n", "400", ""},
	{"memcached", "stats items\r\n\r\n", "", "invalid password"},
	{"only line ends", strings.Repeat("\r\n", 100), "400", "empty lines"},
	{"all zero", strings.Repeat("\x00", 4096) + "\r\n\r\n", "400", ""},
	{"all 0xFF", strings.Repeat("\xff", 4096) + "\r\n\r\n", "400", ""},
	{"HTTP/0.9", "GET /live\r\n\r\n", "400", ""},
	{"HTTP/9.9", "GET /live HTTP/9.9\r\n\r\n", "400", ""},
	{"no version number", "GET /live HTTP/\r\n\r\n", "400", ""},
	{"a version with letters", "GET /live HTTP/1.x\r\n\r\n", "200", ""},
	{"a minus in the version", "GET /live HTTP/-1.-1\r\n\r\n", "400", ""},
	{"lower case method", "get /live HTTP/1.0\r\n\r\n", "200", "audio/mpeg"},
	{"a method with a NUL", "GE\x00T /live HTTP/1.0\r\n\r\n", "400", ""},
	{"a method of 8 KiB", strings.Repeat("A", 8<<10) + " /live HTTP/1.0\r\n\r\n", "405", ""},
	{"TRACE", "TRACE / HTTP/1.1\r\n" + host + "Cookie: secret\r\n\r\n", "405", ""},
	{"CONNECT", "CONNECT other.example:443 HTTP/1.1\r\n" + host + "\r\n", "405", ""},
	{"CONNECT to a mount", "CONNECT /live HTTP/1.1\r\n" + host + "\r\n", "405", ""},
	{"DELETE of a mount", "DELETE /live HTTP/1.1\r\n" + host + "\r\n", "405", ""},
	{"PROPFIND", "PROPFIND /live HTTP/1.1\r\n" + host + "Depth: infinity\r\n\r\n", "405", ""},
	{"asterisk", "GET * HTTP/1.1\r\n" + host + "\r\n", "404", ""},
	{"OPTIONS with an asterisk", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n", "204", ""},
	{"another server's address", "GET http://other.example/secret HTTP/1.1\r\n" + host + "\r\n", "404", ""},
	{"a file's address", "GET file:///etc/passwd HTTP/1.1\r\n" + host + "\r\n", "404", ""},
	{"an address with a login", "GET http://admin:adminpass@radio/admin/stats HTTP/1.1\r\n" + host + "\r\n", "401", ""},
	{"a tab for a blank", "GET\t/live\tHTTP/1.0\r\n\r\n", "400", ""},
	{"no path", "GET  HTTP/1.0\r\n\r\n", "400", ""},
	{"a NUL in the path", "GET /li\x00ve HTTP/1.0\r\n\r\n", "404", ""},
	{"an escaped NUL in the path", "GET /li%00ve HTTP/1.0\r\n\r\n", "404", ""},
	{"an escaped line end in the path", "GET /x%0d%0aSet-Cookie:%20a=b HTTP/1.0\r\n\r\n", "404", ""},
	{"a line end in the path", "GET /x\nSet-Cookie: a=b HTTP/1.0\r\n\r\n", "400", ""},
	{"a carriage return in the path", "GET /x\rSet-Cookie:a=b HTTP/1.0\r\n\r\n", "404", ""},
	{"a broken escape", "GET /%zz HTTP/1.0\r\n\r\n", "404", ""},
	{"half an escape", "GET /% HTTP/1.0\r\n\r\n", "404", ""},
	{"an overlong slash", "GET /%c0%af..%c0%afetc/passwd HTTP/1.0\r\n\r\n", "404", ""},
	{"not UTF-8", "GET /\xc3\x28\xa0 HTTP/1.0\r\n\r\n", "404", ""},
	{"a path of 8 KiB", "GET /" + strings.Repeat("a", 8<<10) + " HTTP/1.0\r\n\r\n", "404", ""},
	{"ten thousand slashes", "GET " + strings.Repeat("/", 10_000) + " HTTP/1.0\r\n\r\n", "404", ""},
	{"a first line without end", "GET /" + strings.Repeat("a", 2*big), "431", ""},
	{"a password line without end", strings.Repeat("a", 2*big), "431", ""},
	{"a field without end", "GET / HTTP/1.1\r\nX-A: " + strings.Repeat("b", 2*big), "431", ""},
	{"a name without end", "GET / HTTP/1.1\r\n" + strings.Repeat("b", 2*big), "431", ""},
	{"a head without end", "GET / HTTP/1.1\r\n" + strings.Repeat("X-A: b\r\n", big), "431", ""},
	{"two thousand fields", "GET /live.m3u HTTP/1.0\r\n" + strings.Repeat("A:b\r\n", 2000) + "\r\n", "400", "more than 200 header lines"},
	{"a field without a colon", "GET /live.m3u HTTP/1.0\r\nhello\r\n\r\n", "200", ""},
	{"a field without a name", "GET /live.m3u HTTP/1.0\r\n: x\r\n\r\n", "200", ""},
	{"a blank before the colon", "GET /live.m3u HTTP/1.0\r\nHost : x\r\n\r\n", "200", ""},
	{"a folded field", "GET /live.m3u HTTP/1.0\r\nX-A: b\r\n c\r\n\r\n", "200", ""},
	{"a NUL in a field", "GET /live.m3u HTTP/1.0\r\nX-A: b\x00c\r\n\r\n", "200", ""},
	{"a NUL in a field's name", "GET /live.m3u HTTP/1.0\r\nX\x00A: b\r\n\r\n", "200", ""},
	{"a lonely carriage return in a field", "GET /live.m3u HTTP/1.0\r\nX-A: b\rSet-Cookie: c\r\n\r\n", "200", ""},
	{"line feeds alone", "GET /live.m3u HTTP/1.0\nX-A: b\n\n", "200", ""},
	{"two carriage returns a line", "GET /live.m3u HTTP/1.0\r\r\nX-A: b\r\r\n\r\r\n\r\n", "200", ""},
	{"two Hosts", "GET /live.m3u HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "200", ""},
	{"a Host with markup", "GET /live.m3u HTTP/1.1\r\nHost: <script>alert(1)</script>\r\n\r\n", "200", "http://localhost"},
	{"a Host with a path", "GET /live.m3u HTTP/1.1\r\nHost: evil.example/x?\r\n\r\n", "200", "http://localhost"},
	{"a Host with a login", "GET /live.m3u HTTP/1.1\r\nHost: me@evil.example\r\n\r\n", "200", "http://localhost"},
	{"a forwarded host from a stranger", "GET /live.m3u HTTP/1.1\r\n" + host + "X-Forwarded-Host: evil.example\r\n\r\n", "200", "http://radio"},
	{"PROXY protocol from a stranger", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.0\r\n\r\n", "400", ""},
	{"PROXY protocol 2 from a stranger", "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x7f\x00\x00\x01\x7f\x00\x00\x01\x00\x01\x00\x02GET / HTTP/1.0\r\n\r\n", "400", ""},
	{"Expect something else", "GET /live.m3u HTTP/1.1\r\n" + host + "Expect: 200-maybe\r\n\r\n", "417", ""},
	{"Upgrade to h2c", "GET /live.m3u HTTP/1.1\r\n" + host + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n", "200", ""},
	{"Upgrade to a web socket", "GET /live.m3u HTTP/1.1\r\n" + host + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n\r\n", "200", ""},
	{"a bomb offered in return", "GET /live.m3u HTTP/1.1\r\n" + host + "Accept-Encoding: gzip;q=1e400, *;q=NaN\r\n\r\n", "200", ""},
	{"If-None-Match without end", "GET /live.m3u HTTP/1.1\r\n" + host + "If-None-Match: " + strings.Repeat(`"a",`, 2000) + "\r\n\r\n", "200", ""},
	{"a shell in the agent", "GET /live.m3u HTTP/1.1\r\n" + host + "User-Agent: () { :;}; /bin/touch /tmp/x\r\n\r\n", "200", ""},
	{"a lookup in the agent", "GET /live.m3u HTTP/1.1\r\n" + host + "User-Agent: ${jndi:ldap://127.0.0.1/x}\r\n\r\n", "200", ""},
}

// logins are wrong in every way; none of them may be accepted.
var logins = []request{
	{"no scheme", "GET /admin/stats HTTP/1.1\r\nAuthorization: YWRtaW46YWRtaW5wYXNz\r\n\r\n", "401", ""},
	{"no base64", "GET /admin/stats HTTP/1.1\r\nAuthorization: Basic ?????\r\n\r\n", "401", ""},
	{"no colon", "GET /admin/stats HTTP/1.1\r\n" + basic("adminadminpass") + "\r\n", "401", ""},
	{"empty", "GET /admin/stats HTTP/1.1\r\nAuthorization: \r\n\r\n", "401", ""},
	{"empty user and password", "GET /admin/stats HTTP/1.1\r\n" + basic(":") + "\r\n", "401", ""},
	{"empty password", "GET /admin/stats HTTP/1.1\r\n" + basic("admin:") + "\r\n", "401", ""},
	{"a NUL behind the password", "GET /admin/stats HTTP/1.1\r\n" + basic("admin:adminpass\x00") + "\r\n", "401", ""},
	{"a NUL behind the user", "GET /admin/stats HTTP/1.1\r\n" + basic("admin\x00:adminpass") + "\r\n", "401", ""},
	{"a line end in the user", "GET /admin/stats HTTP/1.1\r\n" + basic("admin\n"+forged+"all is well:x") + "\r\n", "401", ""},
	{"a password of 8 KiB", "GET /admin/stats HTTP/1.1\r\n" + basic("admin:"+strings.Repeat("a", 8<<10)) + "\r\n", "401", ""},
	{"a begun password", "GET /admin/stats HTTP/1.1\r\n" + basic("admin:adminpas") + "\r\n", "401", ""},
	{"another case", "GET /admin/stats HTTP/1.1\r\n" + basic("Admin:adminpass") + "\r\n", "401", ""},
	{"Digest", "GET /admin/stats HTTP/1.1\r\nAuthorization: Digest username=\"admin\", response=\"\"\r\n\r\n", "401", ""},
	{"Bearer", "GET /admin/stats HTTP/1.1\r\nAuthorization: Bearer adminpass\r\n\r\n", "401", ""},
	{"twice, the second right", "GET /admin/stats HTTP/1.1\r\n" + basic("admin:no") + basic("admin:adminpass") + "\r\n", "401", ""},
	{"the source's", "GET /admin/stats HTTP/1.1\r\n" + sourceLogin + "\r\n", "401", ""},
	{"the source's for killing its listeners' server", "GET /admin/killsource HTTP/1.1\r\n" + sourceLogin + "\r\n", "401", ""},
	{"the relay's for the statistics", "GET /admin/stats HTTP/1.1\r\n" + basic("relay:relaypass") + "\r\n", "401", ""},
	{"in the query", "GET /admin/stats?user=admin&pass=adminpass HTTP/1.1\r\n\r\n", "401", ""},
	{"the admin's as a source", "SOURCE /x HTTP/1.0\r\nContent-Type: audio/mpeg\r\n" + basic("admin:adminpass") + "\r\n", "401", ""},
	{"none for profiles", "GET /admin/debug/pprof/heap HTTP/1.1\r\n\r\n", "401", ""},
	{"none for the list of streams", "GET /admin/streamlist.txt HTTP/1.1\r\n\r\n", "401", ""},
	{"none for STATS", "STATS / HTTP/1.0\r\n\r\n", "401", ""},
	{"a SHOUTcast password with a line end", "wrong\rpass\r\nicy-name:x\r\n\r\n", "400", "not a request"},
	{"a SHOUTcast password with markup", "<script>\r\nicy-name:x\r\n\r\n", "", "invalid password"},
	{"a SHOUTcast password of 8 KiB", strings.Repeat("p", 8<<10) + "\r\nicy-name:x\r\n\r\n", "400", "not a request"},
}

// bodies try to smuggle a second request.
var bodies = []request{
	{"two lengths", "GET /live.m3u HTTP/1.1\r\n" + host + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + hidden, "400", ""},
	{"length and chunks", "POST /admin/stats HTTP/1.1\r\n" + host + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, "405", ""},
	{"chunks spelled otherwise", "POST /admin/stats HTTP/1.1\r\n" + host + "Content-Length: 4\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden, "501", ""},
	{"chunks with a blank before the colon", "GET /live.m3u HTTP/1.1\r\n" + host + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + hidden, "200", ""},
	{"chunks twice", "GET /live.m3u HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, "501", ""},
	{"a negative length", "GET /live.m3u HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n" + hidden, "400", ""},
	{"a length with a plus", "GET /live.m3u HTTP/1.1\r\n" + host + "Content-Length: +1\r\n\r\n" + hidden, "400", ""},
	{"a length in hex", "GET /live.m3u HTTP/1.1\r\n" + host + "Content-Length: 0x10\r\n\r\n" + hidden, "400", ""},
	{"a length beyond counting", "GET /live.m3u HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999\r\n\r\n" + hidden, "400", ""},
	{"a length that never comes", "GET /live.m3u HTTP/1.1\r\n" + host + "Content-Length: 1000000\r\n\r\n", "200", ""},
	{"a chunk beyond counting", "GET /live.m3u HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n" + hidden, "200", ""},
	{"a negative chunk", "GET /live.m3u HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n-1\r\n" + hidden, "200", ""},
	{"a request behind a request", "GET /live.m3u HTTP/1.1\r\n" + host + "\r\n" + hidden, "200", ""},
	{"a request behind a HEAD of a stream", "HEAD /live HTTP/1.1\r\n" + host + "\r\n" + hidden, "200", ""},
	{"a request behind a refusal", "PUT /x HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\n" + hidden, "401", ""},
	{"a compressed body", "POST /admin/stats HTTP/1.1\r\n" + host + "Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00", "405", ""},
	{"an upload", "POST / HTTP/1.1\r\n" + host + "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("--x\r\n", 100), "405", ""},
}

// framings are sources whose body has more than one possible length.
var framings = []request{
	{"a source with both lengths", "PUT /both HTTP/1.1\r\nContent-Type: audio/mpeg\r\n" + sourceLogin + "Content-Length: 1000\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, "200", ""},
	{"a source with compressed chunks", "PUT /both HTTP/1.1\r\nContent-Type: audio/mpeg\r\n" + sourceLogin + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501", ""},
	{"a source with chunks twice", "PUT /both HTTP/1.1\r\nContent-Type: audio/mpeg\r\n" + sourceLogin + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "501", ""},
	{"a source with chunks spelled otherwise", "PUT /both HTTP/1.1\r\nContent-Type: audio/mpeg\r\n" + sourceLogin + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "501", ""},
}

// hidden is a request that must not be answered.
const hidden = "GET /admin/stats HTTP/1.1\r\nHost: radio\r\nAuthorization: Basic YWRtaW46YWRtaW5wYXNz\r\n\r\n"

// paths lead out of the folders that they belong to, or nowhere.
var paths = []request{
	{"climbing", "GET /../../../../etc/passwd HTTP/1.0\r\n\r\n", "404", ""},
	{"climbing, escaped", "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.0\r\n\r\n", "404", ""},
	{"climbing, escaped twice", "GET /%252e%252e/etc/passwd HTTP/1.0\r\n\r\n", "404", ""},
	{"climbing with backslashes", "GET /..\\..\\etc\\passwd HTTP/1.0\r\n\r\n", "404", ""},
	{"climbing from a page", "GET /admin/../../etc/passwd HTTP/1.0\r\n\r\n", "400", "Unrecognised command"},
	{"climbing in a playlist", "GET /../../etc/passwd.m3u HTTP/1.0\r\n\r\n", "404", ""},
	{"climbing in a playlist's page", "GET /live.m3u/../../etc/passwd HTTP/1.0\r\n\r\n", "404", ""},
	{"the configuration", "GET /relay.toml HTTP/1.0\r\n\r\n", "404", ""},
	{"the log", "GET /access.log HTTP/1.0\r\n\r\n", "404", ""},
	{"Icecast's web folder", "GET /web/../icecast.xml HTTP/1.0\r\n\r\n", "404", ""},
	{"a drive", "GET /C:/Windows/win.ini HTTP/1.0\r\n\r\n", "404", ""},
	{"a device", "GET /dev/zero HTTP/1.0\r\n\r\n", "404", ""},
	{"git", "GET /.git/config HTTP/1.0\r\n\r\n", "404", ""},
	{"an environment", "GET /.env HTTP/1.0\r\n\r\n", "404", ""},
	{"an admin command that is none", "GET /admin/../../stats HTTP/1.0\r\n\r\n", "400", "Unrecognised command"},
	{"an admin command with markup", "GET /admin/<script>alert(1)</script> HTTP/1.0\r\n\r\n", "400", ""},
	{"a profile that is none", "GET /admin/debug/pprof/..%2f..%2fetc%2fpasswd HTTP/1.0\r\n" + basic("admin:adminpass") + "\r\n", "400", ""},
	{"a query without end", "GET /status-json.xsl?mount=" + strings.Repeat("%41", 4000) + " HTTP/1.0\r\n\r\n", "200", ""},
	{"a query of separators", "GET /status-json.xsl?" + strings.Repeat("&=;", 4000) + " HTTP/1.0\r\n\r\n", "200", ""},
	{"a playlist for a mount with a line end", "GET /a%0d%0aevil.example.m3u HTTP/1.0\r\n\r\n", "404", ""},
	{"a playlist for a mount with markup", "GET /%3Cscript%3E.xspf HTTP/1.0\r\n\r\n", "200", "<trackList></trackList>"},
	{"kill a mount with a line end", "GET /admin/killsource?mount=/x%0d%0ay HTTP/1.0\r\n" + basic("admin:adminpass") + "\r\n", "400", ""},
	{"move to nowhere", "GET /admin/moveclients?mount=/live&destination=/nowhere HTTP/1.0\r\n" + basic("admin:adminpass") + "\r\n", "400", ""},
	{"move to oneself", "GET /admin/moveclients?mount=/live&destination=/live HTTP/1.0\r\n" + basic("admin:adminpass") + "\r\n", "400", ""},
	{"kill nobody", "GET /admin/killclient?mount=/live&id=99999999999999999999 HTTP/1.0\r\n" + basic("admin:adminpass") + "\r\n", "200", "not found"},
	{"a fallback in a circle", "GET /admin/fallbacks?mount=/live&fallback=/live HTTP/1.0\r\n" + basic("admin:adminpass") + "\r\n", "400", ""},
}

// pages are requests for pages, not only from browsers.
var pages = []request{
	{"climbing from the assets", "GET /assets/x/../../../etc/passwd HTTP/1.0\r\n\r\n", "404", ""},
	{"climbing from the assets, escaped", "GET /assets/x/..%2f..%2f..%2fetc%2fpasswd HTTP/1.0\r\n\r\n", "404", ""},
	{"a folder of the assets", "GET /assets/x/ HTTP/1.0\r\n\r\n", "404", ""},
	{"the source of an asset", "GET /assets/x/../templates/admin.html HTTP/1.0\r\n\r\n", "404", ""},
	{"an asset with a NUL", "GET /assets/x/relay.css%00.js HTTP/1.0\r\n\r\n", "404", ""},
	{"ranges of an asset without end", "GET /assets/x/live.js HTTP/1.1\r\n" + host + "Range: bytes=" + strings.Repeat("0-1,", 2000) + "0-1\r\n\r\n", "200", ""},
	{"climbing from the player", "GET /player/../web/icecast/ HTTP/1.0\r\n\r\n", "404", ""},
	{"the player of a mount with markup", "GET /player/%3Cscript%3Ealert(1)%3C/script%3E HTTP/1.0\r\n\r\n", "404", ""},
	{"the player in a theme with markup", "GET /player/live?theme=%22%3E%3Cscript%3Ealert(1) HTTP/1.0\r\n\r\n", "200", "data-mount"},
	{"the studio of a mount with a NUL", "GET /dj/a%00b HTTP/1.0\r\n\r\n", "404", ""},
	{"the studio of a mount with a line end", "GET /dj/a%0d%0ab HTTP/1.0\r\n\r\n", "404", ""},
	{"the studio with another's login", "GET /dj/live HTTP/1.0\r\n" + basic("relay:relaypass") + "\r\n", "401", ""},
	{"a cookie that is none", "GET /admin/ HTTP/1.1\r\n" + host + "Cookie: relay_session\r\n\r\n", "401", ""},
	{"a guessed cookie", "GET /admin/ HTTP/1.1\r\n" + host + "Cookie: relay_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n\r\n", "401", ""},
	{"a cookie of 12 KiB", "GET /admin/ HTTP/1.1\r\n" + host + "Cookie: relay_session=" + strings.Repeat("a", 12<<10) + "\r\n\r\n", "401", ""},
	{"a thousand cookies", "GET /admin/ HTTP/1.1\r\n" + host + "Cookie: " + strings.Repeat("a=b; ", 1000) + "\r\n\r\n", "401", ""},
	{"a page by POST", "POST /admin/ HTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\n", "405", ""},
}

// sentences are invalid requests of the API.
var sentences = []request{
	{"no login", "GET /api/v1/mounts HTTP/1.1\r\n" + host + "\r\n", "401", "application/problem+json"},
	{"a token that is none", "GET /api/v1/mounts HTTP/1.1\r\n" + host + "Authorization: Bearer x\r\n\r\n", "401", ""},
	{"climbing from a mount", "GET /api/v1/mounts/..%2f..%2fetc%2fpasswd HTTP/1.1\r\n" + host + basic("admin:adminpass") + "\r\n", "404", ""},
	{"compressed JSON", "PUT /api/v1/mounts/live/title HTTP/1.1\r\n" + host + "Content-Type: application/json\r\nContent-Encoding: gzip\r\n" + basic("admin:adminpass") + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(zipped), zipped), "400", ""},
	{"an order from another site", "POST /api/v1/reload HTTP/1.1\r\n" + host + "Origin: http://evil.example\r\n" + basic("admin:adminpass") + "Content-Length: 0\r\n\r\n", "403", ""},
	{"an order that a browser sends for another site", "POST /api/v1/reload HTTP/1.1\r\n" + host + "Sec-Fetch-Site: cross-site\r\n" + basic("admin:adminpass") + "Content-Length: 0\r\n\r\n", "403", ""},
	{"no JSON", "PUT /api/v1/mounts/live/title HTTP/1.1\r\n" + host + "Content-Type: text/plain\r\n" + basic("admin:adminpass") + "Content-Length: 2\r\n\r\n{}", "415", ""},
	{"JSON without end", "PUT /api/v1/mounts/live/title HTTP/1.1\r\n" + host + "Content-Type: application/json\r\n" + basic("admin:adminpass") + "Content-Length: 60000\r\n\r\n" + strings.Repeat("[", 60000), "400", ""},
	{"JSON beyond the limit of a body", "PUT /api/v1/mounts/live/title HTTP/1.1\r\n" + host + "Content-Type: application/json\r\n" + basic("admin:adminpass") + "Content-Length: 100000\r\n\r\n" + strings.Repeat("[", 100000), "413", ""},
	{"JSON of another kind", "PUT /api/v1/mounts/live/title HTTP/1.1\r\n" + host + "Content-Type: application/json\r\n" + basic("admin:adminpass") + "Content-Length: 13\r\n\r\n{\"title\":[1]}", "400", ""},
	{"a member that is not known", "PUT /api/v1/mounts/live/title HTTP/1.1\r\n" + host + "Content-Type: application/json\r\n" + basic("admin:adminpass") + "Content-Length: 22\r\n\r\n{\"title\":\"a\",\"evil\":1}", "400", ""},
	{"a page of listeners beyond counting", "GET /api/v1/mounts/live/listeners?limit=99999999999 HTTP/1.1\r\n" + host + basic("admin:adminpass") + "\r\n", "400", ""},
	{"a mount that runs a program", "PUT /api/v1/mounts/new HTTP/1.1\r\n" + host + "Content-Type: application/json\r\n" + basic("admin:adminpass") + "Content-Length: 71\r\n\r\n" + `{"rendition":[{"name":"/x","bitrate":64,"command":"touch /tmp/owned"}]}`, "403", ""},
	{"points of a curve beyond counting", "GET /api/v1/history/listeners?from=1970-01-01T00:00:00Z&step=60 HTTP/1.1\r\n" + host + basic("admin:adminpass") + "\r\n", "400", ""},
}

// zipped is {"title":"a"} compressed by gzip.
var zipped = func() string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, `{"title":"a"}`)
	w.Close()
	return b.String()
}()

// mounts are names that a source may not have, and some that could be confused with
// others.
var mounts = func() (list []request) {
	for name, mount := range map[string]string{
		"climbing": "/../x", "climbing below": "/a/../../x", "a dot": "/./x",
		"a line end": "/a%0d%0ab", "a NUL": "/a%00b", "an escape sequence": "/a%1b%5b2J",
		"an admin command": "/admin/stats", "the API": "/api/v1/status", "the statistics": "/status-json.xsl",
		"the health": "/healthz", "the metrics": "/metrics", "a pattern": "/a*", "not UTF-8": "/a%ff%fe", "a text that runs backwards": "/a%e2%80%aeb",
		"300 bytes": "/" + strings.Repeat("m", 300), "DEL": "/a%7fb", "DEL, bare": "/a\x7fb",
		"a control of a terminal": "/a%c2%9b2J", "a control of a terminal, bare": "/a\u009b2J", "half a control of a terminal": "/a%9b2J",
	} {
		list = append(list, asSource(name, mount, "400"))
	}
	return append(list, asSource("the root", "/", "200"), asSource("no slash", "live", "400"), asSource("a slash at the end", "/slash/", "200"),
		asSource("an empty folder", "/folder//b", "200"), asSource("a query in the name", "/query%3fb", "200"),
		asSource("a fragment in the name", "/fragment%23b", "200"))
}()

func asSource(name, mount, want string) request {
	return request{name, "SOURCE " + mount + " HTTP/1.0\r\nContent-Type: audio/mpeg\r\n" + sourceLogin + "\r\n", want, ""}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	s := open(t, "")
	for group, requests := range map[string][]request{
		"heads": heads, "logins": logins, "bodies": bodies, "framings": framings, "paths": paths, "mounts": mounts, "pages": pages, "sentences": sentences,
	} {
		t.Run(group, func(t *testing.T) {
			for _, r := range requests {
				t.Run(r.name, func(t *testing.T) {
					answer := s.ask(t, r.raw)
					if status := statusOf(answer); status != r.want || !strings.Contains(answer, r.says) {
						t.Errorf("status %q, want %q with %q: %.500q", status, r.want, r.says, answer)
					}
					if n := strings.Count(answer, "HTTP/1."); n > 1 {
						t.Errorf("%d answers: %.1000q", n, answer)
					}
					for _, leak := range []string{"root:", "adminpass", "hackme", "\nSet-Cookie", "<script>alert", "goroutine "} {
						if strings.Contains(answer, leak) {
							t.Errorf("the answer holds %q: %.1000q", leak, answer)
						}
					}
					s.settled(t)
				})
			}
		})
	}
}

// statusOf returns the status of an answer, or "".
func statusOf(answer string) (status string) {
	if strings.HasPrefix(answer, "HTTP/1.") {
		fmt.Sscanf(answer[len("HTTP/1.x "):], "%3s", &status)
	}
	return status
}
