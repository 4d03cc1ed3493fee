package mounts

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"relay/codec"
	"relay/codec/aac"
	"relay/codec/known"
	"relay/codec/mp3"
	"relay/codec/ogg"
	"relay/conf"
	"relay/icy"
)

// sample returns the units of a test file of a codec's package.
func sample(t testing.TB, file string) (units []codec.Unit) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "codec", filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	f := known.NewFramer()
	f.Write(b)
	f.Finish()
	for u, ok := f.Next(); ok; u, ok = f.Next() {
		u.Data = bytes.Clone(u.Data)
		units = append(units, u)
	}
	if len(units) == 0 {
		t.Fatalf("%s has no units", file)
	}
	return units
}

// opusSource returns a mount with a source that has played some seconds of Opus, as an
// encoder that begins a link at each of the titles.
func opusSource(t testing.TB, toml string, titles ...string) (m *Mount, in *Input, units []codec.Unit) {
	t.Helper()
	r := newRegistry(t, "[[mount]]\nname = '/live'\n"+toml)
	in = attach(t, r, "/live", LiveSource)
	units = sample(t, opusFile)
	for _, title := range titles {
		in.StreamTitle(Title{Text: title})
		for i, u := range units {
			if i == 0 {
				u.Tags = &codec.Tags{Title: title}
			}
			in.Write(u)
		}
	}
	return in.Mount, in, units
}

const opusFile = "ogg/testdata/opus-ffmpeg-2.ogg"

// heard reads what a listener was sent as a player does: the number of links, of units
// and of those with a gap, and the title of the first link.
func heard(b []byte) (links, units, gaps int, title string) {
	f := ogg.NewFramer()
	f.Write(b)
	f.Finish()
	for u, ok := f.Next(); ok; u, ok = f.Next() {
		units++
		if u.Tags != nil {
			if links++; links == 1 {
				title = u.Tags.Text()
			}
		}
		if u.Gap {
			gaps++
		}
	}
	return links, units, gaps, title
}

// rest returns all that follows a cursor.
func rest(at Cursor) (b []byte) {
	for piece := at.Next(); len(piece) > 0; piece = at.Next() {
		b = append(b, piece...)
		at.Advance(len(piece))
	}
	return b
}

// Links of equal parameters are one link to listeners. One that joins in the middle gets
// the headers, with the title of that place, and then whole pages.
func TestLinksAreJoined(t *testing.T) {
	m, _, units := opusSource(t, "", "One - A", "Two - B", "Three - C")
	if links, n, gaps, title := heard(rest(m.Stream.Behind(math.MaxInt64))); links != 1 || n != 3*len(units) || gaps != 1 || title != "One - A" {
		t.Errorf("from the beginning: %d links, %d of %d units, %d gaps, %q", links, n, 3*len(units), gaps, title)
	}
	at, first, _ := m.Stream.Join(conf.Burst{Size: minBurst}, nil)
	links, n, _, title := heard(append(bytes.Clone(first), rest(at)...))
	if links != 1 || n == 0 || n >= 3*len(units) || title != "Three - C" {
		t.Errorf("from the middle: %d links, %d units, %q", links, n, title)
	}
	if again, first, _ := m.Stream.Join(conf.Burst{Size: minBurst}, at.Link()); len(first) > 0 || again.Offset() != at.Offset() {
		t.Errorf("a listener that is in the link already gets %d bytes of headers", len(first))
	}
}

// chained keeps the links of the source.
func TestChainedMountKeepsLinks(t *testing.T) {
	m, _, units := opusSource(t, "chained = true", "One", "Two", "Three")
	if links, n, _, _ := heard(rest(m.Stream.Behind(math.MaxInt64))); links != 3 || n != 3*len(units) {
		t.Errorf("%d links, %d of %d units", links, n, 3*len(units))
	}
}

// A listener that has taken a part of the headers, or of a page, gets the rest of it.
func TestRestOfPage(t *testing.T) {
	m, _, _ := opusSource(t, "", "One")
	whole := rest(m.Stream.Behind(math.MaxInt64))
	for _, taken := range []int{1, 30, 100, 500, 1500} {
		at := m.Stream.Behind(math.MaxInt64)
		at.Next()
		at.Advance(taken)
		if left := taken + len(at.RestOfUnit()); left < len(whole) && !bytes.HasPrefix(whole[left:], []byte("OggS")) {
			t.Errorf("after %d bytes the rest ends at %d, where no page begins", taken, left)
		}
	}
}

