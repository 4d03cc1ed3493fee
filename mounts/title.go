package mounts

import (
	"sync/atomic"

	"relay/icy"
)

// Title is what is being played, in UTF-8.
type Title struct {
	Text string // "Artist - Title"
	URL  string // of the track or its cover; StreamUrl to listeners
}

// TitleMark ties a title to the place in the stream where its sound begins.
type TitleMark struct {
	Title
	Block []byte // the ICY block that announces it; never changed

	offset int64
	next   atomic.Pointer[TitleMark]
}

func newTitleMark(offset int64, t Title) *TitleMark {
	return &TitleMark{Title: t, Block: icy.AppendBlock(nil, t.Text, t.URL), offset: offset}
}
