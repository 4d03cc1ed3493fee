package server

import (
	"net/http"
	"strconv"
	"strings"

	"relay/conf"
	"relay/icy"
	"relay/mounts"
)

// mount returns the mount that a listener's request is for, or nil. A mount that has the
// path as its name goes before all other ways to ask for one, which directories and
// players hold for good:
//
//	/;             also /;stream.mp3: the first stream, as SHOUTcast has it
//	/stream/2/     the second one
//	/live/;        also /live;stream.mp3, /live/, //live and /live%3fx: the mount /live
//	/              the first stream, if a player asks that takes nothing else: for
//	               everybody else this is the page
func (s *Server) mount(req *http.Request) *mounts.Mount {
	path := req.URL.Path
	if m := s.registry.Find(path); m != nil {
		return m
	}
	name, _, marked := strings.Cut(path, ";")
	name = conf.MountPath(name)
	if name == "/" && (marked || takesStreamsAlone(req)) {
		return s.numbered(1)
	}
	if m := s.registry.Find(name); m != nil {
		return m
	}
	if number, ok := strings.CutPrefix(name, "/stream/"); ok {
		if n, err := strconv.Atoi(number); err == nil {
			return s.numbered(n)
		}
	}
	return nil
}

// numbered returns the mount of a number, see Registry.Numbered, or nil.
func (s *Server) numbered(n int) *mounts.Mount {
	if list := s.registry.Numbered(); n >= 1 && n <= len(list) {
		return list[n-1]
	}
	return nil
}

// takesStreamsAlone reports whether a request comes from a player, to which a page would
// be of no use.
func takesStreamsAlone(req *http.Request) bool {
	return (icy.WantsMetadata(req.Header) || icy.WantsICY(req.UserAgent())) && !strings.Contains(req.Header.Get("Accept"), "html")
}
