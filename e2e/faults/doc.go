// Package faults breaks the machine under a running server: its log, disks, clock,
// descriptors, name service and neighbours.
//
// Each test starts the real binary as a station: a source that sends numbered frames,
// and a crowd of listeners that check every frame. It injects one fault, meanwhile
// does what a station does, and checks that no listener has lost anything, that the
// fault is reported, and that the server ends in time when it is told to.
//
//	s := open(t, start(t, configuration))
//	… the fault …
//	s.crowd.GoesOn(t)
package faults
