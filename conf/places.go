package conf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"relay/internal/disk"
)

// Probes check the contents of files for Places. Each returns why a file cannot be
// used, with the remedy, or "".
type Probes struct {
	Music func(path string) string // of a file, folder or playlist
	Intro func(path string) string
	Logo  func(path string) string
	// Encoder returns why ffmpeg cannot be run; nil: no such check.
	Encoder func() string
}

// Places checks the files and folders in a configuration. Problems are faults of the
// machine as it is now, such as a folder that does not exist; the server starts
// nevertheless, since a disk may be mounted later. Doubts are music and intros without
// anything playable, and settings that need an encoder that is missing. An invalid text
// has neither.
func Places(name string, text []byte, probes Probes) (problems, doubts []*Error) {
	c, r, err := read(name, text)
	if err != nil {
		return nil, nil
	}
	c.check(r)
	if r.err() != nil {
		return nil, nil
	}
	list := c.places(probes)
	look(list)
	for _, p := range list {
		if p.problem != "" {
			r.fail(p.at, "%s", p.problem)
		}
	}
	problems, r.errs = r.sorted(), nil
	for _, p := range list {
		if p.doubt != "" {
			r.warn(p.at, "%s", p.doubt)
		}
	}
	c.doubtEncoder(r, probes.Encoder)
	return problems, r.sorted()
}

// A place is a file or folder in the configuration.
type place struct {
	at    path
	path  string
	check func(path string) error // blocks as long as the disk does; the error ends with the remedy
	// probe checks the contents if check finds no problem; nil: no such check.
	probe func(path string) string
	// isFatal makes the result of probe a problem instead of a doubt.
	isFatal bool

	problem, doubt string
}

// places lists the files and folders in a configuration, except the files without which
// it could not be read: those of passwords and of the certificate.
func (c *Config) places(probes Probes) (list []*place) {
	var root path
	add := func(p place) {
		if p.path != "" {
			list = append(list, &p)
		}
	}
	auth, log := root.key("auth"), root.key("log")
	for i, folder := range c.Auth.APIFolders {
		add(place{at: auth.key("api_folders").item(i), path: folder, check: readableFolder})
	}
	add(place{at: auth.key("deny_ips_file"), path: c.Auth.DenyIPsFile, check: readableOrNewFile})
	add(place{at: auth.key("deny_agents_file"), path: c.Auth.DenyAgentsFile, check: readableFile})
	add(place{at: root.key("page").key("logo"), path: c.Page.Logo, check: readableFile, probe: probes.Logo, isFatal: true})
	add(place{at: log.key("access_file"), path: c.Log.AccessFile, check: writableFileInNewFolder})
	add(place{at: log.key("playlist_file"), path: c.Log.PlaylistFile, check: writableFileInNewFolder})
	add(place{at: root.key("tls").key("acme_cache"), path: c.TLS.ACMECache, check: writableNewFolder})
	if !c.History.Off {
		add(place{at: root.key("history").key("file"), path: c.History.File, check: writableFile})
	}
	for i, m := range c.Mounts {
		at := root.key("mount").item(i)
		add(place{at: at.key("intro_file"), path: m.IntroFile, check: readableFile, probe: probes.Intro})
		add(place{at: at.key("record_dir"), path: m.RecordDir, check: writableFolder})
		add(place{at: at.key("rewind_dir"), path: m.RewindDir, check: writableFolder})
		add(place{at: at.key("listener_auth").key("htpasswd_file"), path: m.ListenerAuth.HtpasswdFile, check: readableFile})
		files := at.key("files")
		for n, path := range m.Files.Paths {
			add(place{at: files.key("paths").item(n), path: path, check: readable, probe: probes.Music})
		}
		for n, path := range m.Files.Jingles {
			add(place{at: files.key("jingles").item(n), path: path, check: readable, probe: probes.Music})
		}
	}
	return list
}

// maxLooks is the number of simultaneous checks. Several disks that do not answer are
// waited for at the same time; each check costs a thread meanwhile.
const maxLooks = 32

// look records the problem of each place.
func look(list []*place) {
	var working sync.WaitGroup
	free := make(chan struct{}, maxLooks)
	for _, p := range list {
		free <- struct{}{}
		working.Go(func() {
			defer func() { <-free }()
			p.look()
		})
	}
	working.Wait()
}

