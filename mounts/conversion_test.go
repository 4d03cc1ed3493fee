package mounts

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"relay/codec"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
)

// converter is a Converter whose conversions give their output when they are told.
type converter struct {
	problem   error
	begun     []*fakeConversion
	converted int // files
}

func (c *converter) Problem() error { return c.problem }

func (c *converter) Begin(o ConversionOrder) Conversion {
	f := &fakeConversion{order: o}
	c.begun = append(c.begun, f)
	return f
}

// Convert returns a minute of numbered frames, or fails with the problem.
func (c *converter) Convert(_ context.Context, audio io.ReadCloser, to codec.Format) io.ReadCloser {
	c.converted++
	if c.problem != nil {
		return io.NopCloser(iotest.ErrReader(c.problem))
	}
	h, _ := mp3.HeaderOf(to, 128000)
	return io.NopCloser(bytes.NewReader(bytes.Repeat(frametest.Numbered(h, 1), 2300)))
}

type fakeConversion struct {
	order   ConversionOrder
	written int
	then    []func()
	drained int
	ended   bool
}

func (f *fakeConversion) Write(codec.Unit)    { f.written++ }
func (f *fakeConversion) Then(do func())      { f.then = append(f.then, do) }
func (f *fakeConversion) Drain(time.Duration) { f.drained++ }
func (f *fakeConversion) End()                { f.ended = true }

// gives plays one converted frame.
func (f *fakeConversion) gives() {
	for _, do := range f.then {
		do()
	}
	f.then = nil
	f.order.Play(numbered(1000))
}

// convertedMount returns a mount of 44.1 kHz stereo with files on the air and somebody
// who listens, and the converter of its registry.
func convertedMount(t *testing.T, toml string) (r *Registry, files *Input, c *converter) {
	t.Helper()
	r, c = newRegistry(t, toml), &converter{}
	r.ConvertWith(c)
	files = attach(t, r, "/live", Files)
	files.Write(numbered(1))
	listen(t, files.Mount)
	return r, files, c
}

func onAir(t *testing.T, m *Mount, want string) {
	t.Helper()
	if got := m.Programme().Input; got != want {
		t.Errorf("%s is on the air, want %s", got, want)
	}
}

// A live source of another format takes the air with its first converted frame; what is
// on the air stays there until then. Its title goes with its sound.
func TestSourceIsConvertedBeforeItTakesTheAir(t *testing.T) {
	r, files, c := convertedMount(t, "")
	m := files.Mount
	live := attach(t, r, "/live", LiveSource)
	live.SetTitle(Title{Text: "before the first frame"})
	live.Write(monoFrame(1))
	live.Write(monoFrame(2))
	onAir(t, m, "files")
	if !files.Write(numbered(2)) {
		t.Error("the files stop before there is anything else")
	}
	if len(c.begun) != 1 || c.begun[0].written != 2 || c.begun[0].order.To != stereo44 {
		t.Fatalf("begun %+v", c.begun)
	}
	live.SetTitle(Title{Text: "within"})
	if got := live.Mount.Inputs()[0].Title.Text; got != "before the first frame" {
		t.Errorf("the title %q comes before its sound", got)
	}
	c.begun[0].gives()
	onAir(t, m, "live")
	if got := m.Programme().Title.Text; got != "within" {
		t.Errorf("the title is %q", got)
	}
	if !live.Write(monoFrame(3)) || files.Write(numbered(3)) {
		t.Error("live has the air, and the files do not")
	}
	if u, _ := m.LastUnit(); u.Format != stereo44 {
		t.Errorf("the mount plays %v", u.Format)
	}
	live.Detach()
	if !c.begun[0].ended || c.begun[0].drained != 1 {
		t.Errorf("after the source: %+v", c.begun[0])
	}
	c.begun[0].gives() // ignored
	onAir(t, m, "waiting")
}

// While nobody listens, nothing is converted: nobody hears the change.
func TestNothingIsConvertedForNobody(t *testing.T) {
	r := newRegistry(t, "")
	c := &converter{}
	r.ConvertWith(c)
	attach(t, r, "/live", Files).Write(numbered(1))
	live := attach(t, r, "/live", LiveSource)
	live.Write(monoFrame(1))
	onAir(t, live.Mount, "live")
	if len(c.begun) > 0 || live.Mount.Format() != mono48 {
		t.Errorf("begun %d, format %v", len(c.begun), live.Mount.Format())
	}
}

