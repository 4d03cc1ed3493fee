//go:build linux

// Command bench measures relay beside its peers, on loopback, in one run.
//
//	go run ./bench                       5,000 listeners of one mount: steady
//	go run ./bench -mode storm           all of them connect at once
//	go run ./bench -mode all -doc docs/performance.md
//
// It builds the server, starts it and its peers one after the other (icecast2
// and, in the steady run, icecast-kh, if they are installed; any other by -peer),
// feeds each the same real-time 128 kbit/s stream, and opens the listeners from a
// process of its own: the binary runs itself again as the load, and as the floor,
// which does nothing but write(2) the same bytes to as many sockets on the same
// cadence. Every frame carries a number, and every listener checks every frame.
//
// Only loopback addresses are used; every loop is bounded in count and time.
package main
