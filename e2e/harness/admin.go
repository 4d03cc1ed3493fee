package harness

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
	"testing"
)

// Admin fetches a page with the operator's login and returns the status and the body
// of the answer. The login is that of Config.
func (r *Relay) Admin(t testing.TB, path string) (status int, body string) {
	t.Helper()
	status, _, body = r.Request(t, "GET", path, "admin", "adminpass")
	return status, body
}

// JSON reads an answer for the operator, which must be 200 and JSON, into a variable.
func (r *Relay) JSON(t testing.TB, path string, into any) {
	t.Helper()
	status, body := r.Admin(t, path)
	if err := json.Unmarshal([]byte(body), into); err != nil || status != http.StatusOK {
		t.Fatalf("%s: %d, %v\n%s", path, status, err, body)
	}
}

// SetTitle sets the title of a mount through /admin/metadata, as control panels and
// encoders do. It fails the test unless the answer is 200.
func (r *Relay) SetTitle(t testing.TB, mount, title string) {
	t.Helper()
	if status, body := r.Admin(t, "/admin/metadata?mode=updinfo&charset=UTF-8&mount="+url.QueryEscape(mount)+"&song="+url.QueryEscape(title)); status != 200 {
		t.Fatalf("title: %d %s", status, body)
	}
}

// Clients is the part of /admin/listclients that control panels read.
type Clients struct {
	Source []struct {
		Mount    string   `xml:"mount,attr"`
		Count    int      `xml:"Listeners"`
		Listener []Listed `xml:"listener"`
	} `xml:"source"`
}

// Listed is a listener in /admin/listclients.
type Listed struct {
	IP, UserAgent string
	Connected, ID int
	Relay         int `xml:"relay"`
}

// Clients fetches /admin/listclients of a mount. It fails the test if the answer has
// no entry for the mount.
func (r *Relay) Clients(t testing.TB, mount string) (list Clients) {
	t.Helper()
	status, body := r.Admin(t, "/admin/listclients?mount="+mount)
	if err := xml.Unmarshal([]byte(body), &list); err != nil || status != 200 || len(list.Source) != 1 {
		t.Fatalf("listclients: %d, %v\n%s", status, err, body)
	}
	return list
}