// A fallback of another format is asked to write before it has the air.
func TestFallbackIsCalledBeforeItTakesTheAir(t *testing.T) {
	r, files, c := convertedMount(t, "[[mount]]\nname = '/live'\nfallbacks = ['/backup', 'files']")
	m := files.Mount
	backup, err := r.Attach("/live", Feed{Kind: Fallback, From: "/backup", Format: mono48})
	if err != nil {
		t.Fatal(err)
	}
	onAir(t, m, "files")
	if asked := backup.OnAir(); !asked || !backup.Write(monoFrame(1)) {
		t.Error("the fallback is not asked to write")
	}
	onAir(t, m, "files")
	c.begun[0].gives()
	onAir(t, m, "fallback")
	live := attach(t, r, "/live", LiveSource)
	live.Write(numbered(5))
	onAir(t, m, "live")
	if asked := backup.OnAir(); asked || backup.Write(monoFrame(2)) || !c.begun[0].ended {
		t.Error("a fallback that waits is converted")
	}
}

// Without ffmpeg an input of another format plays only if there is nothing else but the
// interlude and silence.
func TestInputThatCannotBeConvertedComesLast(t *testing.T) {
	r, files, c := convertedMount(t, "")
	m := files.Mount
	c.problem = errors.New("ffmpeg is not installed")
	interlude, err := r.Attach("/live", Feed{Kind: Files, Spare: true})
	if err != nil {
		t.Fatal(err)
	}
	live := attach(t, r, "/live", LiveSource)
	live.Write(monoFrame(1))
	onAir(t, m, "files")
	if got := m.Inputs()[0]; got.Problem != c.problem || got.CameAs != mono48 {
		t.Errorf("the input says %+v", got)
	}
	files.Detach()
	onAir(t, m, "live")
	if !live.Write(monoFrame(2)) || interlude.Write(numbered(2)) {
		t.Error("the interlude comes before a source")
	}
	if m.Format() != stereo44 {
		t.Errorf("the mount forgets its format for %v", m.Format())
	}
	c.problem = nil // somebody installs ffmpeg
	synced := false
	for n := range uint64(3) {
		live.Write(monoFrame(3 + n))
		synced = len(c.begun) == 1
	}
	if !synced {
		t.Error("it is not converted when it can be")
	}
}

// When a conversion fails, an input that fits takes the air, until converted audio comes
// again.
func TestFailedConversionLeavesTheAir(t *testing.T) {
	r, files, c := convertedMount(t, "")
	m := files.Mount
	live := attach(t, r, "/live", LiveSource)
	live.Write(monoFrame(1))
	c.begun[0].gives()
	onAir(t, m, "live")
	c.begun[0].order.Failed(errors.New("it said: broken"))
	onAir(t, m, "files")
	live.Write(monoFrame(2))
	onAir(t, m, "files")
	c.begun[0].gives()
	onAir(t, m, "live")
}

// A source that changes its format while it has the air keeps the air.
func TestSourceChangesItsFormat(t *testing.T) {
	r, files, c := convertedMount(t, "")
	m := files.Mount
	live := attach(t, r, "/live", LiveSource)
	live.Write(numbered(1))
	end := m.Stream.End()
	live.Write(monoFrame(2))
	onAir(t, m, "live")
	if m.Stream.End() != end || len(c.begun) != 1 {
		t.Error("a frame of another format is played")
	}
	live.Write(numbered(3))
	if c.begun[0].written != 2 {
		t.Error("frames of the first format overtake those before them")
	}
}

// A source that comes back within the grace is bridged, though its first converted frame
// comes after the grace.
func TestGraceWaitsForConversion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, files, c := convertedMount(t, "")
		m := files.Mount
		live := attach(t, r, "/live", LiveSource)
		live.Write(numbered(1))
		live.Detach()
		time.Sleep(time.Duration(m.Config().Grace) - 100*time.Millisecond)
		for range 2 {
			again := attach(t, r, "/live", LiveSource)
			again.Write(monoFrame(1))
			time.Sleep(600 * time.Millisecond)
			onAir(t, m, "waiting")
			c.begun[len(c.begun)-1].gives()
			onAir(t, m, "live")
			again.Detach()
			time.Sleep(time.Duration(m.Config().Grace) - 100*time.Millisecond)
		}
		slow := attach(t, r, "/live", LiveSource)
		slow.Write(monoFrame(1))
		time.Sleep(2 * time.Second)
		onAir(t, m, "files")
		r.Close()
	})
}
