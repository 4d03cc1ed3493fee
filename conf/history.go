package conf

import "time"

// MinHistoryKeep is the least of History.Keep, if it is not 0.
const MinHistoryKeep = Duration(time.Hour)

// MinHistorySize is the least of History.MaxSize, if it is not 0.
const MinHistorySize = Size(1 << 20)

// History is [history]: what is remembered of listeners, titles and sources.
type History struct {
	// Off keeps nothing at all, not even in memory.
	Off bool `toml:"off" restart:"true"`
	// File is the SQLite database. Empty: what fits is kept in memory while the
	// server runs.
	File string `toml:"file" restart:"true"`
	// HashIP keeps a salted hash of addresses in place of the addresses.
	HashIP bool `toml:"hash_ip" restart:"true"`
	// Keep is how long everything is kept; 0: for ever.
	Keep Duration `toml:"keep" restart:"true"`
	// MaxSize is how large the file may grow, in bytes; the oldest goes first. 0: as
	// large as it wants.
	MaxSize Size `toml:"max_size" restart:"true"`
}

func defaultHistory() History { return History{HashIP: true, MaxSize: 1 << 30} }

func (h *History) check(r *reader, p path) {
	h.File = r.resolve(h.File)
	if h.Keep != 0 && h.Keep < MinHistoryKeep {
		r.fail(p.key("keep"), "must be 0 (for ever) or at least %v", MinHistoryKeep)
	}
	if h.MaxSize != 0 && h.MaxSize < MinHistorySize {
		r.fail(p.key("max_size"), "must be 0 (no bound) or at least %v", MinHistorySize)
	}
}
