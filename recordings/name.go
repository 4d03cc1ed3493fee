package recordings

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"relay/codec/known"
)

// stampLayout is the format of the time in a file name, in UTC. It has no colon, since
// some file systems do not allow one.
const stampLayout = "2006-01-02T15-04-05Z"

// fileName returns the name of a recording, without extension. From the second
// recording of a mount in the same second on, names are numbered.
func fileName(stem string, began time.Time, number int) string {
	name := stem + "-" + began.UTC().Format(stampLayout)
	if number > 1 {
		name += fmt.Sprintf("-%d", number)
	}
	return name
}

// sheetExt is the extension of a cue sheet.
const sheetExt = ".cue"

// extensions lists those that the files of a recording may have.
var extensions = append(audioExtensions(), sheetExt)

func audioExtensions() (list []string) {
	for _, c := range known.Codecs {
		list = append(list, c.Extension())
	}
	return list
}

// ContentType returns the Content-Type of a recording's file.
func ContentType(name string) string {
	for _, c := range known.Codecs {
		if strings.HasSuffix(name, c.Extension()) {
			return c.MediaType()
		}
	}
	return "application/x-cue"
}

// stamp matches the text between a stem and the extension.
var stamp = regexp.MustCompile(`^-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)(-[1-9]\d{0,5})?$`)

// isNameOf reports whether a file is the audio or the cue sheet of a recording with
// this stem, and returns its name without extension.
func isNameOf(stem, file string) (name string, ok bool) {
	for _, ext := range extensions {
		if name, ok = strings.CutSuffix(file, ext); ok {
			break
		}
	}
	rest, ours := strings.CutPrefix(name, stem)
	if !ok || !ours {
		return "", false
	}
	found := stamp.FindStringSubmatch(rest)
	if found == nil {
		return "", false
	}
	_, err := time.Parse(stampLayout, found[1])
	return name, err == nil
}

// begun returns the time in a name from isNameOf.
func begun(stem, name string) time.Time {
	at, _ := time.Parse(stampLayout, strings.TrimPrefix(name, stem+"-")[:len(stampLayout)])
	return at
}
