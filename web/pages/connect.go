package pages

import (
	"cmp"
	"net/url"

	"relay/codec/known"
	"relay/conf"
)

// encoding says how programs are told to send a codec.
type encoding struct {
	Butt, Mixxx   string // names of the codec there
	FFmpeg, Muxer string // options of ffmpeg
	Liquidsoap    string
}

const oggMuxer = "-content_type application/ogg -f ogg -page_duration 200000"

// encodings are by keys of codecs.
var encodings = map[string]encoding{
	"mp3":    {"MP3", "MP3", "-c:a libmp3lame -b:a 128k", "-content_type audio/mpeg -f mp3", "%mp3(bitrate=128)"},
	"aac":    {"aac+", "AAC", "-c:a aac -b:a 128k", "-content_type audio/aac -f adts", `%fdkaac(bitrate=128, transmux="adts")`},
	"opus":   {"opus", "Opus", "-c:a libopus -b:a 96k", oggMuxer, "%opus(bitrate=96)"},
	"vorbis": {"ogg", "Ogg Vorbis", "-c:a libvorbis -q:a 4", oggMuxer, "%vorbis(quality=0.4)"},
	"flac":   {"flac", "MP3, since Mixxx does not send FLAC", "-c:a flac", oggMuxer, "%ogg(%flac)"},
}

// connection has the settings that a DJ enters in a broadcasting program.
type connection struct {
	Host, Port string // the browser replaces them by those of the page's address
	Mount      string
	User       string // empty: not shown to strangers
	Codec      string // that the configuration asks for; empty: it leaves the choice to the source
	Encoding   encoding
}

// connectionTo returns the settings with which a source connects to a mount. Only a
// known DJ is shown a user name that the owner has chosen.
func connectionTo(c *conf.Config, mount string, isKnown bool) connection {
	to := connection{Mount: mount, User: c.Mount(mount).SourceLogins()[0].User}
	if !isKnown && to.User != conf.Default().Auth.SourceUser {
		to.User = ""
	}
	to.Encoding = encodings[known.Default.Key()]
	if codec := known.ByKey(c.CodecOf(mount)); codec != nil {
		to.Codec, to.Encoding = codec.String(), encodings[codec.Key()]
	}
	if u, err := url.Parse(c.BaseURL()); err == nil {
		to.Host = u.Hostname()
		to.Port = cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	}
	return to
}
