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

// latmSync is the first byte of an AudioSyncStream (LOAS), whose syncword is 0x2b7 in 11
// bits. The length of what follows has 13 (§1.7.2).
const latmSync = 0x56

// latmRow is how many frames of LATM in a row make a stream of it.
const latmRow = 4

// judgeLATM decides whether b begins with a row of LATM frames.
func judgeLATM(b []byte, finished bool) frames.Verdict {
	for range latmRow {
		if len(b) < 3 && !finished && (len(b) == 0 || b[0] == latmSync) {
			return frames.Unsure
		}
		if len(b) < 3 || b[0] != latmSync || b[1]&0xe0 != 0xe0 {
			return frames.None
		}
		b = b[min(3+int(b[1]&0x1f)<<8+int(b[2]), len(b)):]
	}
	return frames.Whole
}
