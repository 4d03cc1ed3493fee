package auth

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

// What Add and Delete may say.
var (
	ErrUserExists = errors.New("the user exists already")
	ErrNoUser     = errors.New("there is no such user")
)

const maxUserName = 255 // bytes, as with Apache's htpasswd

// Add gives a new user a password, hashed by bcrypt, on a line of his own. The
// error is ErrUserExists, or a sentence that says what is wrong with the name,
// the password or the file.
func (h *Htpasswd) Add(user, password string) error {
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
	return h.edit(func(text []byte) ([]byte, error) { return addLine(text, user, string(hash)) })
}

// Delete takes a user out of the file. The error is ErrNoUser, or a sentence
// that says what is wrong with the file.
func (h *Htpasswd) Delete(user string) error {
	return h.edit(func(text []byte) ([]byte, error) { return deleteLines(text, user) })
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

// deleteLines returns text without the lines of user: all of them, or the
// second would count from now on.
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

// checkUserName refuses names that would read differently from a line or from
// a login.
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

// edit replaces the text of the file, which may not be there yet. It is read
// from the disk, not from what is remembered: others edit it too.
func (h *Htpasswd) edit(change func(text []byte) ([]byte, error)) error {
	return disk.Try("edit", h.path, disk.Patience, func(ctx context.Context) error {
		h.disk.Lock()
		defer h.disk.Unlock()
		if ctx.Err() != nil {
			return ctx.Err() // somebody was told that it has failed
		}
		if _, err := rewrite.Recover(h.path); err != nil {
			return fmt.Errorf("%s cannot be read: %w", h.path, reasonOf(err))
		}
		text, err := readSmall(h.path, maxHtpasswd)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s cannot be read: %w", h.path, reasonOf(err))
		}
		if text, err = change(text); err != nil {
			return err
		}
		if err := rewrite.File(h.path, text, 0o600); err != nil {
			return fmt.Errorf("%s cannot be written: %w", h.path, err)
		}
		h.info = nil
		h.mu.Lock()
		defer h.mu.Unlock()
		h.looked = time.Time{} // to be read at once
		return nil
	})
}
