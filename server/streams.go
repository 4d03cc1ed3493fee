package server

import (
	"net/http"
	"strconv"
	"strings"

	"relay/conf"
	"relay/icy"
	"relay/mounts"
)

// mount returns the mount that a listener's request asks for, or nil. A mount with
// exactly the path as its name comes first. The other forms stay valid, since
// directories and players keep them for good:
//
//	/;             also /;stream.mp3: the first stream, as in SHOUTcast
//	/stream/2/     the second stream
//	/live/;        also /live;stream.mp3, /live/, //live and /live%3fx: the mount /live
//	/              the first stream for a player that accepts nothing else; the page for
//	               all other clients
func (s *Server) mount(req *http.Request) *mounts.Mount {
	path := req.URL.Path
	if m := s.Registry.Find(path); m != nil {
		return m
	}
	name, _, marked := strings.Cut(path, ";")
	name = conf.MountPath(name)
	if name == "/" && (marked || takesStreamsAlone(req)) {
		return s.numbered(1)
	}
	if m := s.Registry.Find(name); m != nil {
		return m
	}
	if number, ok := strings.CutPrefix(name, "/stream/"); ok {
		if n, err := strconv.Atoi(number); err == nil {
			return s.numbered(n)
		}
	}
	return nil
}

// numbered returns mount number n of Registry.Numbered, from 1, or nil.
func (s *Server) numbered(n int) *mounts.Mount {
	if list := s.Registry.Numbered(); n >= 1 && n <= len(list) {
		return list[n-1]
	}
	return nil
}

// takesStreamsAlone reports whether a request comes from a player that cannot show a
// page.
func takesStreamsAlone(req *http.Request) bool {
	return (icy.WantsMetadata(req.Header) || icy.WantsICY(req.UserAgent())) && !strings.Contains(req.Header.Get("Accept"), "html")
}
