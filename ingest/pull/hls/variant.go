package hls

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"relay/conf"
)

// maxCandidates is how many variants of a playlist are tried.
const maxCandidates = 6

var (
	errNested  = errors.New("a variant in its playlist is a list of variants again")
	errNoAudio = errors.New("none of the variants in its playlist has audio")
)

// candidate is a media playlist that may have the audio.
type candidate struct {
	uri       string
	codec     string // its configuration key; empty: unknown
	alone     bool   // it has no picture
	bandwidth int
}

// candidates returns the media playlists in which to look for audio of a codec ("": any),
// best first. Of those with nothing but audio the one with the highest bit rate comes first.
// Pictures are thrown away, so of the others the lowest one does.
func (l *playlist) candidates(codec string) ([]candidate, error) {
	var list []candidate
	var foreign string
	for _, v := range l.variants {
		audio, picture, plays := soundOf(v.codecs)
		c := candidate{uri: v.uri, codec: audio, alone: !picture && !v.picture, bandwidth: v.bandwidth}
		if uri := l.renditionOf(v.group); uri != "" {
			c.uri, c.alone = uri, true
		} else if !plays {
			foreign = v.codecs
			continue
		}
		if !slices.ContainsFunc(list, func(other candidate) bool { return other.uri == c.uri }) {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		if foreign != "" {
			return nil, fmt.Errorf("the variants in its playlist have %s, and this server plays MP3 and AAC", quote(foreign))
		}
		return nil, errNoAudio
	}
	fits := func(c candidate) int {
		switch {
		case codec == "" || c.codec == codec:
			return 0
		case c.codec == "":
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(a, b candidate) int {
		switch {
		case fits(a) != fits(b):
			return fits(a) - fits(b)
		case a.alone && !b.alone:
			return -1
		case b.alone && !a.alone:
			return 1
		case a.alone:
			return cmp.Compare(b.bandwidth, a.bandwidth)
		}
		return cmp.Compare(a.bandwidth, b.bandwidth)
	})
	return list[:min(len(list), maxCandidates)], nil
}

// renditionOf returns the address of the audio of a group; empty: the variants have it.
func (l *playlist) renditionOf(group string) string {
	best, at := "", -1
	for _, r := range l.renditions {
		rank := 0
		switch {
		case r.isDefault:
			rank = 2
		case r.mayBeChosen:
			rank = 1
		}
		if group != "" && r.group == group && rank > at {
			best, at = r.uri, rank
		}
	}
	return best
}

// soundOf reads the codecs of a variant (RFC 6381). plays is false if they name no audio
// that can be played.
func soundOf(codecs string) (audio string, picture, plays bool) {
	if strings.TrimSpace(codecs) == "" {
		return "", false, true
	}
	for _, name := range strings.Split(strings.ToLower(codecs), ",") {
		switch name = strings.TrimSpace(name); {
		case name == "mp4a.40.34" || name == "mp4a.69" || name == "mp4a.6b" || name == "mp3":
			audio = conf.MP3
		case strings.HasPrefix(name, "mp4a") || name == "aac":
			audio = conf.AAC
		case slices.ContainsFunc([]string{"avc", "hvc", "hev", "vp0", "vp8", "vp9", "av01", "dvh", "mp4v"}, func(p string) bool { return strings.HasPrefix(name, p) }):
			picture = true
		}
	}
	return audio, picture, audio != ""
}
