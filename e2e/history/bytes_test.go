package history

import (
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"relay/e2e/harness"
)

// The bytes in access.log are those that the client was sent, the head included, as
// Icecast counts them.
func TestAccessLogCountsWhatWasSent(t *testing.T) {
	t.Parallel()
	access := filepath.Join(t.TempDir(), "access.log")
	r := harness.Start(t, harness.Config+"access_file = '"+access+"'\n")
	e := r.Encode(t, "/live")
	e.Frames(t, 50)
	admin := "Authorization: " + harness.Basic("admin", "adminpass") + "\r\n"
	received := map[string]int64{}
	for name, head := range map[string]string{
		"page":       "GET / HTTP/1.1\r\nHost: a\r\n",
		"head":       "HEAD / HTTP/1.1\r\nHost: a\r\n",
		"status":     "GET /status-json.xsl HTTP/1.0\r\n",
		"headstatus": "HEAD /status-json.xsl HTTP/1.0\r\n",
		"missing":    "GET /none HTTP/1.0\r\n",
		"headnone":   "HEAD /none HTTP/1.1\r\nHost: a\r\n",
		"options":    "OPTIONS /live HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\n",
		"refused":    "GET /admin/stats HTTP/1.1\r\nHost: a\r\n",
		"stats":      "GET /admin/stats HTTP/1.1\r\nHost: a\r\n" + admin,
		"post":       "POST /api/v1/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n",
		"playlist":   "GET /live.m3u HTTP/1.0\r\n",
		"headlive":   "HEAD /live HTTP/1.1\r\nHost: a\r\n",
		"source":     "SOURCE /live HTTP/1.0\r\n",
	} {
		conn := r.Dial(t)
		body := ""
		if name == "post" {
			body = "{}"
		}
		io.WriteString(conn, head+"User-Agent: "+name+"\r\n\r\n"+body)
		n, err := io.Copy(io.Discard, conn)
		if err != nil || n == 0 {
			t.Fatalf("%s: %d bytes, %v", name, n, err)
		}
		received[name] = n
		conn.Close()
	}
	conn := r.Dial(t)
	io.WriteString(conn, "GET /live HTTP/1.0\r\nIcy-MetaData: 1\r\nUser-Agent: listener\r\n\r\n")
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	r.Admin(t, "/admin/killclient?mount=/live&id="+strconv.Itoa(r.Clients(t, "/live").Source[0].Listener[0].ID))
	n, err := io.Copy(io.Discard, conn)
	if err != nil {
		t.Fatal(err)
	}
	received["listener"] = 1 + n
	for agent, want := range received {
		line := regexp.MustCompile(`(?m) (\d+) "-" "` + agent + `" \d+$`)
		harness.Eventually(t, "the line of "+agent, func() bool { return line.MatchString(harness.ReadFile(t, access)) })
		if logged := line.FindStringSubmatch(harness.ReadFile(t, access))[1]; logged != strconv.FormatInt(want, 10) {
			t.Errorf("%s: the log has %s bytes, %d were received", agent, logged, want)
		}
	}
}
