package history

import "strings"

// players lists parts of User-Agents, in lower case, and the name of the player. The
// first match counts: browsers name each other, and apps name the system's player
// beneath them.
var players = []struct{ part, name string }{
	{"tunein", "TuneIn"},
	{"radiodroid", "RadioDroid"},
	{"alexa", "Amazon Alexa"},
	{"sonos", "Sonos"},
	{"crkey", "Chromecast"},
	{"google-speech", "Google Home"},
	{"roku", "Roku"},
	{"kodi", "Kodi"},
	{"vlc", "VLC"},
	{"mpv", "mpv"},
	{"libmpv", "mpv"},
	{"winamp", "Winamp"},
	{"foobar2000", "foobar2000"},
	{"xmplay", "XMPlay"},
	{"aimp", "AIMP"},
	{"audacious", "Audacious"},
	{"clementine", "Clementine"},
	{"strawberry", "Strawberry"},
	{"rhythmbox", "Rhythmbox"},
	{"mplayer", "MPlayer"},
	{"mpg123", "mpg123"},
	{"nsplayer", "Windows Media Player"},
	{"windows-media-player", "Windows Media Player"},
	{"itunes", "iTunes, Apple Music"},
	{"apple music", "iTunes, Apple Music"},
	{"applecoremedia", "Apple devices"},
	{"quicktime", "Apple devices"},
	{"homepod", "Apple devices"},
	{"streamripper", "Streamripper"},
	{"liquidsoap", "Liquidsoap"},
	{"icecast", "Icecast"},
	{"shoutcast", "SHOUTcast"},
	{"butt", "butt"},
	{"mixxx", "Mixxx"},
	{"exoplayer", "Android apps"},
	{"stagefright", "Android apps"},
	{"dalvik", "Android apps"},
	{"okhttp", "Android apps"},
	{"gstreamer", "GStreamer"},
	{"libsoup", "GStreamer"},
	{"lavf", "FFmpeg"},
	{"ffmpeg", "FFmpeg"},
	{"bass/", "BASS"},
	{"curl", "curl"},
	{"wget", "Wget"},
	{"edg/", "Edge"},
	{"edga/", "Edge"},
	{"edge/", "Edge"},
	{"opr/", "Opera"},
	{"opera", "Opera"},
	{"samsungbrowser", "Samsung Internet"},
	{"vivaldi", "Vivaldi"},
	{"fxios", "Firefox"},
	{"firefox", "Firefox"},
	{"crios", "Chrome"},
	{"chrome", "Chrome"},
	{"safari", "Safari"},
	{"msie", "Internet Explorer"},
	{"trident", "Internet Explorer"},
}

// unnamed stands for a program that does not name itself.
const unnamed = "unknown"

// PlayerName returns the common name of the program that sent a User-Agent. For unknown
// programs it is the text before the version (RFC 9110 section 10.1.5).
func PlayerName(agent string) string {
	small := strings.ToLower(agent)
	for _, p := range players {
		if strings.Contains(small, p.part) {
			return p.name
		}
	}
	product := strings.TrimSpace(agent)
	if end := strings.IndexAny(product, "/ \t;("); end >= 0 {
		product = product[:end]
	}
	if product == "" {
		return unnamed
	}
	return product
}
