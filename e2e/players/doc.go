// Package players proves that players which buffer little never run dry: a listener
// is flushed the less often the more audio it has ahead of time, and that must not be
// so seldom that one of them falls silent.
//
// Radios are models on sockets of their own: they hold so many bytes, read as they
// decode, and count underruns by a clock that runs only as far as the machine lets
// them run. Programs are those that people use. The sound of mpg123, mpv and MPD is
// counted by the same clock, VLC says itself when audio came too late, and audio
// elements of browsers say when they wait. What happens while the machine does not let a
// program run does not count. All hear silence at 320, 128 and 48 kbit/s.
//
//	go test ./e2e/players                                  # the radios, half a minute
//	go test ./e2e/players -stretch 10m -timeout 30m -v     # all, ten minutes, with figures
package players
