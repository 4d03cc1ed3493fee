package history

// goingOn is what goes on in a test; nil: nothing.
type goingOn struct {
	listeners map[string]int
	sessions  func() []Session
	airtimes  func() []Airtime
}

func (g goingOn) Listeners() map[string]int { return g.listeners }

func (g goingOn) Sessions() []Session {
	if g.sessions == nil {
		return nil
	}
	return g.sessions()
}

func (g goingOn) Airtimes() []Airtime {
	if g.airtimes == nil {
		return nil
	}
	return g.airtimes()
}
