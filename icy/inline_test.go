package icy_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"relay/icy"
)

func TestInlineMetaint(t *testing.T) {
	for value, want := range map[string]int{"8192": 8192, " 16000 ": 16000, "": 0, "0": 0, "-1": 0, "x": 0, "99999999999999999999": 0} {
		h := http.Header{}
		h.Set("icy-metaint", value)
		h.Set("Icy-MetaData", "1") // ffmpeg sends it, to no effect
		if got := icy.InlineMetaint(h); got != want {
			t.Errorf("%q: %d, want %d", value, got, want)
		}
	}
}

func TestBlocksAreTakenOut(t *testing.T) {
	stream := slices.Concat([]byte("0123456789"), icy.AppendBlock(nil, "it's; one", "http://a/b"), []byte("abcdefghij"), icy.EmptyBlock,
		[]byte("ABCDEFGHIJ"), icy.AppendBlock(nil, "", ""), []byte("klm"))
	const audio, titles = "0123456789abcdefghijABCDEFGHIJklm", "it's; one|http://a/b at 10, | at 30"
	readers := map[string]func(io.Reader) io.Reader{
		"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader,
		"in halves": iotest.HalfReader, "data with the error": iotest.DataErrReader,
	}
	for name, slow := range readers {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			var found []string
			r := icy.NewMetadataReader(slow(bytes.NewReader(stream)), 10, func(title, url string) {
				found = append(found, title+"|"+url+" at "+strconv.Itoa(got.Len()))
			})
			buf := make([]byte, 7)
			for {
				n, err := r.Read(buf)
				got.Write(buf[:n])
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if got.String() != audio || strings.Join(found, ", ") != titles {
				t.Errorf("audio %q with %q", got.String(), found)
			}
		})
	}
}

func TestStreamEndsWithinABlock(t *testing.T) {
	broken := errors.New("broken")
	for _, block := range []string{"", "\x02", "\x02StreamTitle='x';"} {
		r := icy.NewMetadataReader(io.MultiReader(strings.NewReader("0123"+block), iotest.ErrReader(broken)), 4, func(title, _ string) {
			t.Errorf("title %q", title)
		})
		got, err := io.ReadAll(r)
		if string(got) != "0123" || err != broken {
			t.Errorf("%q: %q, %v", block, got, err)
		}
	}
}

func FuzzMetadataReader(f *testing.F) {
	f.Add([]byte("0123456789\x01StreamTitle='';\x00abc"), 10)
	f.Add([]byte("a\xffb\x00c"), 1)
	f.Fuzz(func(t *testing.T, stream []byte, metaint int) {
		if metaint < 1 {
			return
		}
		read := func(r io.Reader) (string, []string) {
			var titles []string
			audio, err := io.ReadAll(icy.NewMetadataReader(r, metaint, func(title, url string) {
				if len(title)+len(url) > 255*16 {
					t.Fatalf("title of %d bytes", len(title)+len(url))
				}
				titles = append(titles, title, url)
			}))
			if err != nil {
				t.Fatal(err)
			}
			return string(audio), titles
		}
		audio, titles := read(bytes.NewReader(stream))
		if len(audio) > len(stream) {
			t.Fatalf("%d bytes of audio in %d", len(audio), len(stream))
		}
		again, titlesAgain := read(iotest.OneByteReader(bytes.NewReader(stream)))
		if again != audio || !slices.Equal(titles, titlesAgain) {
			t.Fatal("how the bytes arrive changes what they mean")
		}
	})
}
