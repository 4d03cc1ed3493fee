package server

// Alive tells whether the server does its work: the lists of connections and
// mounts can be reached, every mount can say how it is, and every writer comes
// by. Where something hangs it does not return, which tells the same; when the
// server is ending it returns false. It needs no connection and opens no file,
// so a server that is full is alive.
func (s *Server) Alive() bool {
	s.mu.Lock()
	open := s.conns != nil
	s.mu.Unlock()
	for _, m := range s.registry.List() {
		m.Status()
	}
	return open && s.writers.ComeBy()
}
