// Package faults breaks the machine under a running server: its log, disks, clock,
// descriptors, name service and neighbours.
//
// Each test starts the real binary as a station: a source that sends numbered
// frames, and a crowd of listeners that check every frame. It injects one fault,
// does what a station does meanwhile, and checks that no listener lost anything,
// that somebody is told, and that the server ends in time when it is asked to.
//
//	s := open(t, start(t, configuration))
//	… the fault …
//	s.crowd.GoesOn(t)
package faults
