package rewind

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// The extensions of the files of a reel.
const (
	audioExt = ".audio"
	indexExt = ".index"
)

// stampLayout is the format of the time in the name of a reel, in UTC. It has no colon,
// since some file systems do not allow one.
const stampLayout = "2006-01-02T15-04-05.000Z"

// reelName returns the name of a reel's files, without extension.
func reelName(began time.Time, count int64) string {
	return fmt.Sprintf("%s-%d", began.UTC().Format(stampLayout), count)
}

var nameOfReel = regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z)-([1-9]\d{0,17})$`)

// parseReelName reads a name from reelName.
func parseReelName(name string) (began time.Time, count int64, ok bool) {
	found := nameOfReel.FindStringSubmatch(name)
	if found == nil {
		return time.Time{}, 0, false
	}
	began, err := time.Parse(stampLayout, found[1])
	if err != nil {
		return time.Time{}, 0, false
	}
	count, err = strconv.ParseInt(found[2], 10, 64)
	return began, count, err == nil
}
