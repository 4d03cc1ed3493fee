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
	// lookEvery is how often the files are looked at.
	lookEvery = 5 * time.Second
	// patience is how long the disk may take for them.
	patience = 2 * time.Second
	// warnBefore is how long before its end a certificate from files is
	// complained of, unless a third of its time is less.
	warnBefore = 14 * 24 * time.Hour
)

// files is a certificate in a file, with its key in another.
type files struct {
	cert, key string
	log       *zap.Logger

	shown atomic.Pointer[tls.Certificate]

	read   [2]os.FileInfo // of both, as they were when last read; of one look at a time, as all that follow
	failed string         // how the last attempt to read them did
	ending ending
}

// run follows the files until ctx ends. A pair that cannot be used is complained
// of, and the one before stays.
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
			f.log.Error("the disk does not answer: the certificate is not read again until it does, and stays", zap.String("file", f.cert))
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

// refresh shows what is new. Files that failed are read again next time, whether
// they have changed or not: a right to read them, a free descriptor or the hour
// from which they are valid is not seen by looking at them.
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
		f.log.Error("the new certificate is not used, the one before stays", zap.Error(err))
	}
	f.read = [2]os.FileInfo{}
}

// look tells whether the files are others than when it last looked.
func (f *files) look() (changed bool) {
	for i, name := range []string{f.cert, f.key} {
		info, err := os.Stat(name)
		if err != nil {
			continue // is being replaced, or gone: the one before stays
		}
		if was := f.read[i]; was == nil || !os.SameFile(was, info) || !was.ModTime().Equal(info.ModTime()) || was.Size() != info.Size() ||
			was.Mode() != info.Mode() { // which lets a key be read that could not be
			changed = true
		}
		f.read[i] = info
	}
	return changed
}

// load shows the certificate in the files from now on. One that is not valid now
// takes no other's place; at the start it is better than nothing.
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

// validNow says why a certificate is refused by those who look at it.
func validNow(leaf *x509.Certificate) error {
	switch now := time.Now(); {
	case now.After(leaf.NotAfter):
		return fmt.Errorf("it has expired on %s", leaf.NotAfter.Format(time.DateOnly))
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("it is not valid before %s", leaf.NotBefore.Format(time.RFC3339))
	}
	return nil
}

// warn complains of a certificate that ends soon.
func (f *files) warn() {
	leaf := f.shown.Load().Leaf
	f.ending.look(f.log, leaf, min(warnBefore, third(leaf)), zap.String("file", f.cert))
}
