package conf

import (
	"slices"
	"time"
)

// The bounds of Mount.HLSWindow. The window is in memory: an hour at 128 kbit/s takes
// 58 MB.
const (
	MinHLSWindow = Duration(time.Minute)
	MaxHLSWindow = Duration(time.Hour)
)

// checkHLS reports what is wrong with the settings for HTTP Live Streaming.
func (m *Mount) checkHLS(r *reader, p path) {
	if window := p.key("hls_window"); r.given(window) && r.usable(window) && (m.HLSWindow < MinHLSWindow || m.HLSWindow > MaxHLSWindow) {
		r.fail(window, "must be between %v and %v", MinHLSWindow, MaxHLSWindow)
	}
}

// reviewSegments warns of mounts whose codec HLS and the rewind do not carry.
func (c *Config) reviewSegments(r *reader) {
	carried := func(codec string) bool { return codec == "" || codec == MP3 || codec == AAC }
	for i, m := range c.Mounts {
		own := c.CodecOf(m.Name)
		if m.IsPattern() || carried(own) {
			continue
		}
		at := path{}.key("mount").item(i)
		offered := slices.ContainsFunc(m.Renditions, func(one Rendition) bool { return carried(one.Codec) })
		if m.HLS && !offered {
			r.warn(at.key("hls"), "offers nothing: HLS carries MP3 and AAC, and this mount plays %s; give it a rendition in one of them", codecName(own))
		}
		if m.Rewind > 0 {
			r.warn(at.key("rewind"), "keeps nothing: the rewind keeps MP3 and AAC, and this mount plays %s; give it a rendition in one of them, with a rewind of its own", codecName(own))
		}
	}
}
