package harness

import (
	"encoding/xml"
	"net/url"
	"testing"
)

// Admin fetches a page with the login of the operator.
func (r *Relay) Admin(t testing.TB, path string) (status int, body string) {
	t.Helper()
	status, _, body = r.Request(t, "GET", path, "admin", "adminpass")
	return status, body
}

// SetTitle sets the title of a mount, as panels and encoders do.
func (r *Relay) SetTitle(t testing.TB, mount, title string) {
	t.Helper()
	if status, body := r.Admin(t, "/admin/metadata?mode=updinfo&charset=UTF-8&mount="+url.QueryEscape(mount)+"&song="+url.QueryEscape(title)); status != 200 {
		t.Fatalf("title: %d %s", status, body)
	}
}

// Clients is what panels read of /admin/listclients.
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

// Clients reads /admin/listclients of a mount.
func (r *Relay) Clients(t testing.TB, mount string) (list Clients) {
	t.Helper()
	status, body := r.Admin(t, "/admin/listclients?mount="+mount)
	if err := xml.Unmarshal([]byte(body), &list); err != nil || status != 200 || len(list.Source) != 1 {
		t.Fatalf("listclients: %d, %v\n%s", status, err, body)
	}
	return list
}
