package server

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/icy"
	"relay/mounts"
)

// Only a login that opens a hidden mount gets answers that mention the mount, at any
// path, even if the request names it.
func TestHiddenMountsAreToldOfNowhere(t *testing.T) {
	s := newServer(t, permitted+"[[mount]]\nname = '/secret'\nhidden = true\n")
	defer s.Registry.Close()
	s.Icecast.Music = noMusic{}
	in, err := s.Registry.Attach("/secret", mounts.Feed{Kind: mounts.LiveSource, Station: icy.Station{Name: "Nobody's business"}})
	if err != nil {
		t.Fatal(err)
	}
	in.SetTitle(mounts.Title{Text: "Hush"})
	header := frametest.Header(128000, 44100, 2)
	in.Write(mp3.Frame{Header: header, Data: frametest.Numbered(header, 1)}.Unit())
	router, requests := s.routes(), 0
	tells := func(path, login string) bool {
		req := httptest.NewRequest(http.MethodGet, path, nil)
		if user, password, given := strings.Cut(login, ":"); given {
			req.SetBasicAuth(user, password)
		}
		requests++ // each from its own address, which has not guessed a login yet
		req.RemoteAddr = fmt.Sprintf("10.0.%d.%d:1", requests>>8, requests&255)
		w := httptest.NewRecorder()
		router.ServeHTTP(w, req)
		text := strings.NewReplacer(`\/`, "/", "&#39;", "'").Replace(w.Body.String())
		return strings.Contains(text, "/secret") || strings.Contains(text, "Nobody's business") || strings.Contains(text, "Hush")
	}
	asking := slices.DeleteFunc(slices.Clone(askers), func(a asker) bool { return a.header != "" }) // those with a login of their own
	opened := map[string]bool{"operator": true, "source of /live": true}
	for _, row := range permissions {
		if row.method != http.MethodGet || strings.Contains(row.path, "mode=updinfo") {
			continue
		}
		bare, _, _ := strings.Cut(row.path, "?")
		for _, path := range []string{row.path, bare + "?mount=/secret", bare + "?mount=/secret&json=1&mode=viewxml"} {
			for _, asker := range asking {
				if tells(path, asker.login) && !opened[asker.who] {
					t.Errorf("%s tells %s of a hidden mount", path, asker.who)
				}
			}
		}
	}
	const operator, both = "operator", "source of /live, operator"
	for path, want := range map[string]string{
		"/metrics": operator, "/admin/stats": operator, "/admin/stats?mount=/secret": both, "/admin.cgi?mode=viewxml&mount=/secret": both,
		"/7.html?mount=/secret": both, "/7.xsl?mount=/secret": both, "/stats?mount=/secret": both, "/stats?mount=/secret&json=1": both,
	} {
		var told []string
		for _, asker := range asking {
			if tells(path, asker.login) {
				told = append(told, asker.who)
			}
		}
		if got := strings.Join(told, ", "); got != want {
			t.Errorf("%s tells %q, want %q", path, got, want)
		}
	}
	for _, path := range []string{"/7.html", "/7.xsl", "/stats"} {
		w := [2]*httptest.ResponseRecorder{httptest.NewRecorder(), httptest.NewRecorder()}
		for i, mount := range []string{"/secret", "/no-mount"} {
			router.ServeHTTP(w[i], httptest.NewRequest(http.MethodGet, path+"?mount="+mount, nil))
		}
		if w[0].Code != w[1].Code || w[0].Body.String() != w[1].Body.String() {
			t.Errorf("%s tells a hidden mount from one that is not there: %s, %s", path, w[0].Body, w[1].Body)
		}
	}
}

// The address and the playlists of a hidden mount work; the playlists do not contain
// the number of listeners.
func TestPlaylistOfAHiddenMount(t *testing.T) {
	s := newServer(t, "[[mount]]\nname = '/secret'\nhidden = true\n")
	defer s.Registry.Close()
	for mount, counts := range map[string]bool{"/secret": false, "/open": true} {
		if _, err := s.Registry.Attach(mount, mounts.Feed{Kind: mounts.Files}); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		s.routes().ServeHTTP(w, httptest.NewRequest(http.MethodGet, mount+".xspf", nil))
		if said := w.Body.String(); !strings.Contains(said, mount+"</location>") || strings.Contains(said, "Current Listeners") != counts || strings.Contains(said, "Peak Listeners") != counts {
			t.Errorf("%s: %s", mount, said)
		}
	}
}