// introduced is opusSource for a mount with an intro in Opus.
func introduced(t testing.TB, toml string) (m *Mount, in *Input, units []codec.Unit, intro *Intro) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "welcome.opus")
	b, err := os.ReadFile(filepath.Join("..", "codec", filepath.FromSlash(opusFile)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	m, in, units = opusSource(t, "intro_file = '"+file+"'\n"+toml, "One", "Two")
	if intro = m.Intro(); intro == nil {
		t.Fatal("there is no intro")
	}
	return m, in, units, intro
}

// The intro of an Ogg mount belongs to the link of the stream, so that players go on.
func TestIntroBelongsToTheLink(t *testing.T) {
	m, _, units, intro := introduced(t, "")
	at := intro.Stream.Behind(intro.Duration)
	sent := rest(at)
	at.Next()
	stream, first, _ := m.Stream.Join(conf.Burst{}, endOf(intro.Stream).Link())
	if len(first) > 0 {
		t.Error("headers follow the intro")
	}
	links, n, _, _ := heard(append(sent, rest(stream)...))
	if links != 1 || n <= len(units) {
		t.Errorf("%d links, %d units", links, n)
	}
}

// The stream goes on behind an intro without a step back in time, which decoders report.
func TestStreamGoesOnAfterAnIntro(t *testing.T) {
	m, in, units, intro := introduced(t, "burst = '500ms'\n")
	pages := bytes.Split(rest(intro.Stream.Behind(intro.Duration)), []byte("OggS"))
	position := func(page []byte) time.Duration { // behind "OggS", version and type
		return time.Duration(binary.LittleEndian.Uint64(page[2:])) * time.Second / ogg.OpusRate
	}
	ends := position(pages[len(pages)-1])
	for n := 0; ; n++ {
		at, ok := m.Stream.After(intro.GoesOn)
		if !ok {
			if n > 100 {
				t.Fatalf("the stream has %v, and does not go on at %v", m.Stream.Played(), intro.GoesOn)
			}
			in.Write(units[n%len(units)])
			continue
		}
		u, _ := at.NextUnit()
		if gap := position(u.Data[4:]) - u.Length - ends; gap < 0 || gap > 210*time.Millisecond {
			t.Errorf("the stream goes on %v after the intro", gap)
		}
		return
	}
}

// endOf returns a cursor at the end of a stream.
func endOf(s *Stream) *Cursor {
	at := s.Behind(math.MaxInt64)
	for _, ok := at.NextUnit(); ok; _, ok = at.NextUnit() {
	}
	return &at
}

// Listeners never get the bytes of a codec under the type of another: an input of another
// codec that nothing converts does not play while somebody listens.
func TestCodecIsKeptForListeners(t *testing.T) {
	r := newRegistry(t, "[[mount]]\nname = '/opus'\nformat = { codec = 'opus' }")
	first := attach(t, r, "/live", LiveSource)
	first.Write(numbered(1))
	m := first.Mount
	l := &Listener{Since: time.Now()}
	if err := m.Audience.Join(l); err != nil {
		t.Fatal(err)
	}
	if got := m.ContentType(); got != "audio/mpeg" {
		t.Errorf("the type is %s", got)
	}
	first.Detach()
	second := attach(t, r, "/live", LiveSource)
	u := sample(t, "aac/testdata/128-44100-stereo.aac")[0]
	if second.Write(u) || m.Stream.End() != int64(header128.Size) {
		t.Error("a listener of MP3 gets AAC")
	}
	m.Audience.Leave(l, LeftByItself)
	if !second.Write(u) || m.Format().Codec != aac.Codec || m.ContentType() != "audio/aac" {
		t.Errorf("nobody listens, and it has %v, %s", m.Format(), m.ContentType())
	}

	opus := attach(t, r, "/opus", LiveSource)
	if got := opus.Mount.ContentType(); got != "application/ogg" {
		t.Errorf("the type by configuration is %s", got)
	}
	if opus.Write(numbered(1)) || opus.Mount.Stream.End() != 0 {
		t.Error("a mount that must be Opus plays MP3")
	}
	if !opus.Write(sample(t, opusFile)[0]) {
		t.Error("it does not play Opus")
	}
}

// What a listener is told before anything has played is kept.
func TestPromisedTypeIsKept(t *testing.T) {
	r := newRegistry(t, "")
	in := attach(t, r, "/live", LiveSource)
	in.Retune(icy.Station{Type: "audio/aac"})
	m := in.Mount
	if got := listen(t, m); got != "audio/aac" {
		t.Fatalf("the type of the source is %s", got)
	}
	if in.Write(numbered(1)) {
		t.Error("a listener that was told AAC gets MP3")
	}
}

// content_type is another name of the mount's own codec, and of no other.
func TestConfiguredContentType(t *testing.T) {
	r := newRegistry(t, "[[mount]]\nname = '/*'\ncontent_type = 'audio/aacp'")
	for mount, tt := range map[string]struct {
		unit codec.Unit
		want string
	}{
		"/aac": {sample(t, "aac/testdata/128-44100-stereo.aac")[0], "audio/aacp"},
		"/mp3": {numbered(1), mp3.Codec.MediaType()},
	} {
		in := attach(t, r, mount, LiveSource)
		in.Write(tt.unit)
		if got := in.Mount.ContentType(); got != tt.want || in.Mount.Programme().Type != tt.want {
			t.Errorf("%s is %s", mount, got)
		}
	}
}

// listen adds a listener to a mount, and returns the Content-Type that it is told.
func listen(t testing.TB, m *Mount) string {
	t.Helper()
	if err := m.Audience.Join(&Listener{Since: time.Now()}); err != nil {
		t.Fatal(err)
	}
	return m.ContentType()
}

// A reload that gives a mount another codec mixes nothing: listeners keep theirs, and one
// that joins before the first unit of the new codec gets nothing of the old.
func TestReloadToAnotherCodec(t *testing.T) {
	r := newRegistry(t, "")
	in := attach(t, r, "/live", LiveSource)
	m := in.Mount
	for n := range uint64(20) {
		in.Write(numbered(n))
	}
	listener := &Listener{Since: time.Now()}
	if err := m.Audience.Join(listener); err != nil || m.ContentType() != "audio/mpeg" {
		t.Fatal(err, m.ContentType())
	}
	c, err := conf.Parse("relay.toml", []byte("[[mount]]\nname = '/live'\nformat = { codec = 'aac' }"))
	if err != nil {
		t.Fatal(err)
	}
	r.conf.Replace(c)
	if !in.Write(numbered(20)) || m.ContentType() != "audio/mpeg" {
		t.Errorf("a listener of MP3 does not hear it on, and the next is told %s", m.ContentType())
	}
	m.Audience.Leave(listener, LeftByItself)
	if in.Write(numbered(21)) {
		t.Error("a mount that must be AAC plays MP3 to nobody")
	}
	if got := listen(t, m); got != "audio/aac" {
		t.Errorf("after a reload a listener is told %s", got)
	}
	at, first, _ := m.Stream.Join(conf.Burst{Size: 64 << 10}, nil)
	if in.Write(numbered(22)) || len(first)+len(rest(at)) > 0 {
		t.Error("a listener that was told AAC gets MP3")
	}
	aacSource := attach(t, r, "/live", Relayed)
	in.Detach()
	if !aacSource.Write(sample(t, "aac/testdata/128-44100-stereo.aac")[0]) || len(rest(at)) == 0 {
		t.Error("it does not get AAC")
	}
}

// A fallback that clashed plays when the listeners that were told another codec have left,
// and when it has the codec of the mount again.
func TestFallbackThatClashedIsTriedAgain(t *testing.T) {
	r := newRegistry(t, "")
	live := attach(t, r, "/live", LiveSource)
	live.Write(numbered(1))
	m := live.Mount
	l := &Listener{Since: time.Now()}
	if err := m.Audience.Join(l); err != nil || m.ContentType() != "audio/mpeg" {
		t.Fatal(err)
	}
	other := sample(t, "aac/testdata/128-44100-stereo.aac")[0]
	fallback := attach(t, r, "/live", Fallback)
	fallback.ExpectFormat(other.Format)
	live.Detach()
	m.endGrace(m.graces)
	if fallback.OnAir() {
		t.Error("a fallback of another codec is on the air")
	}
	fallback.ExpectFormat(stereo44)
	if !fallback.OnAir() {
		t.Error("a fallback that fits again is not on the air")
	}
	fallback.ExpectFormat(other.Format)
	if fallback.Write(other) || fallback.OnAir() {
		t.Error("it plays another codec to listeners")
	}
	m.Audience.Leave(l, LeftByItself)
	m.endGrace(m.graces)
	if !fallback.OnAir() || !fallback.Write(other) {
		t.Error("it does not play to nobody")
	}
}

// The codec may change within an input while nobody listens: the next listener is told the
// new one.
func TestCodecChangesWithinAnInput(t *testing.T) {
	r := newRegistry(t, "")
	fallback := attach(t, r, "/live", Fallback)
	fallback.Write(numbered(1))
	units := sample(t, "aac/testdata/128-44100-stereo.aac")
	fallback.Write(units[0])
	m := fallback.Mount
	if got := listen(t, m); got != "audio/aac" {
		t.Errorf("the listener is told %s", got)
	}
	if at, _, _ := m.Stream.Join(conf.Burst{Size: 64 << 10}, nil); int(m.Stream.End()-at.Offset()) > len(units[0].Data) {
		t.Error("it gets the audio of before")
	}
	if !fallback.Write(units[1]) {
		t.Error("the next unit does not play")
	}
}
