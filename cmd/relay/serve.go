package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"relay/conf"
	"relay/conf/live"
	"relay/internal/certificates"
	"relay/internal/crew"
	"relay/internal/logging"
	"relay/internal/systemd"
	"relay/server"
)

// defaultMount is the mount of a run without a configuration.
const defaultMount = "/live"

// lastCall is the time limit of the shutdown. Each part has a shorter limit for a disk
// or a peer that does not answer; this one is for unforeseen cases.
const lastCall = 12 * time.Second

func serveCommand() *cobra.Command {
	var path, listen string
	cmd := &cobra.Command{
		Use:   "relay [FILE | FOLDER ...]",
		Short: "A radio server for Icecast and SHOUTcast clients",
		Long: `relay takes MP3, AAC, Opus, Vorbis or FLAC from DJ software and sends it to listeners. It serves the clients of Icecast and of SHOUTcast.

relay needs no configuration: without one it makes passwords, prints them, and is on the air. Files and folders named on the command line play whenever no DJ is connected.

A configuration is one file in TOML, in which every key is optional. relay also reads an icecast.xml.`,
		Example: `  relay                       on the air at once: port 8000, mount /live, new passwords
  relay FILE | FOLDER         the same, with your music whenever no DJ is connected
  relay -c relay.toml         with a configuration (relay.example.toml has every key)
  relay -c icecast.xml        with the configuration of an Icecast
  relay --listen :9000        on another port than the configured one`,
		Args: cobra.ArbitraryArgs,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault // files and folders, in addition to the commands
		},
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2, // two swapped letters
		SilenceUsage:               true,
		Version:                    versionText(),
		RunE: func(cmd *cobra.Command, music []string) error {
			if err := findMusic(cmd, music); err != nil {
				return err
			}
			return serve(path, listen, music)
		},
	}
	withConfiguration(cmd, &path)
	cmd.Flags().StringVar(&listen, "listen", "", "`address` to listen on, in place of the configured ones")
	cmd.SetVersionTemplate("{{.Version}}\n")
	return cmd
}

// serve runs the server until it is told to stop. path is its configuration and listen
// an address that overrides the configured ones; either may be empty.
func serve(path, listen string, tracks []string) error {
	hangup := hangups()
	surviveBrokenPipes()
	unconfigured := path == ""
	var made passwords
	var atStart bytes.Buffer
	var notes io.Writer = &atStart // there is no log yet
	data := os.Getenv(dataVariable)
	if unconfigured {
		var err error
		if path, err = keptConfiguration(data); err != nil {
			fmt.Fprintln(notes, err)
		}
	}
	config, err := live.Open(path, func(name string, text []byte) (*conf.Config, []byte, error) {
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
		if err := made.keep(data, c); err != nil {
			fmt.Fprintln(notes, err)
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
	stdlog.SetOutput(logging.NewStd(log, "message of a library").Writer())
	config.LogTo(log)

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
	shoutcast, err := listenShoutcast(live, unconfigured, listen, open[0].Addr(), sockets.Listen)
	if err != nil {
		return err
	}
	var banner bytes.Buffer
	silent := ""
	if unconfigured && len(tracks) > 0 {
		silent = nothingPlayable(tracks)
	}
	printBanner(&banner, live.Config(), open[0].Addr(), shoutcast, made, silent)
	logging.WriteWithin(os.Stdout, banner.Bytes(), patience)
	if shoutcast != nil {
		open = append(open, shoutcast)
	}
	for _, addr := range sockets.Close() {
		log.Warn("a socket from systemd is not used: it matches no configured address", zap.Stringer("address", addr))
	}

	relay := wire(config, roundsFolder(live.Config(), path), certs, logs{lines, tail, log})
	var working sync.WaitGroup
	working.Go(func() { relay.music.Run(ctx) })
	working.Go(func() { relay.converter.Run(ctx) })
	working.Go(func() {
		onReload(ctx, live, func(c *conf.Config) {
			level.SetLevel(levelOf(c.Log))
			relay.music.Play(musicOf(c, unconfigured, tracks))
		})
	})
	working.Go(func() { advise(ctx, live, path, log) })
	working.Go(func() { reloadOn(ctx, hangup, config, log) })
	pullStreams(ctx, &working, live, relay.registry, log, open)
	encodeRenditions(ctx, &working, live, relay.registry, log)
	working.Go(func() { systemd.Attend(ctx, relay.server.Alive, log) })
	ended := crew.Within(ctx, lastCall, func(ctx context.Context) {
		relay.server.Run(ctx, open)
		working.Wait()
	})
	if !ended {
		log.Error("shutdown took too long: some tasks were abandoned", zap.Duration("waited", lastCall))
	}
	log.Info("stopped")
	return nil
}

// listenShoutcast opens the second port, for SHOUTcast sources, or returns nil: the
// configured port or, without a configuration or with another listen address, the port
// above the first one if it is free.
func listenShoutcast(c *conf.Live, unconfigured bool, listen string, main net.Addr, open server.Open) (net.Listener, error) {
	if unconfigured || listen != "" && c.Config().Server.ShoutcastListen != "" {
		return server.NextPort(main), nil
	}
	return server.ListenShoutcast(c, open)
}
