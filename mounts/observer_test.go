package mounts

// watcher is an Observer that calls a test's functions; nil functions are not called.
type watcher struct {
	title   func(mount string, listeners int, t Title)
	play    func(Play)
	airtime func(Airtime) // called with its beginning and its end
}

func (w watcher) TitleOnAir(mount string, listeners int, t Title) {
	if w.title != nil {
		w.title(mount, listeners, t)
	}
}

func (w watcher) PlayBegan(p Play) {
	if w.play != nil {
		w.play(p)
	}
}

func (w watcher) AirtimeBegan(t Airtime) {
	if w.airtime != nil {
		w.airtime(t)
	}
}

func (w watcher) AirtimeEnded(t Airtime) { w.AirtimeBegan(t) }

func (watcher) SessionEnded(string, Session, string) {}
