//go:build linux

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	// playlistPace is how often players fetch the playlist.
	playlistPace = 6 * time.Second

	// longestWait is how long a player may wait for its next segment: one that is cut just
	// after the player looked comes with the playlist after the next.
	longestWait = 13 * time.Second

	// hlsMount is the table that gives mounts HLS.
	hlsMount = "[[mount]]\nname = %q\nhls = true\n"
)

// hls measures listeners by HLS, beside nginx with the same files, and mounts whose HLS
// nobody hears.
func (b *bench) hls(ctx context.Context) error {
	what := fmt.Sprintf("%d listeners", b.listeners)
	plan := b.plan()
	plan.HLS, plan.Warm = true, 2*playlistPace
	files := filepath.Join(b.dir, "hls")
	relay, err := b.hlsOfRelay(ctx, what, plan, files)
	if err != nil {
		return err
	}
	nginx, err := b.hlsOfNginx(ctx, what, plan, files)
	if err != nil {
		return err
	}
	with, err := b.unheard(ctx, "500 mounts with HLS", fmt.Sprintf(hlsMount, "/*"))
	if err != nil {
		return err
	}
	without, err := b.unheard(ctx, "500 mounts", "")
	if err != nil {
		return err
	}
	b.verdicts = append(b.verdicts,
		ratio("CPU per listener-second", relay.CPU, nginx.CPU, "nginx", 1.50),
		atMost("heap per session", relay.HeapLeft/float64(b.listeners), "bytes", 1024), // sessions outlive their connections
		atMost("heap per session and connection", relay.Heap, "bytes", 3072),
		ratio("CPU of mounts with HLS that nobody hears", with.CPU, without.CPU, "without", 1.10),
		none("frames missing, doubled or out of order", relay.Load.Breaks),
		none("listeners lost", relay.Load.Lost),
		none("listeners without sound", relay.Load.Listeners-relay.Load.Heard),
		atMost("longest gap", relay.Load.LongestGap*1000, "ms", float64(longestWait.Milliseconds())))
	return nil
}

// hlsOfRelay measures relay once its mount has been on the air for b.warm, with one
// listener. It saves the playlist and its segments in a folder.
func (b *bench) hlsOfRelay(ctx context.Context, what string, plan loadPlan, files string) (result, error) {
	s, err := startRelay(ctx, b.dir, b.cert, fmt.Sprintf(hlsMount, plan.Mounts[0]))
	if err != nil {
		return result{}, err
	}
	defer s.stop()
	s.mount = plan.Mounts[0]
	feeding, stop := context.WithCancel(ctx)
	defer stop()
	if s.feeder, err = startFeeder(feeding, s, s.mount); err != nil {
		return result{}, err
	}
	const patience = 10 * time.Second // until the first segment
	for begun := time.Now(); ctx.Err() == nil; rest(ctx, playlistPace) {
		err := save(s, files)
		if on := time.Since(begun); err != nil && on > patience {
			return result{}, err
		} else if err == nil && on > b.warm {
			break
		}
	}
	return b.measure(ctx, s, nil, what, plan)
}

// save stores the playlists of a mount and the segments that are not there yet in a folder,
// as nginx serves them.
func save(s *subject, folder string) error {
	file := s.mount + ".m3u8"
	variants, err := fetch(s.addr, file)
	if err != nil {
		return err
	}
	media := path.Join(path.Dir(file), parseHLS(variants).files[0])
	list, err := fetch(s.addr, media)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(folder, path.Dir(media)), 0o755); err != nil {
		return err
	}
	for name, text := range map[string][]byte{file: variants, media: list} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return err
		}
	}
	var zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	zip.Write(list)
	zip.Close()
	if err := os.WriteFile(filepath.Join(folder, media+".gz"), zipped.Bytes(), 0o644); err != nil {
		return err
	}
	for _, name := range parseHLS(list).files {
		name = path.Join(path.Dir(media), name)
		if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
			continue
		}
		segment, err := fetch(s.addr, name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), segment, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func fetch(addr, file string) ([]byte, error) {
	answer, err := http.Get("http://" + addr + file)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", file, answer.Status)
	}
	return body, err
}

// hlsList is what a playlist lists.
type hlsList struct {
	first int // number of the first segment
	files []string
}

func parseHLS(text []byte) (l hlsList) {
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if number, is := strings.CutPrefix(line, "#EXT-X-MEDIA-SEQUENCE:"); is {
			l.first, _ = strconv.Atoi(number)
		}
		if line != "" && line[0] != '#' {
			l.files = append(l.files, line)
		}
	}
	return l
}

// last returns the number of the last segment.
func (l hlsList) last() int { return l.first + len(l.files) - 1 }

// hlsOfNginx measures nginx with the files of a folder. Its playlist stays as it is, so
// listeners begin anew when they have heard all of it.
func (b *bench) hlsOfNginx(ctx context.Context, what string, plan loadPlan, files string) (result, error) {
	s, err := startNginx(ctx, b.dir, files)
	if errors.Is(err, errNotInstalled) {
		progress("nginx is not installed (Debian: apt install nginx-light): no comparison with it")
		return result{}, nil
	}
	if err == nil {
		s.mount = plan.Mounts[0]
	}
	plan.Again = true
	return b.measure(ctx, s, err, what, plan)
}

// startNginx runs nginx with the settings of Debian, apart from its limits and its log, and
// with playlists that are zipped already, as relay's are.
func startNginx(ctx context.Context, dir, files string) (*subject, error) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			return nil, errNotInstalled
		}
	}
	s := &subject{name: "nginx", addr: freeAddr()}
	config := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(`daemon off;
pid %[1]s/nginx.pid;
error_log stderr;
worker_processes auto;
worker_rlimit_nofile 65536;
events { worker_connections 32768; }
http {
	types { application/vnd.apple.mpegurl m3u8; audio/mpeg mp3; }
	sendfile on;
	tcp_nopush on;
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	server {
		listen %[2]s backlog=4096;
		root %[3]s;
		gzip_static on;
	}
}
`, dir, s.addr, files)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return nil, err
	}
	cmd := exec.Command(program, "-e", "stderr", "-c", config)
	if s.stop, err = startProcess(ctx, cmd, filepath.Join(dir, "nginx.log")); err != nil {
		return nil, err
	}
	s.pid = cmd.Process.Pid
	return s, s.wait(ctx)
}

// unheard measures 500 mounts without listeners, with tables added to the configuration.
func (b *bench) unheard(ctx context.Context, what, tables string) (result, error) {
	s, err := startRelay(ctx, b.dir, b.cert, tables)
	plan := b.plan()
	plan.Mounts, plan.Listeners = manyMounts(), 0
	return b.measure(ctx, s, err, what, plan)
}
