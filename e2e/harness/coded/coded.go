// Package coded has other names for parts of harness, until its last user has changed.
package coded

import "relay/e2e/harness"

// The names.
var (
	All, Besides                       = harness.Codings, harness.BesideMP3
	MP3, AAC, Opus                     = harness.MP3, harness.AAC, harness.Opus
	Raw, Page, Pages, Seal             = harness.MakeAudio, harness.OggPage, harness.OggPages, harness.SealPage
	SetGranule, SetSerial, SetSequence = harness.SetGranule, harness.SetSerial, harness.SetSequence
)
