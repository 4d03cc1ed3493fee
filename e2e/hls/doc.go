// Package hls plays HLS with the programs that people use, through titles, other
// renditions, and a source that dies and comes back. What each of them plays is a tone, and
// is measured. Beside them, a strict client reads every playlist and fetches every segment.
//
//	go test ./e2e/hls                          # each program for a minute or two
//	RELAY_E2E_LONG=1 go test ./e2e/hls -v      # three minutes, with figures
package hls
