package conf

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/bcrypt"
)

const (
	// shortestPassword and shortestToken are minimum lengths in characters. They differ
	// because people type passwords but not tokens.
	shortestPassword = 8
	shortestToken    = 16
	// dearestHash is the highest cost of a bcrypt hash that is compared with
	// hashGuesses: a comparison takes a quarter of a second.
	dearestHash = 12
)

// firstGuesses are the passwords that attackers' programs try first on radio servers,
// and a few more words. Added digits, and digits in place of letters, do not make a
// password safe.
var firstGuesses = strings.Fields(`hackme changeme changeit password admin source radio letmein
	passwd passwort pass secret administrator relay stream streaming live welcome icecast shoutcast default test testing
	guest user root master station music broadcast listener example dj djpassword sourcepassword adminpassword
	hackmenow qwerty qwertz asdf asdfgh abc abcd letmeinnow iloveyou monkey dragon trustno sekret geheim`)

// hashGuesses is how many of firstGuesses a hash is compared with.
const hashGuesses = 8

// reviewPasswords warns of passwords that are easy to guess.
func (c *Config) reviewPasswords(ctx context.Context, r *reader) {
	for _, s := range c.secrets(r) {
		why := s.guessable(ctx)
		if why == "" {
			continue
		}
		const better = `"openssl rand -hex 16" prints a better one`
		if s.variable != "" && !isVariable(fmt.Sprint(r.values[s.at.id])) { // the text does not name the variable
			r.errs = append(r.errs, &Error{Key: s.variable, Problem: "is easy to guess: it " + why + "; " + better})
			continue
		}
		r.warn(s.at, "is easy to guess: it %s; %s", why, better)
	}
}

// guessable returns why a secret is easy to guess; empty: it is not.
func (s storedSecret) guessable(ctx context.Context) string {
	if s.Hashed() {
		return s.guessableHash(ctx)
	}
	text := strings.ToLower(s.Reveal())
	shortest := shortestPassword
	if s.token {
		shortest = shortestToken
	}
	is := func(words []string) bool {
		return isMadeOf(core(text), words) || isMadeOf(core(asLetters.Replace(text)), words)
	}
	switch {
	case s.user != "" && (text == strings.ToLower(s.user) || core(text) == core(s.user)):
		return "is the user name"
	case is(firstGuesses):
		return "is among the passwords tried first"
	case is(append(s.words(), firstGuesses...)):
		return "is made of a name of the mount or the station"
	case isMonotonous(text):
		return "repeats or counts up a character"
	case utf8.RuneCountInString(text) < shortest:
		if s.token {
			return "has fewer than 16 characters"
		}
		return "has fewer than 8 characters"
	}
	return ""
}

// guessableHash is guessable for a hash. It compares the hash with a few words.
func (s storedSecret) guessableHash(ctx context.Context) string {
	if cost, err := bcrypt.Cost([]byte(s.Reveal())); err != nil || cost > dearestHash {
		return ""
	}
	is := func(word string) bool { return word != "" && ctx.Err() == nil && s.Matches(word) }
	if is(s.user) {
		return "is the user name"
	}
	if slices.ContainsFunc(firstGuesses[:hashGuesses], is) {
		return "is among the passwords tried first"
	}
	for _, name := range s.names {
		if strings.HasPrefix(name, "/") && is(strings.Trim(name, "/*")) {
			return "is a name of the mount or the station"
		}
	}
	return ""
}

// words returns the names that belong to the secret, in the form that core returns.
func (s storedSecret) words() (words []string) {
	for _, name := range s.names {
		for _, part := range append(strings.FieldsFunc(name, func(c rune) bool { return c == '/' || c == '.' || c == '-' }), name) {
			if word := core(part); utf8.RuneCountInString(word) > 2 {
				words = append(words, word)
			}
		}
	}
	return words
}

// isMadeOf reports whether text is one of the words, two of them, or a repetition of
// one.
func isMadeOf(text string, words []string) bool {
	for _, word := range words {
		rest, ok := strings.CutPrefix(text, word)
		if ok && (rest == "" || slices.Contains(words, rest) || strings.ReplaceAll(rest, word, "") == "") {
			return true
		}
	}
	return false
}

// asLetters replaces digits and signs by the letters that they stand for within words.
var asLetters = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s")

// core returns text in lower case, without leading and trailing characters that are not
// letters, and with the digits and signs inside replaced by letters.
func core(text string) string {
	text = strings.TrimRightFunc(strings.ToLower(text), func(c rune) bool { return !unicode.IsLetter(c) })
	text = strings.TrimLeftFunc(asLetters.Replace(text), func(c rune) bool { return !unicode.IsLetter(c) })
	return strings.Map(func(c rune) rune {
		if c == ' ' || c == '-' || c == '_' || c == '.' {
			return -1
		}
		return c
	}, text)
}

// isMonotonous reports whether each character of text follows the one before by the
// same step: "aaaaaaaa", "12345678".
func isMonotonous(text string) bool {
	characters := []rune(text)
	if len(characters) < 3 {
		return false
	}
	step := characters[1] - characters[0]
	for i := 2; i < len(characters); i++ {
		// "7890" continues after the 9.
		if next := characters[i] - characters[i-1]; next != step && !(step == 1 && characters[i-1] == '9' && characters[i] == '0') {
			return false
		}
	}
	return step >= -1 && step <= 1
}
