package certificates

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/internal/disk"
)

const (
	// lookEvery is the time between two looks at the files.
	lookEvery = 5 * time.Second
	// patience bounds the wait for a look, since a disk may hang.
	patience = 2 * time.Second
	// warnBefore is how long before the end of a certificate from files the
	// warnings begin, unless a third of its lifetime is less.
	warnBefore = 14 * 24 * time.Hour
)

// files is a certificate in one file, with its key in another.
type files struct {
	cert, key string
	log       *zap.Logger

	shown atomic.Pointer[tls.Certificate]

	read   [2]os.FileInfo // both files, as last read; only one look at a time uses this and the fields below
	failed string         // the last error that was logged; empty after a success
	ending ending
}

// run follows the files until ctx ends. It logs an error about a pair that cannot be
// used, and the previous pair stays.
func (f *files) run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	silent := false // the disk did not answer the last look
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_, err := disk.Look("certificate", f.cert, patience, func() (struct{}, error) {
			f.refresh()
			f.warn()
			return struct{}{}, nil
		})
		if err != nil && !silent {
			f.log.Error("the disk does not answer: the current certificate stays until it does", zap.String("file", f.cert))
		}
		silent = err != nil
	}
}

// open reads the files for the first time.
func (f *files) open() error {
	_, err := disk.Look("certificate", f.cert, disk.Patience, func() (struct{}, error) {
		f.look()
		return struct{}{}, f.load()
	})
	return err
}

// refresh shows the certificate of new files. It reads files that failed again next
// time, whether they have changed or not: a look does not show that relay may read
// them now, that a descriptor is free, or that the certificate has become valid.
func (f *files) refresh() {
	if !f.look() {
		return
	}
	err := f.load()
	switch {
	case err == nil:
		f.failed = ""
		f.log.Info("certificate loaded", zap.String("file", f.cert), zap.Time("until", f.shown.Load().Leaf.NotAfter))
		return
	case err.Error() != f.failed:
		f.failed = err.Error()
		f.log.Error("the new certificate cannot be used: the previous one stays", zap.Error(err))
	}
	f.read = [2]os.FileInfo{}
}

// look reports whether the files have changed since the last look.
func (f *files) look() (changed bool) {
	for i, name := range []string{f.cert, f.key} {
		info, err := os.Stat(name)
		if err != nil {
			continue // being replaced, or gone: the previous one stays
		}
		if was := f.read[i]; was == nil || !os.SameFile(was, info) || !was.ModTime().Equal(info.ModTime()) || was.Size() != info.Size() ||
			was.Mode() != info.Mode() { // the key may have become readable
			changed = true
		}
		f.read[i] = info
	}
	return changed
}

// load shows the certificate in the files from now on. A certificate that is not valid
// now does not replace another. At the start it is shown, since it is better than none.
func (f *files) load() error {
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err == nil && f.shown.Load() != nil {
		err = validNow(pair.Leaf)
	}
	if err != nil {
		return fmt.Errorf("cannot use %s with %s: %w", f.cert, f.key, err)
	}
	if from := pair.Leaf.NotBefore; time.Now().Before(from) {
		f.log.Error("the certificate is not valid yet", zap.String("file", f.cert), zap.Time("from", from))
	}
	f.shown.Store(&pair)
	f.ending = ending{}
	f.warn()
	return nil
}

// validNow returns an error if clients refuse a certificate at this time.
func validNow(leaf *x509.Certificate) error {
	switch now := time.Now(); {
	case now.After(leaf.NotAfter):
		return fmt.Errorf("it has expired on %s", leaf.NotAfter.Format(time.DateOnly))
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("it is not valid before %s", leaf.NotBefore.Format(time.RFC3339))
	}
	return nil
}

// warn logs that the certificate ends soon or has expired.
func (f *files) warn() {
	leaf := f.shown.Load().Leaf
	f.ending.look(f.log, leaf, min(warnBefore, third(leaf)), zap.String("file", f.cert))
}
