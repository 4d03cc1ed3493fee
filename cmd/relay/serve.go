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
	"relay/mounts"
	"relay/server"
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
	c, err := loadConfiguration(*path, os.Stderr)
	if err != nil {
		return err
	}
	if *listen != "" {
		c.Server.Listen = []string{*listen}
	}
	made := fillPasswords(c)
	log, err := newLogger(c.Log)
	if err != nil {
		return fmt.Errorf("cannot write the log: %w", err)
	}
	defer log.Sync()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	open, err := server.Listen(c)
	if err != nil {
		return err
	}
	shoutcast, err := listenShoutcast(c, *path == "", open[0].Addr())
	if err != nil {
		return err
	}
	printBanner(os.Stdout, c, open[0].Addr(), shoutcast, made)
	if shoutcast != nil {
		open = append(open, shoutcast)
	}

	registry := mounts.NewRegistry(c, log)
	music := newAutoDJ(c, *path == "", flags.Args(), registry, log)
	radio := server.New(c, registry, music, log)
	var players sync.WaitGroup
	players.Go(func() { music.Run(ctx) })
	pullStreams(ctx, &players, c, registry, log, open)
	encodeRenditions(ctx, &players, c, registry, log)
	err = radio.Run(ctx, open)
	players.Wait()
	log.Info("stopped")
	return err
}

// listenShoutcast opens the second port for SHOUTcast sources, or returns nil:
// the configured one or, without a configuration, the one behind the first if
// that is free, with the default mount behind it.
func listenShoutcast(c *conf.Config, unconfigured bool, main net.Addr) (net.Listener, error) {
	if unconfigured {
		c.Server.ShoutcastMount = defaultMount
		return server.NextPort(main), nil
	}
	return server.ListenShoutcast(c)
}
