package mounts

// Observer is told about events on the mounts. Its methods must not wait: a source or a
// listener waits for them.
//
// All methods but TitleOnAir are called with the mount or its audience locked, so they
// must not call back. The lock makes the account exact: at any moment a session, a play
// and an airtime can either still be read from the registry or have been reported;
// never both, never neither.
type Observer interface {
	// TitleOnAir is called with every title that goes on the air, and the number of
	// listeners at that moment. No lock is held.
	TitleOnAir(mount string, listeners int, t Title)
	// PlayBegan is called with every play, and with audio without a title.
	PlayBegan(p Play)
	// AirtimeBegan is called with an airtime after its play.
	AirtimeBegan(t Airtime)
	// AirtimeEnded is called with an airtime when its end and the reason are known.
	AirtimeEnded(t Airtime)
	// SessionEnded is called with every session that has ended, and one of the
	// DisconnectReasons.
	SessionEnded(mount string, s Session, reason string)
}

// Observe sets the only observer. It must be called before the first mount is created.
func (r *Registry) Observe(o Observer) { r.observer = o }

// tellTitle reports a title to the observer once the locks are released. m.mu is held.
func (r *Registry) tellTitle(mount string, listeners int, t Title) {
	if r.observer != nil {
		r.held.Call(func() { r.observer.TitleOnAir(mount, listeners, t) })
	}
}

func (r *Registry) tellPlay(p Play) {
	if r.observer != nil {
		r.observer.PlayBegan(p)
	}
}

func (r *Registry) tellAirtime(t Airtime) {
	switch {
	case r.observer == nil:
	case t.Until.IsZero():
		r.observer.AirtimeBegan(t)
	default:
		r.observer.AirtimeEnded(t)
	}
}
