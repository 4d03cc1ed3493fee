package icy

import "strings"

// Login is a user name and a password.
type Login struct{ User, Password string }

// TypedLogins returns the logins that may have been typed into the password field of a
// program without a field for the user name: "user:password" or "user,password". user
// is the name that the program sends. If it is neither "source" nor empty, a person
// typed it, and the password is taken as it is.
func TypedLogins(user, password string) []Login {
	if user != "" && !strings.EqualFold(user, "source") {
		return nil
	}
	return splitLogin(password)
}

// splitLogin returns the ways to split text into a user name and a password, the
// likelier one first.
func splitLogin(text string) (logins []Login) {
	for _, separator := range []string{":", ","} {
		user, password, found := strings.Cut(text, separator)
		if found && user != "" && password != "" {
			logins = append(logins, Login{user, password})
		}
	}
	return logins
}
