package auth

// Refusal says why a login was not good enough, in words for the log.
type Refusal struct {
	Missing       bool // no login was given at all, as clients that probe first do
	RightPassword bool // only the user name is wrong
	Reason        string
	Mount         string // that a password line names; empty: none, or the login was no line
	// Message is what a hook has to say to whom it refused, printable and one
	// line. Empty: nothing. Icecast logs it and answers 401 without it
	// (wire/auth-url.txt).
	Message string
}

func (r *Refusal) Error() string { return r.Reason }

var errNoLogin = &Refusal{Missing: true, Reason: "no login was given"}

// orNil keeps a nil *Refusal from becoming an error that is not nil.
func (r *Refusal) orNil() error {
	if r == nil {
		return nil
	}
	return r
}
