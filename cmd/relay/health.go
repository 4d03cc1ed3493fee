package main

import (
	"flag"
	"fmt"
	"net/http"
	"time"

	"relay/commandline"
)

func healthCommand() commandline.Command {
	return commandline.Command{
		Name:     "health",
		Purpose:  "asks the server on this machine whether it is well",
		About:    "For container engines, whose images hold nothing else that could ask.",
		Examples: []commandline.Entry{{Name: "relay health", Text: "asks the server on this machine whether it is well"}},
		Declare: func(flags *flag.FlagSet) func([]string) error {
			address := flags.String("address", "127.0.0.1:8000", "`host:port` of the server")
			return func([]string) error { return health(*address) }
		},
	}
}

// health asks a running server whether it is well.
func health(address string) error {
	client := http.Client{Timeout: 2 * time.Second}
	answer, err := client.Get("http://" + address + "/healthz")
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", address, answer.Status)
	}
	fmt.Println("well")
	return nil
}
