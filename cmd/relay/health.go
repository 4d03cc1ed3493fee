package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"relay/conf"
)

func healthCommand() *cobra.Command {
	var path, address string
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Ask the server on this machine whether it is well",
		Long: `Health asks the server on this machine whether it is well. The exit status is 0 if it is.

It serves container engines as well, whose images hold no other program that could ask. A mistake in a configuration that is given is a failure too.`,
		Example: `  relay health                 ask the server at 127.0.0.1:8000
  relay health -c relay.toml   ask the server at the first address of its configuration`,
		Args:              takes(0, 0, ""),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			base := "http://" + address
			if path != "" {
				c, err := loadConfiguration(path, io.Discard)
				if err != nil {
					return err
				}
				base = whereToAsk(c)
			}
			return health(base)
		},
	}
	withConfiguration(cmd, &path)
	cmd.Flags().StringVar(&address, "address", "127.0.0.1:8000", "`host:port` of the server, where no configuration is given")
	return cmd
}

// whereToAsk returns the first address that a configuration opens, as a URL. The
// addresses of server.listen accept plain connections too.
func whereToAsk(c *conf.Config) string {
	if len(c.Server.Listen) > 0 {
		return "http://" + askable(c.Server.Listen[0])
	}
	return "https://" + askable(c.TLS.Listen[0])
}

// askable converts a listen address to one for connecting.
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

// health asks a running server whether it is well. It accepts any certificate: the
// server is on this machine, and its certificate has another name.
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
