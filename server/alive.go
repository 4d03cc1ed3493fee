package server

// Alive reports whether the server works: the lists of connections and mounts are
// reachable, every mount returns its status, and every writer responds. It returns
// false if the server is ending. It does not return if a part hangs; the caller must
// treat that as a failure. It needs no connection and no file, so a full server is
// alive.
func (s *Server) Alive() bool {
	s.mu.Lock()
	open := s.conns != nil
	s.mu.Unlock()
	for _, m := range s.Registry.List() {
		m.Status()
	}
	return open && s.Writers.ComeBy()
}
