package mounts

import (
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
)

// A source that is too slow is reported once, and so is its recovery.
func TestSourceTooSlow(t *testing.T) {
	const (
		piece   = 250 * time.Millisecond
		tooSlow = "the source is too slow: listeners will hear gaps; check its line and its encoder"
		keepsUp = "the source keeps up again"
	)
	// at sends for that long at a share of the speed; the claimed rate is 128 kbit/s.
	at := func(in *Input, speed float64, long time.Duration) {
		for range int(long / piece) {
			time.Sleep(piece)
			audio := time.Duration(speed * float64(piece))
			in.Heard(Portion{Audio: audio, Bytes: int64(audio.Seconds() * 16000)})
		}
	}
	for name, c := range map[string]struct {
		send    func(*Input)
		says    []string
		slow    bool
		bitRate int
	}{
		"as fast as it plays":       {send: func(in *Input) { at(in, 1, 10*time.Minute) }, bitRate: 128},
		"half speed":                {send: func(in *Input) { at(in, .5, 30*time.Second) }, says: []string{tooSlow}, slow: true, bitRate: 64},
		"half speed for long":       {send: func(in *Input) { at(in, .5, time.Hour) }, says: []string{tooSlow}, slow: true, bitRate: 64},
		"50 of 128":                 {send: func(in *Input) { at(in, 50./128, time.Minute) }, says: []string{tooSlow}, slow: true, bitRate: 50},
		"nine tenths":               {send: func(in *Input) { at(in, .9, time.Minute) }, says: []string{tooSlow}, slow: true, bitRate: 115},
		"a clock of 44.1 for 48":    {send: func(in *Input) { at(in, 44.1/48, time.Minute) }, says: []string{tooSlow}, slow: true, bitRate: 118},
		"three hundredths too slow": {send: func(in *Input) { at(in, .97, 3*time.Minute) }, says: []string{tooSlow}, slow: true, bitRate: 124},
		"a clock a little off":      {send: func(in *Input) { at(in, .999, 30*time.Minute) }, bitRate: 128},
		"half speed, then better": {send: func(in *Input) { at(in, .5, time.Minute); at(in, 1, 15*time.Second) },
			says: []string{tooSlow, keepsUp}, bitRate: 128},
		"half speed, then better for long": {send: func(in *Input) { at(in, .5, 10*time.Minute); at(in, 1, 10*time.Minute) },
			says: []string{tooSlow, keepsUp}, bitRate: 128},
		"twice half speed": {send: func(in *Input) {
			for range 2 {
				at(in, .5, time.Minute)
				at(in, 1, time.Minute)
			}
		}, says: []string{tooSlow, keepsUp, tooSlow, keepsUp}, bitRate: 128},
		"on the edge": {send: func(in *Input) {
			for range 100 {
				at(in, .94, 7*time.Second)
				at(in, .96, 7*time.Second)
			}
		}, says: []string{tooSlow}, slow: true, bitRate: 122},
		"half speed for a moment": {send: func(in *Input) { at(in, 1, time.Minute); at(in, .5, 10*time.Second); at(in, 1, time.Minute) }, bitRate: 128},
		"one gap":                 {send: func(in *Input) { at(in, 1, time.Minute); time.Sleep(9 * time.Second); at(in, 1, time.Minute) }, bitRate: 128},
		"large pieces": {send: func(in *Input) {
			for range 60 {
				time.Sleep(4 * time.Second)
				in.Heard(Portion{Audio: 4 * time.Second, Bytes: 64000})
			}
		}, bitRate: 102}, // 10 s hold two of them, or three
		"a burst at the beginning": {send: func(in *Input) {
			in.Heard(Portion{Audio: 20 * time.Second, Bytes: 320000})
			at(in, 1, time.Minute)
		}, bitRate: 128},
		"a pause is no shortage": {send: func(in *Input) {
			for range 10 {
				in.Write(numbered(1))
				at(in, 1, 11*time.Second)
				in.Pause()
				time.Sleep(11 * time.Second)
			}
			in.Write(numbered(1))
			at(in, 1, 12*time.Second)
		}, bitRate: 128},
		"slow when it pauses": {send: func(in *Input) { at(in, .5, time.Minute); in.Pause() }, says: []string{tooSlow}, bitRate: 64},
		"nothing yet":         {send: func(*Input) {}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				config, err := conf.Parse("relay.toml", []byte(flushInterval))
				if err != nil {
					t.Fatal(err)
				}
				log, lines := observer.New(zap.InfoLevel)
				in := attach(t, NewRegistry(conf.NewLive(config), nil, zap.New(log)), "/live", LiveSource)
				in.Write(numbered(1))
				c.send(in)
				var said []string
				for _, line := range lines.All() {
					if line.Message != "on the air" {
						said = append(said, line.Message)
					}
				}
				if len(said) != len(c.says) {
					t.Fatalf("it says %q", said)
				}
				for i := range said {
					if said[i] != c.says[i] {
						t.Errorf("it says %q, want %q", said[i], c.says[i])
					}
				}
				if r := in.Reception(); r.TooSlow != c.slow || r.BitRate != c.bitRate {
					t.Errorf("too slow: %v, %d kbit/s; want %v, %d", r.TooSlow, r.BitRate, c.slow, c.bitRate)
				}
			})
		})
	}
}

func TestTooSlowSaysHowSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config, err := conf.Parse("relay.toml", []byte(flushInterval))
		if err != nil {
			t.Fatal(err)
		}
		log, lines := observer.New(zap.WarnLevel)
		in := attach(t, NewRegistry(conf.NewLive(config), nil, zap.New(log)), "/live", Relayed)
		for range 30 {
			time.Sleep(time.Second)
			in.Heard(Portion{Audio: time.Second / 2, Bytes: 8000})
		}
		if lines.Len() != 1 {
			t.Fatalf("%d lines", lines.Len())
		}
		said := lines.All()[0].ContextMap()
		if said["mount"] != "/live" || said["input"] != "relay" || said["kbit/s arriving"] != int64(64) || said["kbit/s needed"] != int64(128) {
			t.Errorf("it says %v", said)
		}
	})
}
