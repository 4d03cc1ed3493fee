package id3_test

import (
	"bytes"
	"strings"
	"testing"

	"relay/internal/id3"
)

func TestPicture(t *testing.T) {
	const most = 1000
	pixels := "\xff\xd8\xff\xe0" + strings.Repeat("pixels\x00", 20)
	apic := func(kind, picture string) string { return "\x00image/jpeg\x00" + kind + "of it\x00" + picture }
	title := frame(3, "TIT2", "\x00Song")
	for _, tt := range []struct{ name, file, want string }{
		{"2.2", tagged(2, 0, small("PIC", "\x00JPG\x03\x00"+pixels)), pixels},
		{"2.3", tagged(3, 0, title, frame(3, "APIC", apic("\x03", pixels))), pixels},
		{"2.4", tagged(4, 0, frame(4, "APIC", apic("\x03", pixels)), frame(4, "TIT2", "\x00Song")), pixels},
		{"2.4 with sizes of 2.3", tagged(4, 0, frame(3, "APIC", apic("\x03", pixels)), frame(3, "TPE1", "\x00"+strings.Repeat("Band", 50))), pixels},
		{"no description", tagged(3, 0, frame(3, "APIC", "\x00image/png\x00\x03\x00"+pixels)), pixels},
		{"no type of the file", tagged(3, 0, frame(3, "APIC", "\x00\x00\x03\x00"+pixels)), pixels},
		{"a description in UTF-16", tagged(3, 0, frame(3, "APIC", "\x01image/png\x00\x03\xff\xfe"+little("Āa")+"\x00\x00"+pixels)), pixels},
		{"an empty description in UTF-16", tagged(4, 0, frame(4, "APIC", "\x02image/png\x00\x03\x00\x00"+pixels)), pixels},
		{"unsynchronised", tagged(3, 0x80, unsynchronised(frame(3, "APIC", apic("\x03", pixels)))), pixels},
		{"unsynchronised 2.4", tagged(4, 0x80, frame(4, "APIC", unsynchronised(apic("\x03", pixels)))), pixels},
		{"compressed", tagged(3, 0, flagged(3, "APIC", 0x80, "\x00\x00\x00\x05"+deflated(apic("\x03", pixels)))), pixels},
		{"compressed to next to nothing", tagged(3, 0, flagged(3, "APIC", 0x80, "\x00\x00\x00\x05"+deflated(apic("\x03", strings.Repeat("x", 1<<20))))), ""},
		{"the front of several", tagged(3, 0, frame(3, "APIC", apic("\x04", "back")), frame(3, "APIC", apic("\x03", pixels))), pixels},
		{"the first of several", tagged(3, 0, frame(3, "APIC", apic("\x00", pixels)), frame(3, "APIC", apic("\x04", "back"))), pixels},
		{"another where the front is too large", tagged(3, 0, frame(3, "APIC", apic("\x03", strings.Repeat("x", most+1))), frame(3, "APIC", apic("\x04", pixels))), pixels},
		{"as large as may be", tagged(3, 0, frame(3, "APIC", apic("\x03", strings.Repeat("x", most)))), strings.Repeat("x", most)},
		{"far too large", tagged(3, 0, frame(3, "APIC", apic("\x03", strings.Repeat("x", 1<<20)))), ""},
		{"an address", tagged(3, 0, frame(3, "APIC", "\x00-->\x00\x03\x00http://localhost/")), ""},
		{"an address in 2.2", tagged(2, 0, small("PIC", "\x00-->\x03\x00http://localhost/")), ""},
		{"no picture", tagged(3, 0, title), ""},
		{"no tag", "audio", ""},
		{"an empty frame", tagged(3, 0, frame(3, "APIC", "")), ""},
		{"a frame that ends early", tagged(3, 0, frame(3, "APIC", "\x00image/jpeg")), ""},
		{"a frame that ends in its description", tagged(3, 0, frame(3, "APIC", "\x01image/jpeg\x00\x03\xff\xfea")), ""},
		{"a 2.2 frame that ends early", tagged(2, 0, small("PIC", "\x00JP")), ""},
		{"a file that ends early", tagged(3, 0, frame(3, "APIC", apic("\x03", pixels)))[:60], ""},
	} {
		if got := id3.Picture(strings.NewReader(tt.file), most); string(got) != tt.want {
			t.Errorf("%s: %d bytes, want %d", tt.name, len(got), len(tt.want))
		}
	}
}

// FuzzPicture: no tag gives more bytes than allowed.
func FuzzPicture(f *testing.F) {
	f.Add([]byte(tagged(3, 0, frame(3, "APIC", "\x00image/jpeg\x00\x03\x00pixels"))))
	f.Add([]byte(tagged(2, 0x80, small("PIC", "\x00JPG\x03\x00pixels"))))
	f.Add([]byte(tagged(4, 0, flagged(4, "APIC", 0x08, deflated("\x01image/png\x00\x03\x00\x00pixels")))))
	f.Fuzz(func(t *testing.T, file []byte) {
		if got := id3.Picture(bytes.NewReader(file), 100); len(got) > 100 {
			t.Errorf("%d bytes", len(got))
		}
	})
}
