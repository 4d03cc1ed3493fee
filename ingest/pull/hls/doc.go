// Package hls pulls a stream by HTTP Live Streaming (RFC 8216 and its draft successor,
// rfc8216bis): it follows a playlist, fetches the segments that the playlist names, and
// hands out their audio as one stream of MP3 or ADTS bytes.
//
//	in:   playlists; segments of packed audio (RFC 8216 §3.4) or MPEG-TS (§3.2)
//	out:  bytes for a framer, at the pace at which they play, and titles at their place
//
// A Client belongs to one relay and outlives its connections: it remembers which segment
// was played last. Client.Open starts the goroutine of a Stream; Stream.Close waits for it.
package hls
