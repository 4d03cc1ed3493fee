package known

import (
	"cmp"
	"slices"

	"relay/codec"
	"relay/codec/aac"
	"relay/codec/mp3"
	"relay/codec/ogg"
)

// Codecs lists all codecs.
var Codecs = []codec.Codec{mp3.Codec, aac.Codec, ogg.Opus, ogg.Vorbis, ogg.FLAC}

// Default is the codec of a stream that nothing else decides.
var Default = mp3.Codec

// ByKey returns the codec with a key, or nil.
func ByKey(key string) codec.Codec {
	for _, c := range Codecs {
		if c.Key() == key {
			return c
		}
	}
	return nil
}

// Complete returns a format with what every player plays in place of what is not known.
func Complete(f codec.Format) codec.Format {
	if f.Codec == nil {
		f.Codec = Default
	}
	rate := 44100
	if f.Codec == ogg.Opus {
		rate = ogg.OpusRate
	}
	f.SampleRate, f.Channels = cmp.Or(f.SampleRate, rate), cmp.Or(f.Channels, 2)
	return f
}

// A Label is what a sender says that a stream is.
type Label struct {
	// Name is that of a codec or container, such as "Ogg"; empty: Unlabelled.
	Name string
	// Codecs are those that it may hold; nil: any.
	Codecs []codec.Codec

	newFramer func() codec.Framer
}

// NewFramer returns a framer for such a stream. It takes nothing else.
func (l Label) NewFramer() codec.Framer { return l.newFramer() }

// Unlabelled is a stream whose bytes must show what it is.
var Unlabelled = Label{newFramer: NewFramer}

// ByMediaType returns the label that a Content-Type is, Unlabelled if it does not name
// any format. ok is false if it names one that cannot be played.
func ByMediaType(contentType string) (l Label, ok bool) {
	kind := mediaType(contentType)
	for _, label := range labels {
		if slices.Contains(label.names, kind) {
			return label.Label, true
		}
	}
	return Label{}, false
}

// labels has the names in use for each label.
var labels = []struct {
	Label
	names []string
}{
	{Label{"MP3", []codec.Codec{mp3.Codec}, mp3.Codec.NewFramer}, []string{
		"audio/mpeg", "audio/mp3", "audio/mpa", "audio/mpg", "audio/mpeg3", "audio/mpeg-3", "audio/mpegaudio", "audio/mpeg-layer3",
		"audio/x-mpeg", "audio/x-mp3", "audio/x-mpa", "audio/x-mpg", "audio/x-mpeg3", "audio/x-mpeg-3", "audio/x-mpegaudio",
		"application/mp3", "application/x-mp3", "mp3", "mpeg", "mpeg3", "mpga", "mpa",
	}},
	{Label{"AAC", []codec.Codec{aac.Codec}, aac.Codec.NewFramer}, []string{
		"audio/aac", "audio/aacp", "audio/x-aac", "audio/x-aacp", "audio/aac-adts", "audio/x-hx-aac-adts", "audio/vnd.dlna.adts", "application/aac",
		"application/aacp", "aac", "aacp",
	}},
	{Label{"Ogg", []codec.Codec{ogg.Opus, ogg.Vorbis, ogg.FLAC}, ogg.Opus.NewFramer}, []string{
		"application/ogg", "audio/ogg", "application/x-ogg", "audio/x-ogg", "audio/opus", "audio/vorbis", "audio/x-vorbis", "audio/x-vorbis+ogg",
		"audio/x-opus+ogg", "audio/x-flac+ogg", "audio/flac+ogg", "ogg", "opus", "vorbis",
	}},
	{Unlabelled, []string{
		"", "audio/*", "application/octet-stream", "application/x-octet-stream", "binary/octet-stream", "octet-stream", "audio/unknown", "application/unknown",
	}},
}

// Unplayable returns the sentence for the sender of a stream whose Content-Type names
// something that cannot be played.
func Unplayable(contentType string) string {
	return "This server takes MP3 (Content-Type: audio/mpeg), AAC (audio/aac) and Ogg with Opus, Vorbis or FLAC (application/ogg), not " + quoted(contentType)
}
