package listeners

import "relay/auth"

// denied says why a listener is kept out, or nil. Who lets those go who are
// denied from now on goes through one audience after the other: whoever enters
// one must be asked after that, or he may be in none that is still looked at.
func denied(gate *auth.Gate, l *listener) error {
	switch {
	case gate.DeniesAddress(l.Addr):
		return auth.ErrAddressDenied
	case gate.DeniesAgent(l.Agent):
		return auth.ErrAgentDenied
	}
	return nil
}
