package neversilent

import (
	"strings"
	"testing"

	"relay/e2e/harness"
)

// refusal returns why the last source of a mount was refused, as its DJ is told.
func refusal(t testing.TB, r *harness.Relay, mount string) string {
	t.Helper()
	var answer struct {
		LastRefusal struct{ Reason string } `json:"last_refusal"`
	}
	r.JSON(t, "/api/v1/mounts"+mount+"/studio", &answer)
	return answer.LastRefusal.Reason
}

// isRefused checks that a source is told why it cannot have /live: its codec is not the one
// that the listeners were told.
func isRefused(t testing.TB, r *harness.Relay, c harness.Coding) {
	t.Helper()
	answer := r.Exchange(t, "PUT /live HTTP/1.1\r\nContent-Type: "+c.Codec.MediaType()+"\r\nAuthorization: "+harness.Basic("source", "hackme")+"\r\n\r\n")
	if !strings.HasPrefix(answer, "HTTP/1.0 415 ") || !strings.Contains(answer, "ffmpeg is not installed") {
		t.Errorf("a source of %s is answered %q", c, answer)
	}
	if why := refusal(t, r, "/live"); !strings.Contains(why, "ffmpeg is not installed") {
		t.Errorf("the DJ is told %q", why)
	}
}

// otherCodecs are a codec that a mount has, and one that a source brings.
var otherCodecs = []struct{ own, other harness.Coding }{
	{harness.MP3, harness.AAC}, {harness.MP3, harness.Opus}, {harness.AAC, harness.MP3}, {harness.Opus, harness.MP3}, {harness.Opus, harness.Vorbis}, {harness.Vorbis, harness.FLAC},
}

// eachOther runs a test for each of otherCodecs at the same time.
func eachOther(t *testing.T, test func(t *testing.T, own, other harness.Coding)) {
	t.Parallel()
	for _, c := range otherCodecs {
		t.Run(c.own.String()+" "+c.other.String(), func(t *testing.T) {
			t.Parallel()
			test(t, c.own, c.other)
		})
	}
}

// A source of another codec takes over while listeners listen: its audio is converted, and
// the listeners hear it in the codec that they have.
func TestSourceOfAnotherCodec(t *testing.T) {
	eachOther(t, func(t *testing.T, own, other harness.Coding) {
		r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\ntakeover = 'newest'\ngrace = '500ms'\n")
		push(t, r, own, "/live", "own", tone(t, own, 440))
		harness.Eventually(t, "the first", plays(t, r, "/live", "live"))
		stop := make(chan struct{})
		recorders := recordAll(t, r, own, "/live", 2, stop)
		push(t, r, other, "/live", "other", tone(t, other, 660))
		harness.Eventually(t, "the second", playing(t, r, "/live", "other"))
		r.Says(t, "the input has another format than the mount: it is converted")
		eventuallyPlays(t, r, own, "/live", 660)
		push(t, r, own, "/live", "own again", tone(t, own, 550))
		harness.Eventually(t, "the third", playing(t, r, "/live", "own again"))
		eventuallyPlays(t, r, own, "/live", 550)
		close(stop)
		if own.Codec == harness.Vorbis.Codec { // the codebooks of ffmpeg here and there need not be the same
			for _, rec := range recorders {
				<-rec.done
				rec.heard.Links = 1
			}
		}
		var f figures
		judgeCoded(t, &f, own, "sources of another codec", 2, recorders)
	})
}

// A source of another codec plays before the fallbacks of its mount, converted, and when it
// is gone the fallback plays again.
func TestSourceOfAnotherCodecBeforeFallbacks(t *testing.T) {
	eachOther(t, func(t *testing.T, own, other harness.Coding) {
		r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\nfallbacks = ['/backup']\ngrace = '200ms'\n")
		push(t, r, own, "/backup", "backup", tone(t, own, 440))
		harness.Eventually(t, "the fallback", plays(t, r, "/live", "fallback"))
		stop := make(chan struct{})
		recorders := recordAll(t, r, own, "/live", 1, stop)
		for range 2 {
			dj := push(t, r, other, "/live", "other", tone(t, other, 660))
			harness.Eventually(t, "the source", plays(t, r, "/live", "live"))
			dj.Cut()
			harness.Eventually(t, "the fallback", plays(t, r, "/live", "fallback"))
		}
		close(stop)
		if own.Codec == harness.Vorbis.Codec { // the codebooks of ffmpeg here and there need not be the same
			<-recorders[0].done
			recorders[0].heard.Links = 1
		}
		var f figures
		judgeCoded(t, &f, own, "a source of another codec, and a fallback", 4, recorders)
	})
}

