package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	stdlog "log"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"

	"relay/certificates"
	"relay/commandline"
	"relay/conf"
	"relay/crew"
	"relay/ingest"
	"relay/internal/logging"
	"relay/mounts"
	"relay/server"
	"relay/settings"
	"relay/systemd"
)

// defaultMount is where a run without a configuration plays.
const defaultMount = "/live"

// lastCall is how long the end may take. Each part has less time than that for a
// disk or a peer that does not answer; this is for what nobody has thought of.
const lastCall = 12 * time.Second

func serveCommand(p *commandline.Program) commandline.Command {
	return commandline.Command{
		Operands: "[FILE.mp3 | FOLDER ...]",
		Files:    true,
		Purpose:  "is on the air until it is told to stop, with the files or folders named as its music whenever no DJ is connected",
		Examples: []commandline.Entry{
			{Name: "relay", Text: "on the air at once: port 8000, mount /live, passwords made for this run"},
			{Name: "relay FILE.mp3 | FOLDER", Text: "the same, with your music whenever no DJ is connected"},
			{Name: "relay -c relay.toml", Text: "with a configuration (relay.example.toml shows all of it)"},
			{Name: "relay -c icecast.xml", Text: "with the configuration of an Icecast as it is"},
			{Name: "relay -listen :9000", Text: "on another port (wins over the configuration)"},
		},
		Declare: func(flags *flag.FlagSet) func([]string) error {
			path := flags.String("c", "", "the configuration `file`")
			listen := flags.String("listen", "", "the `address` to listen on, instead of those configured")
			return func(music []string) error {
				if err := findMusic(p, music); err != nil {
					return err
				}
				return serve(*path, *listen, music)
			}
		},
	}
}

// serve runs the server until it is told to stop. path is its configuration and
// listen an address that wins over those in it; either may be empty.
func serve(path, listen string, tracks []string) error {
	hangup := hangups()
	surviveBrokenPipes()
	unconfigured := path == ""
	var made passwords
	var atStart bytes.Buffer
	var notes io.Writer = &atStart // there is no log yet
	config, err := settings.Open(path, func(name string, text []byte) (*conf.Config, []byte, error) {
		c, toml, err := readConfiguration(name, text, notes)
		if err != nil {
			return nil, nil, err
		}
		if listen != "" {
			c.Server.Listen = []string{listen}
		}
		if unconfigured {
			c.Server.ShoutcastMount = defaultMount
		}
		made.fill(c)
		return c, toml, nil
	})
	if err != nil {
		return err
	}
	live := config.Live
	lines, tail, level := newLog(live.Config().Log)
	go lines.Run() // until Close
	defer lines.Close()
	if atStart.Len() > 0 {
		lines.Write(atStart.Bytes())
	}
	notes = lines
	log := lines.Logger()
	stdlog.SetFlags(0)
	stdlog.SetOutput(logging.NewStd(log, "a library has said something").Writer())
	config.WithLog(log)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	sockets := systemd.Inherited()
	certs, err := certificates.Open(live.Config().TLS, log)
	if err != nil {
		return err
	}
	open, err := server.Listen(live, certs, sockets.Listen)
	if err != nil {
		return err
	}
	shoutcast, err := listenShoutcast(live, unconfigured, open[0].Addr(), sockets.Listen)
	if err != nil {
		return err
	}
	var banner bytes.Buffer
	printBanner(&banner, live.Config(), open[0].Addr(), shoutcast, made)
	logging.WriteWithin(os.Stdout, banner.Bytes(), patience)
	if shoutcast != nil {
		open = append(open, shoutcast)
	}
	for _, addr := range sockets.Close() {
		log.Warn("a socket from systemd is not used: no address of the configuration is its own", zap.Stringer("address", addr))
	}

	registry := mounts.NewRegistry(live, log)
	music := ingest.NewAutoDJ(registry, log)
	radio := server.New(config, registry, music, tail, certs, log)
	radio.LostLines = lines.Lost
	var working sync.WaitGroup
	working.Go(func() { music.Run(ctx) })
	working.Go(func() {
		follow(ctx, live, func(c *conf.Config) {
			level.SetLevel(levelOf(c.Log))
			music.Play(musicOf(c, unconfigured, tracks))
		})
	})
	working.Go(func() { advise(ctx, live, path, log) })
	working.Go(func() { reloadOn(ctx, hangup, config, log) })
	pullStreams(ctx, &working, live, registry, log, open)
	encodeRenditions(ctx, &working, live, registry, log)
	working.Go(func() { systemd.Attend(ctx, radio.Alive, log) })
	ended := crew.Within(ctx, lastCall, func(ctx context.Context) {
		radio.Run(ctx, open)
		working.Wait()
	})
	if !ended {
		log.Error("something does not end, the program ends without it", zap.Duration("waited", lastCall))
	}
	log.Info("stopped")
	return nil
}

// listenShoutcast opens the second port for SHOUTcast sources, or returns nil:
// the configured one or, without a configuration, the one behind the first if
// that is free.
func listenShoutcast(c *conf.Live, unconfigured bool, main net.Addr, open server.Open) (net.Listener, error) {
	if unconfigured {
		return server.NextPort(main), nil
	}
	return server.ListenShoutcast(c, open)
}
