package listeners

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"relay/codec"
	"relay/conf"
	"relay/icy"
	"relay/mounts"
	"relay/segments"
)

// Past has what mounts have played.
type Past interface {
	// From returns what gives the segments of a mount, from the one that was heard at a time
	// on, or else the first one after it; nil: the mount has no rewind.
	From(mount string, t time.Time) Kept
}

// Kept gives segments in order. The error is io.EOF if there is none yet.
type Kept interface {
	Next() (segments.Entry, error)
}

const (
	// portion is how much of the past is read at once.
	portion = 500 * time.Millisecond

	// nearLive is how old the newest segment may be while more may follow: it is written
	// once it is complete.
	nearLive = 5 * segments.Length
)

// A replay is a listener's progress through the past of its mount. It goes at the pace of
// the audio, so the listener stays behind by the same time. Where nothing was played for a
// while, it comes nearer; at the end of what is kept it goes on with the stream itself.
type replay struct {
	mounts.Replay
	kept  Kept
	codec codec.Codec   // that the listener was told
	began time.Time     // when the listener began to hear it
	burst time.Duration // what it was given at once

	now   segments.Entry // being read; its Size is 0 before the first
	read  int            // bytes of it that are in the replay
	title *segments.Title
}

// startOf returns the time from which a listener wants to hear a mount: ?start= has seconds
// or a duration before now, a Unix time, or a time as in RFC 3339, and ?title= counts back
// in the history, from 0. asked is false if the query has neither.
func startOf(req *http.Request, m *mounts.Mount, now time.Time) (from time.Time, asked bool, err error) {
	if req.URL == nil || req.URL.RawQuery == "" {
		return time.Time{}, false, nil
	}
	query := icy.ParseQuery(req.URL.RawQuery)
	if start, given := query["start"]; given {
		from, err := parseStart(start, now)
		return from, true, err
	}
	title, given := query["title"]
	if !given {
		return time.Time{}, false, nil
	}
	history := m.History()
	n, err := strconv.Atoi(title)
	if err != nil || n < 0 {
		return time.Time{}, true, fmt.Errorf("title=%s is not a number of titles back, such as title=1", icy.CutText(title, maxQuoted))
	}
	if n >= len(history) {
		return time.Time{}, true, fmt.Errorf("the history has %d titles", len(history))
	}
	return history[len(history)-1-n].Since, true, nil
}

// startError is the error of startOf.
type startError struct{ error }

// maxQuoted is how much of a wrong value an error repeats, in bytes.
const maxQuoted = 40

// parseStart returns the time that ?start= names: "-90", "-1h30m", "1764237600" or
// "2026-11-27T10:00:00Z".
func parseStart(start string, now time.Time) (time.Time, error) {
	if seconds, err := strconv.ParseInt(start, 10, 64); err == nil {
		if seconds > 0 {
			return time.Unix(seconds, 0), nil
		}
		return now.Add(time.Duration(max(seconds, -math.MaxInt64/int64(time.Second))) * time.Second), nil
	}
	if before, err := time.ParseDuration(start); err == nil && before <= 0 {
		return now.Add(before), nil
	}
	if t, err := time.Parse(time.RFC3339, start); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf(`start=%s is not a time: give seconds or a duration before now, such as start=-3600 or start=-1h30m, or a time, such as start=%s`,
		icy.CutText(start, maxQuoted), now.UTC().Add(-time.Hour).Truncate(time.Hour).Format(time.RFC3339))
}

// recall places a listener in the past of its mount. It reports whether that has been kept:
// the listener hears the stream otherwise.
func (w *Writers) recall(l *listener, from time.Time) bool {
	if w.Past == nil || !from.Before(l.Since) {
		return false
	}
	kept := w.Past.From(l.mount.Name, from)
	return kept != nil && l.recall(kept, from, l.Since)
}

// recall begins a listener in the past of its mount. It reports whether there is one that
// the listener can hear.
func (l *listener) recall(kept Kept, from, now time.Time) bool {
	r := &replay{Replay: mounts.NewReplay(), kept: kept, began: now, burst: time.Duration(l.mount.Burst().Time)}
	start := r.Start()
	if r.next() != nil || r.now.Format.Codec.MediaType() != l.mount.MediaType() {
		return false
	}
	if r.begin(from) != nil {
		return false
	}
	r.codec = r.now.Format.Codec
	l.intro = &introduction{replay: r, playable: math.MaxInt64}
	l.cursor = start
	if l.metaint == 0 {
		l.cursor.IgnoreTitles()
	}
	l.given = r.burst
	return true
}

