package players

import (
	"fmt"
	"testing"
	"time"
)

// The segments and windows of lwIP on an ESP32, and of a small Linux device.
const (
	espSegment, espWindow = 1436, 4 * 1436
	carSegment, carWindow = 1448, 16 << 10
)

// radios are models that buffer little.
var radios = []model{
	{
		name:    "ESP32",
		segment: espSegment, window: espWindow,
		buffer: func(float64) int { return 8 << 10 },
		begins: func(float64) int { return 8 << 10 },
		reads:  func(time.Duration) bool { return true },
	},
	{
		name:    "car radio", // its network fails for 3 s in every 10
		segment: carSegment, window: carWindow,
		buffer: func(rate float64) int { return int(10 * rate) },
		begins: func(rate float64) int { return int(2 * rate) },
		reads:  func(age time.Duration) bool { return age%(10*time.Second) < 7*time.Second },
	},
}

// eachRadio runs a test for each model, bit rate, and for streams with and without
// metadata, side by side.
func eachRadio(t *testing.T, s station, test func(t *testing.T, p *player)) {
	for _, m := range radios {
		for _, kbits := range bitRates {
			for what, header := range map[string]string{"plain": "", "with metadata": "Icy-MetaData: 1\r\n"} {
				t.Run(fmt.Sprintf("%s %d kbit per s %s", m.name, kbits, what), func(t *testing.T) {
					t.Parallel()
					test(t, s.tune(t, m, kbits, header))
				})
			}
		}
	}
}

func TestRadiosNeverRunDry(t *testing.T) {
	t.Parallel()
	eachRadio(t, onAir(t, ""), func(t *testing.T, p *player) { p.neverRunsDry(t) })
}

// A server that flushes seldomer than its listeners can bear is noticed.
func TestRadiosNoticeRareFlushes(t *testing.T) {
	t.Parallel()
	eachRadio(t, onAir(t, "flush_interval = '5s'\nflush_max = '5s'\nburst = '2500ms'\n"), func(t *testing.T, p *player) {
		p.begin(t)
		if err := p.listen(15 * time.Second); err != nil {
			t.Fatal(err)
		}
		if t.Log(p); p.underran == 0 {
			t.Error("did not run dry")
		}
	})
}
