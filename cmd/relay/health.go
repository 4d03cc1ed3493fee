package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"relay/commandline"
	"relay/conf"
)

func healthCommand() commandline.Command {
	return commandline.Command{
		Name:    "health",
		Purpose: "asks the server on this machine whether it is well",
		About:   "For people, and for container engines, whose images hold nothing else that could ask. A mistake in a configuration that is given is a failure too.",
		Examples: []commandline.Entry{
			{Name: "relay health", Text: "asks the server on this machine whether it is well"},
			{Name: "relay health -c relay.toml", Text: "the same, at the first address of its configuration"},
		},
		Declare: func(flags *flag.FlagSet) func([]string) error {
			path := flags.String("c", "", "the configuration `file` of the server, which says where it listens")
			address := flags.String("address", "127.0.0.1:8000", "`host:port` of a server whose configuration is not given")
			return func([]string) error {
				base := "http://" + *address
				if *path != "" {
					c, err := loadConfiguration(*path, io.Discard)
					if err != nil {
						return err
					}
					base = whereToAsk(c)
				}
				return health(base)
			}
		},
	}
}

// whereToAsk returns the first address that a configuration opens, as a URL:
// those of server.listen take plain connections too.
func whereToAsk(c *conf.Config) string {
	if len(c.Server.Listen) > 0 {
		return "http://" + askable(c.Server.Listen[0])
	}
	return "https://" + askable(c.TLS.Listen[0])
}

// askable turns an address to listen on into one to connect to.
func askable(address string) string {
	host, port, _ := net.SplitHostPort(address) // conf has checked it
	switch ip := net.ParseIP(host); {
	case host == "" || ip.Equal(net.IPv4zero):
		host = "127.0.0.1"
	case ip.Equal(net.IPv6unspecified):
		host = "::1"
	}
	return net.JoinHostPort(host, port)
}

// health asks a running server whether it is well. Whose certificate it shows
// does not matter: it is this machine's, and bears another name.
func health(base string) error {
	client := http.Client{
		Timeout:   2 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	}
	answer, err := client.Get(base + "/healthz")
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", base, answer.Status)
	}
	fmt.Println("well")
	return nil
}