// Without ffmpeg a source of another codec must not take the mount from a source that its
// listeners can hear.
func TestTakeOverByAnotherCodecWithoutFFmpeg(t *testing.T) {
	t.Parallel()
	own, other := harness.MP3, harness.AAC
	r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\ntakeover = 'newest'\ngrace = '200ms'\n", "PATH="+t.TempDir())
	push(t, r, own, "/live", "own", tone(t, own, 440))
	harness.Eventually(t, "the first", plays(t, r, "/live", "live"))
	stop := make(chan struct{})
	recorders := recordAll(t, r, own, "/live", 1, stop)
	isRefused(t, r, other)
	heard := recorders[0].pieces.Load()
	harness.Eventually(t, "more audio", func() bool { return recorders[0].pieces.Load() > heard+100 || recorders[0].ended() })
	close(stop)
	var f figures
	judgeCoded(t, &f, own, "a take-over by another codec, without ffmpeg", 0, recorders)
}

// Without ffmpeg a source of another codec is not heard while the mount has listeners, who
// keep what they have. The log and the API say why.
func TestSourceOfAnotherCodecWithoutFFmpeg(t *testing.T) {
	eachOther(t, func(t *testing.T, own, other harness.Coding) {
		r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\nfallbacks = ['/backup']\ngrace = '200ms'\n", "PATH="+t.TempDir())
		push(t, r, own, "/backup", "backup", tone(t, own, 440))
		harness.Eventually(t, "the fallback", plays(t, r, "/live", "fallback"))
		stop := make(chan struct{})
		recorders := recordAll(t, r, own, "/live", 2, stop)
		sameType := own.IsOgg() && other.IsOgg() // what a source says does not tell them apart
		var dj interface{ Cut() }
		if sameType {
			dj = push(t, r, other, "/live", "other", tone(t, other, 660))
			r.Says(t, "cannot be converted", "ffmpeg is not installed")
			harness.Eventually(t, "the problem of the source", func() bool { return source(t, r).Problem != "" })
		} else {
			isRefused(t, r, other)
		}
		heard := recorders[0].pieces.Load()
		harness.Eventually(t, "more audio", func() bool { return recorders[0].pieces.Load() > heard+3 || recorders[0].ended() })
		if s := r.Source(t, "/live"); s.State != "fallback" {
			t.Errorf("%s is on the air", s.State)
		}
		if sameType {
			dj.Cut()
		}
		eventuallyPlays(t, r, own, "/live", 440)
		close(stop)
		var f figures
		judgeCoded(t, &f, own, "a source of another codec, without ffmpeg", 0, recorders)
	})
}

// A source that changes its codec in mid-stream ends with a clear reason, and none of it is
// sent to listeners. A mount of files or a fallback plays on.
func TestCodecChangesInMidStream(t *testing.T) {
	eachOther(t, func(t *testing.T, own, other harness.Coding) {
		r := harness.Start(t, strings.Replace(harness.Config, "[auth]", "[limits]\nsource_timeout = '2s'\n[auth]", 1)+"[[mount]]\nname = '/live'\nfallbacks = ['/backup']\ngrace = '200ms'\n")
		push(t, r, own, "/backup", "backup", tone(t, own, 440))
		harness.Eventually(t, "the fallback", plays(t, r, "/live", "fallback"))
		stop := make(chan struct{})
		recorders := recordAll(t, r, own, "/live", 1, stop)
		first, then := tone(t, own, 660), tone(t, other, 660)
		e := own.Encode(t, r, "/live")
		done := make(chan struct{})
		go func() {
			defer close(done)
			harness.Push(e, first, toneLength, stop)
			for harness.Push(e, then, toneLength, stop) == nil {
				select {
				case <-stop:
					return
				default:
				}
			}
		}()
		harness.Eventually(t, "the source", plays(t, r, "/live", "live"))
		harness.Eventually(t, "the end of the source", func() bool { return r.Left("/live") == 1 })
		reason := ""
		for line := range strings.Lines(r.Log.String()) {
			if strings.Contains(line, "source left") && strings.Contains(line, `"mount": "/live"`) {
				_, reason, _ = strings.Cut(line, `"reason": "`)
				reason, _, _ = strings.Cut(reason, `"`)
			}
		}
		t.Logf("the log says %s, the API %s", reason, refusal(t, r, "/live"))
		if !strings.Contains(reason, other.String()) && !strings.Contains(reason, "Ogg") {
			t.Errorf("the log does not say that the source sends %v: %q", other, reason)
		}
		if got := refusal(t, r, "/live"); !strings.Contains(got, other.String()) && !strings.Contains(got, "Ogg") {
			t.Errorf("the API does not say that the source sends %v: %q", other, got)
		}
		harness.Eventually(t, "the fallback", plays(t, r, "/live", "fallback"))
		close(stop)
		<-done
		var f figures
		judgeCoded(t, &f, own, "a change of codec in mid-stream", 1, recorders)
	})
}