// inPast reports whether l hears the past of its mount.
func (l *listener) inPast() bool { return l.intro != nil && l.intro.replay != nil }

// lead returns how much audio the listener holds.
func (r *replay) lead(now time.Time) time.Duration { return r.Played() - now.Sub(r.began) }

// next moves on to the next segment.
func (r *replay) next() error {
	entry, err := r.kept.Next()
	if err != nil {
		return err
	}
	r.now, r.read = entry, 0
	r.show(entry.Title)
	return nil
}

// show puts a title into the replay, unless it is there already.
func (r *replay) show(t *segments.Title) {
	if t == nil || r.title != nil && r.title.Tags == t.Tags {
		return
	}
	r.title = t
	r.Begin(mounts.Title{Text: t.Text()}, t.Play)
}

// begin plays the rest of the first segment, from a time on. Its first units may lean on
// those before them.
func (r *replay) begin(from time.Time) error {
	audio := make([]byte, r.now.Size)
	if _, err := r.now.ReadAt(audio, 0); err != nil && err != io.EOF {
		return err
	}
	framer, splicer := r.now.Format.Codec.NewFramer(), r.now.Format.Codec.NewSplicer()
	framer.Write(audio)
	framer.Finish()
	skip := from.Sub(r.now.Began)
	for u, ok := framer.Next(); ok; u, ok = framer.Next() {
		r.read += len(u.Data)
		if skip -= u.Length; skip >= 0 {
			continue
		}
		r.showUntil(r.read - len(u.Data))
		u.Data = splicer.Pass(u)
		r.Play(u)
	}
	r.read = r.now.Size
	return nil
}

// showUntil puts the titles into the replay that begin up to a place in the segment.
func (r *replay) showUntil(offset int) {
	for i := range r.now.Titles {
		if t := &r.now.Titles[i]; t.Offset <= offset {
			r.show(t)
		}
	}
}

// add plays the next portion. The error is io.EOF at the end of what is kept.
func (r *replay) add() error {
	if r.read == r.now.Size {
		if err := r.next(); err != nil {
			return err
		}
	}
	if r.now.Format.Codec != r.codec {
		return errOtherCodec
	}
	r.showUntil(r.read)
	place := func(offset int) time.Duration {
		return time.Duration(float64(r.now.Length) * float64(offset) / float64(r.now.Size))
	}
	size := min(int(int64(r.now.Size)*int64(portion)/int64(r.now.Length))+1, r.now.Size-r.read)
	for _, t := range r.now.Titles { // a title begins before the portion that follows it
		if t.Offset > r.read {
			size = min(size, t.Offset-r.read)
		}
	}
	audio := make([]byte, size)
	if _, err := r.now.ReadAt(audio, int64(r.read)); err != nil && err != io.EOF {
		return err
	}
	r.Play(codec.Unit{Format: r.now.Format, Data: audio, Length: place(r.read+size) - place(r.read)})
	r.read += size
	return nil
}

// errOtherCodec ends a replay: the listener was told one codec.
var errOtherCodec = errors.New("the codec changes")

// replayDue plays what is due. Where the past ends, the listener goes on with the stream of
// the mount: at the same place, if it is there, or else with a burst.
func (l *listener) replayDue(now time.Time) {
	r := l.intro.replay
	for r.lead(now) < r.burst {
		switch err := r.add(); {
		case err == nil:
			continue
		case l.cursor.Offset() < r.End(): // it has not taken the rest yet
		case err != io.EOF:
			l.returnToLive(r, now)
		default:
			next := r.now.Place + r.now.Length
			at, ok := l.mount.Stream.After(next)
			switch {
			case ok && r.now.Epoch == l.mount.Stream.Epoch.ID && at.Played() == next:
				l.goOn(at, r.lead(now))
			case now.Sub(r.now.Ended()) > nearLive:
				l.returnToLive(r, now)
			}
		}
		return
	}
}

// returnToLive takes a listener from the past to the end of the stream, because there is
// nothing more that it could hear.
func (l *listener) returnToLive(r *replay, now time.Time) {
	lead := max(0, r.lead(now))
	l.intro = nil
	l.enter(conf.Burst{Time: conf.Duration(max(0, r.burst-lead))})
	l.holds(lead)
}
