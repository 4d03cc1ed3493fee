package players

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"relay/e2e/harness"
)

// browserPage plays the mounts of a station. It tells when an audio element begins to
// play, each second how much it has decoded or could decode at once, in seconds, and
// whatever it complains of.
const browserPage = `<!doctype html><script>
for (const kbits of [320, 128, 48]) {
  const tell = (what, value) => fetch("/told?kbits=" + kbits + "&what=" + what + "&value=" + value);
  const a = new Audio("%[1]s/" + kbits);
  let began = false;
  a.muted = true;
  a.ontimeupdate = () => {
    if (began || a.currentTime < 1) return;
    began = true;
    tell("plays", a.currentTime);
    setInterval(() => tell("ahead", a.buffered.end(a.buffered.length - 1) - a.currentTime), 1000);
  };
  for (const what of ["waiting", "stalled", "error", "ended"]) {
    a.addEventListener(what, () => { if (began) tell(what, a.currentTime); });
  }
  a.play();
}
</script>`

// told is what a page says of an audio element.
type told struct {
	kbits int
	what  string
	value float64
	at    time.Time
}

func TestBrowsersNeverRunDry(t *testing.T) {
	needsPrograms(t)
	t.Parallel()
	s, machine := onAir(t, ""), watchPressure(t)
	for _, b := range []harness.Browser{harness.Chromium, harness.Firefox} {
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel()
			tells := make(chan told, 100)
			page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				switch req.URL.Path {
				case "/":
					w.Header().Set("Content-Type", "text/html")
					fmt.Fprintf(w, browserPage, s.URL(""))
				case "/told":
					kbits, _ := strconv.Atoi(req.FormValue("kbits"))
					value, _ := strconv.ParseFloat(req.FormValue("value"), 64)
					select {
					case tells <- told{kbits, req.FormValue("what"), value, time.Now()}:
					case <-req.Context().Done():
					}
				}
			}))
			defer page.Close()
			b.Open(t, page.URL)
			follow(t, tells, machine)
		})
	}
}

// follow hears what a browser tells for a whole stretch since the last of its audio
// elements began.
func follow(t *testing.T, tells <-chan told, machine *pressure) {
	heard, least := map[int]time.Time{}, map[int]float64{}
	complaints, busy := 0, 0
	end := time.After(2 * harness.Patience)
	for {
		select {
		case got := <-tells:
			switch got.what {
			case "plays":
				heard[got.kbits], least[got.kbits] = got.at, math.Inf(1)
				if len(heard) == len(bitRates) {
					end = time.After(grown + stretch())
				}
			case "ahead":
				heard[got.kbits] = got.at
				least[got.kbits] = min(least[got.kbits], math.Round(100*got.value)/100)
			default:
				t.Logf("%d kbit/s: %s after %.1f s", got.kbits, got.what, got.value)
				if machine.high.Load() {
					busy++
				} else {
					complaints++
				}
			}
		case now := <-end:
			for _, kbits := range bitRates {
				if now.Sub(heard[kbits]) > harness.Patience/2 {
					t.Errorf("%d kbit/s: nothing heard since %v", kbits, heard[kbits])
				}
			}
			t.Logf("%d complaints, and %d when the machine was too busy; seconds ahead at least, by kbit/s: %v", complaints, busy, least)
			if complaints > 0 {
				t.Errorf("ran dry %d times", complaints)
			}
			return
		}
	}
}
