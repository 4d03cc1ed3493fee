package htpasswd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/bcrypt"

	"relay/internal/disk"
	"relay/internal/rewrite"
)

// Errors of Add and Delete.
var (
	ErrUserExists = errors.New("the user exists already")
	ErrNoUser     = errors.New("there is no such user")
)

const maxUserName = 255 // bytes, as with Apache's htpasswd

// Add adds a line for a new user, with the password hashed by bcrypt. The error is
// ErrUserExists, or says what is wrong with the name, the password or the file.
func (f *File) Add(user, password string) error {
	if err := checkUserName(user); err != nil {
		return err
	}
	switch {
	case password == "":
		return errors.New("the password is empty")
	case len(password) > 72:
		return errors.New("the password is longer than 72 bytes")
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	if err != nil {
		return err
	}
	return f.edit(func(text []byte) ([]byte, error) { return addLine(text, user, string(hash)) })
}

// Delete removes all lines of a user. The error is ErrNoUser, or says what is wrong with
// the file.
func (f *File) Delete(user string) error {
	return f.edit(func(text []byte) ([]byte, error) { return deleteLines(text, user) })
}

// addLine returns text with a line for user at its end.
func addLine(text []byte, user, hash string) ([]byte, error) {
	for line := range bytes.Lines(text) {
		if name, _, ok := splitLine(line); ok && name == user {
			return nil, ErrUserExists
		}
	}
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(text, '\n')
	}
	return fmt.Appendf(text, "%s:%s\n", user, hash), nil
}

// deleteLines returns text without the lines of user: all of them, since otherwise the
// second would now be the one that counts.
func deleteLines(text []byte, user string) ([]byte, error) {
	left := make([]byte, 0, len(text))
	for line := range bytes.Lines(text) {
		if name, _, ok := splitLine(line); !ok || name != user {
			left = append(left, line...)
		}
	}
	if len(left) == len(text) {
		return nil, ErrNoUser
	}
	return left, nil
}

// checkUserName refuses a name that would not read the same from a line of the file and
// from a login.
func checkUserName(name string) error {
	switch {
	case name == "":
		return errors.New("the user name is empty")
	case len(name) > maxUserName:
		return fmt.Errorf("the user name is longer than %d bytes", maxUserName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return errors.New("the user name holds control characters or no UTF-8")
	case strings.Contains(name, ":") || name[0] == '#' || strings.TrimSpace(name) != name:
		return errors.New(`the user name must not hold ":", nor begin with "#" or begin or end with a blank`)
	}
	return nil
}

// edit replaces the text of the file, which may not exist yet. It reads the text from the
// disk and not from memory, since others edit the file too.
func (f *File) edit(change func(text []byte) ([]byte, error)) error {
	return disk.Try("edit", f.path, disk.Patience, func(ctx context.Context) error {
		f.disk.Lock()
		defer f.disk.Unlock()
		if ctx.Err() != nil {
			return ctx.Err() // the caller was told that the edit failed
		}
		if _, err := rewrite.Recover(f.path); err != nil {
			return fmt.Errorf("%s cannot be read: %w", f.path, disk.Reason(err))
		}
		text, err := disk.ReadSmall(f.path, maxFile)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s cannot be read: %w", f.path, disk.Reason(err))
		}
		if text, err = change(text); err != nil {
			return err
		}
		if err := rewrite.File(f.path, text, 0o600); err != nil {
			return fmt.Errorf("%s cannot be written: %w", f.path, err)
		}
		f.info = nil
		f.mu.Lock()
		defer f.mu.Unlock()
		f.looked = time.Time{} // so that it is read at once
		return nil
	})
}
