package library

import "os"

// A Survey describes the music at some paths, as far as it can be seen.
type Survey struct {
	Tracks   int    // number in a Library of these paths
	Playable bool   // one of the first of them can be played, or there are too many to be sure that none can
	Broken   string // otherwise, why the first cannot be played; empty: there is no track
	Problems string // what could not be read, in words
	LeftOut  string // music that cannot be played, in words
}

// maxProbed is how many files a survey opens.
const maxProbed = 200

// Look surveys files, folders and playlists. probe returns why an open file cannot be
// played, or nil.
func Look(paths []string, plays Plays, probe func(*os.File) error) Survey {
	found, problems, others := scan(paths, plays)
	defer found.close()
	s := Survey{Tracks: found.n, Problems: problems, LeftOut: others.String()}
	for i, path := range found.all() {
		err := probeAt(string(path), probe)
		if err == nil || i == maxProbed {
			s.Playable, s.Broken = true, ""
			return s
		}
		if s.Broken == "" {
			s.Broken = string(path) + ": " + err.Error()
		}
	}
	return s
}

func probeAt(path string, probe func(*os.File) error) error {
	if !isFile(path) {
		return os.ErrNotExist
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return probe(file)
}
