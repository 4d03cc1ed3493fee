package main

import (
	"flag"
	"fmt"
	"net/http"
	"time"
)

// health asks a running server whether it is well, for container engines whose
// images hold nothing that could ask.
func health(args []string) error {
	flags := flag.NewFlagSet("relay health", flag.ContinueOnError)
	address := flags.String("address", "127.0.0.1:8000", "`host:port` of the server")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	client := http.Client{Timeout: 2 * time.Second}
	answer, err := client.Get("http://" + *address + "/healthz")
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", *address, answer.Status)
	}
	fmt.Println("well")
	return nil
}
