package ogg

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"relay/codec"
)

// comments makes a comment header without magic.
func comments(list ...string) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 6)
	b = append(b, "vendor"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(list)))
	for _, s := range list {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
	}
	return b
}

func TestComments(t *testing.T) {
	picture := "METADATA_BLOCK_PICTURE=" + strings.Repeat("A", 100_000)
	for _, test := range []struct {
		name  string
		input []byte
		want  codec.Tags
	}{
		{"both", comments("ARTIST=A", "TITLE=T"), codec.Tags{Artist: "A", Title: "T"}},
		{"none", comments(), codec.Tags{}},
		{"any case, any order", comments("title=T=1", "Artist=Ä"), codec.Tags{Artist: "Ä", Title: "T=1"}},
		{"several", comments("ARTIST=A", "ARTIST=B", "TITLE=T", "TITLE=U"), codec.Tags{Artist: "A, B", Title: "T"}},
		{"empty", comments("ARTIST=", "", "TITLE", "=x", "TITLE=T"), codec.Tags{Title: "T"}},
		{"a picture between", comments("ARTIST=A", picture, "TITLE=T"), codec.Tags{Artist: "A", Title: "T"}},
		{"not UTF-8", comments("TITLE=a\xffb"), codec.Tags{Title: "ab"}},
		{"cut off", comments("ARTIST=A", "TITLE=T")[:30], codec.Tags{Artist: "A"}},
		{"a length beyond the end", append(comments("ARTIST=A"), "\xff\xff\xff\xffTITLE=T"...), codec.Tags{Artist: "A"}},
		{"no vendor", append(make([]byte, 4), comments("TITLE=T")[10:]...), codec.Tags{Title: "T"}},
	} {
		for _, portion := range []int{1, 3, 1000, 1 << 20} {
			var r commentReader
			for b := range slices.Chunk(test.input, portion) {
				r.add(b)
			}
			if got := r.tags(); got != test.want {
				t.Errorf("%s in portions of %d: %+v, want %+v", test.name, portion, got, test.want)
			}
		}
	}
}

// However long a tag is, little of it is kept, and its end is a whole character.
func TestTagsAreBounded(t *testing.T) {
	var list []string
	for range 10_000 {
		list = append(list, "ARTIST="+strings.Repeat("é", 5000))
	}
	var r commentReader
	r.add(comments(append(list, "TITLE=x"+strings.Repeat("é", 5000))...))
	got := r.tags()
	if len(got.Artist) > maxTag || len(got.Title) > maxTag || !utf8.ValidString(got.Artist+got.Title) || len(got.Title) < maxTag-2 {
		t.Errorf("%d and %d bytes", len(got.Artist), len(got.Title))
	}
}
