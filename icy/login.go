package icy

import "strings"

// Login is a user name and a password.
type Login struct{ User, Password string }

// TypedLogins returns the logins that a password may hold which was typed into a
// program without a field for the user name: "user:password" or "user,password". user is
// what the program sends for the name, "source" or nothing; any other was typed as well,
// and the password is what it is.
func TypedLogins(user, password string) []Login {
	if user != "" && !strings.EqualFold(user, "source") {
		return nil
	}
	return splitLogin(password)
}

// splitLogin returns what text may mean as a user name and a password, the likelier one
// first.
func splitLogin(text string) (logins []Login) {
	for _, separator := range []string{":", ","} {
		user, password, found := strings.Cut(text, separator)
		if found && user != "" && password != "" {
			logins = append(logins, Login{user, password})
		}
	}
	return logins
}
