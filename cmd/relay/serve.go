package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"relay/conf"
	"relay/ingest"
	"relay/mounts"
	"relay/server"
	"relay/settings"
)

// defaultMount is where a run without a configuration plays.
const defaultMount = "/live"

// serve runs the server until it is told to stop.
func serve(args []string) error {
	flags := flag.NewFlagSet("relay", flag.ContinueOnError)
	path := flags.String("c", "", "the configuration `file`")
	listen := flags.String("listen", "", "the `address` to listen on, instead of those configured")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	for _, music := range flags.Args() {
		if _, err := os.Stat(music); err != nil {
			return fmt.Errorf("cannot play %s: %w", music, errors.Unwrap(err))
		}
	}
	hangup := hangups()
	unconfigured := *path == ""
	var made passwords
	config, err := settings.Open(*path, func(name string, text []byte) (*conf.Config, []byte, error) {
		c, toml, err := readConfiguration(name, text, os.Stderr)
		if err != nil {
			return nil, nil, err
		}
		if *listen != "" {
			c.Server.Listen = []string{*listen}
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
	log, tail, level, err := newLogger(live.Config().Log)
	if err != nil {
		return fmt.Errorf("cannot write the log: %w", err)
	}
	defer log.Sync()
	config.WithLog(log)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	open, err := server.Listen(live)
	if err != nil {
		return err
	}
	shoutcast, err := listenShoutcast(live, unconfigured, open[0].Addr())
	if err != nil {
		return err
	}
	printBanner(os.Stdout, live.Config(), open[0].Addr(), shoutcast, made)
	if shoutcast != nil {
		open = append(open, shoutcast)
	}

	registry := mounts.NewRegistry(live, log)
	music := ingest.NewAutoDJ(registry, log)
	radio := server.New(config, registry, music, tail, log)
	var working sync.WaitGroup
	working.Go(func() { music.Run(ctx) })
	working.Go(func() {
		follow(ctx, live, func(c *conf.Config) {
			level.SetLevel(levelOf(c.Log))
			music.Play(musicOf(c, unconfigured, flags.Args()))
		})
	})
	working.Go(func() { reloadOn(ctx, hangup, config) })
	pullStreams(ctx, &working, live, registry, log, open)
	encodeRenditions(ctx, &working, live, registry, log)
	err = radio.Run(ctx, open)
	working.Wait()
	log.Info("stopped")
	return err
}

// listenShoutcast opens the second port for SHOUTcast sources, or returns nil:
// the configured one or, without a configuration, the one behind the first if
// that is free.
func listenShoutcast(c *conf.Live, unconfigured bool, main net.Addr) (net.Listener, error) {
	if unconfigured {
		return server.NextPort(main), nil
	}
	return server.ListenShoutcast(c)
}
