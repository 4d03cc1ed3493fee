package conf

import "time"

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
