package main

import (
	"fmt"
	"runtime"

	"relay/version"
)

func printVersion() error {
	fmt.Printf("relay %s (%s, %s/%s)\n", version.Number, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
