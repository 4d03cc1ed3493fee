package icecast

import (
	"testing"

	"relay/mounts"
)

// For Ogg, Icecast gives artist and title apart, and what the headers say under names of
// their own.
func TestOggFacts(t *testing.T) {
	title := mounts.Title{Text: "Anna - Song"}
	for _, tt := range []struct {
		programme mounts.Programme
		want      ogg
	}{
		{mounts.Programme{Type: "application/ogg", Codec: "Opus", BitRate: 96, SampleRate: 48000, Channels: 2, Title: title}, ogg{"Opus", "Anna", "Song", 96000, 2, 48000}},
		{mounts.Programme{Type: "audio/ogg", Codec: "Vorbis", Title: mounts.Title{Text: "Jingle"}}, ogg{subtype: "Vorbis", title: "Jingle"}},
		{mounts.Programme{Type: "audio/aac", Codec: "AAC", BitRate: 64, SampleRate: 44100, Channels: 2, Title: title}, ogg{title: "Anna - Song"}},
		{mounts.Programme{Type: "application/ogg", Title: title}, ogg{title: "Anna - Song"}}, // nothing has played
	} {
		if got := oggFacts(mounts.Status{Programme: tt.programme}); got != tt.want {
			t.Errorf("%+v, want %+v", got, tt.want)
		}
	}
}