func (p *place) look() {
	_, err := disk.Look("check "+p.at.shown, p.path, disk.Patience, func() (struct{}, error) { return struct{}{}, p.check(p.path) })
	switch {
	case errors.Is(err, disk.ErrNoAnswer):
		p.problem = fmt.Sprintf("%s: %v; check the disk, or name another path", p.path, disk.ErrNoAnswer)
	case err != nil:
		p.problem = err.Error()
	case p.probe == nil:
	case p.isFatal:
		p.problem = p.probe(p.path)
	default:
		p.doubt = p.probe(p.path)
	}
}

// readable returns an error if a file or folder cannot be read.
func readable(path string) error { return openable(path, "make it", nil) }

// readableFile returns an error if a file cannot be read.
func readableFile(path string) error {
	return openable(path, "make the file", func(info fs.FileInfo) error {
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is not a file: name a file", path)
		}
		return nil
	})
}

// readableOrNewFile is readableFile for a file that is created when it is first
// written.
func readableOrNewFile(path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return writableFolderAt(filepath.Dir(path), path)
	}
	return readableFile(path)
}

// readableFolder returns an error if a folder cannot be read.
func readableFolder(path string) error {
	return openable(path, "make the folder", func(info fs.FileInfo) error {
		if !info.IsDir() {
			return fmt.Errorf("%s is not a folder: name a folder", path)
		}
		return nil
	})
}

func openable(path, remedy string, fits func(fs.FileInfo) error) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s does not exist: %s, mount its disk, or correct the path", path, remedy)
	case err != nil:
		return unreadable(path, err)
	case fits != nil:
		if err := fits(info); err != nil {
			return err
		}
	}
	if !info.IsDir() && !info.Mode().IsRegular() { // opening a FIFO would wait for a writer
		return fmt.Errorf("%s is neither a file nor a folder: name one", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return unreadable(path, err)
	}
	f.Close()
	if info.IsDir() {
		if err := unix.Access(path, unix.X_OK); err != nil {
			return unreadable(path, err)
		}
	}
	return nil
}

func unreadable(path string, err error) error {
	return fmt.Errorf("%s cannot be read by %s: %s; %s", path, thisUser(), systemReason(err), remedyFor(err))
}

// writableFile returns an error if a file cannot be written. The file may be missing,
// but not its folder.
func writableFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return writableFolderAt(filepath.Dir(path), path)
	case err != nil:
		return unwritable(path, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a file: name a file", path)
	}
	if err := unix.Access(path, unix.W_OK); err != nil {
		return unwritable(path, err)
	}
	// SQLite creates files beside it, and a log is rotated beside the old one.
	return writableFolderAt(filepath.Dir(path), path)
}

// writableFolder returns an error if no files can be created in a folder. The folder
// may be missing, but not its parent.
func writableFolder(path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return writableFolderAt(filepath.Dir(path), path)
	}
	return writableFolderAt(path, path)
}

// writableFileInNewFolder is writableFile for a file whose folder may be missing too.
func writableFileInNewFolder(path string) error {
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) {
		return writableNewFolder(filepath.Dir(path))
	}
	return writableFile(path)
}

// writableNewFolder returns an error if no files can be created in a folder. The folder
// and its parents may be missing.
func writableNewFolder(path string) error {
	nearest := path
	for {
		_, err := os.Stat(nearest)
		if above := filepath.Dir(nearest); errors.Is(err, fs.ErrNotExist) && above != nearest {
			nearest = above
			continue
		}
		return writableFolderAt(nearest, path)
	}
}

// writableFolderAt returns an error if wanted cannot be created in a folder.
func writableFolderAt(folder, wanted string) error {
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s cannot be made: the folder %s does not exist; make it, mount its disk, or correct the path", wanted, folder)
	case err != nil:
		return unwritable(folder, err)
	case !info.IsDir():
		return fmt.Errorf("%s cannot be used as a folder: it is a file; name another path than %s", folder, wanted)
	}
	if err := unix.Access(folder, unix.W_OK|unix.X_OK); err != nil {
		return unwritable(folder, err)
	}
	return nil
}

func unwritable(path string, err error) error {
	return fmt.Errorf("%s cannot be written by %s: %s; %s", path, thisUser(), systemReason(err), remedyFor(err))
}

// thisUser returns the user that the program runs as.
func thisUser() string { return fmt.Sprintf("user %d", os.Geteuid()) }

// remedyFor returns the remedy for the system's error.
func remedyFor(err error) string {
	switch {
	case errors.Is(err, syscall.EROFS):
		return "choose a disk that is not mounted read-only"
	case errors.Is(err, fs.ErrPermission):
		return "change its owner or mode, or run this as the user of the service"
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ELOOP), errors.Is(err, syscall.ENAMETOOLONG):
		return "correct the path"
	}
	return "see to the disk"
}
