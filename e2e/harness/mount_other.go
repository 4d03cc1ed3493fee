//go:build !linux

package harness

import "errors"

func mountFuse(dir, options string) error { return errors.ErrUnsupported }

func unmountFuse(dir string) {}
