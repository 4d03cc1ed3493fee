package history

import "testing"

func TestPlayerName(t *testing.T) {
	for agent, want := range map[string]string{
		"VLC/3.0.20 LibVLC/3.0.20":                     "VLC",
		"mpv 0.39.0":                                   "mpv",
		"WinampMPEG/5.66, Ultravox/2.1":                "Winamp",
		"iTunes/12.9.0 (Macintosh; OS X 10.14)":        "iTunes, Apple Music",
		"AppleCoreMedia/1.0.0.20A362 (iPhone)":         "Apple devices",
		"foobar2000/1.6.16":                            "foobar2000",
		"Lavf/61.7.100":                                "FFmpeg",
		"NSPlayer/12.00.19041.0":                       "Windows Media Player",
		"Music Player Daemon 0.23.5":                   "Music",
		"MPlayer 1.5":                                  "MPlayer",
		"Linux UPnP/1.0 Sonos/70.3-35220 (ZPS1)":       "Sonos",
		"butt 1.45.0":                                  "butt",
		"RadioStation/4.1 (Android) ExoPlayerLib/2.11": "Android apps",
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0":                                                          "Firefox",
		"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36":                                 "Chrome",
		"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36 Edg/131.0":                       "Edge",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15":             "Safari",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0 Safari/604.1":        "Chrome",
		"Mozilla/5.0 (X11; Linux armv7l) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0 Safari/537.36 CrKey/1.56.500000 DeviceType/": "Chromecast",
		"SomeRadio/2.0 (Windows)": "SomeRadio",
		"  Kitchen;x":             "Kitchen",
		"":                        unnamed,
		" / ":                     unnamed,
	} {
		if got := PlayerName(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}
