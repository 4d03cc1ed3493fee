package aac

import (
	"errors"

	"relay/codec/frames"
	"relay/codec/tag"
)

// What a sender is told whose stream never becomes ADTS.
var (
	errLATM = errors.New("it sends AAC in LATM, and this server takes ADTS: choose ADTS as the format of the stream")
	errADIF = errors.New("it sends AAC in ADIF, and this server takes ADTS: choose ADTS as the format of the stream")
	errMP4  = errors.New("it sends MP4, and this server takes AAC in ADTS: choose ADTS as the format of the stream")
)

// signatureSize is how many bytes foreignFile must see.
const signatureSize = 8

// foreignFile returns the error for a stream that begins like a file of another kind, or
// nil.
func foreignFile(b []byte) error {
	switch {
	case tag.Begins(b, "ADIF"): // §1.A.2.1
		return errADIF
	case len(b) < signatureSize:
		return nil
	}
	switch string(b[4:8]) {
	case "ftyp", "styp", "moof": // a file, a segment, a fragment (ISO/IEC 14496-12)
		return errMP4
	}
	return nil
}

// LATM is what the headers of an AudioSyncStream (LOAS) are like: a syncword of 11 bits,
// 0x2b7, and the length of what follows in 13 (§1.7.2).
var LATM = frames.Header{Sync: 0x56, Size: 3, Parse: func(b []byte) (size int, stream uint32) {
	if len(b) < 3 || b[0] != 0x56 || b[1]&0xe0 != 0xe0 {
		return 0, 0
	}
	return 3 + int(b[1]&0x1f)<<8 + int(b[2]), 0
}}

// latmRow is how many frames of LATM in a row make a stream of it.
const latmRow = 4

// judgeLATM decides whether b begins with a row of LATM frames.
func judgeLATM(b []byte, finished bool) frames.Verdict {
	switch _, _, end := LATM.Row(b, latmRow); {
	case end == frames.Enough:
		return frames.Whole
	case end == frames.Short && !finished:
		return frames.Unsure
	}
	return frames.None
}
