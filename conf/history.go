package conf

import "time"

// MinHistoryKeep is the minimum of History.Keep, if it is not 0.
const MinHistoryKeep = Duration(time.Hour)

// MinHistorySize is the minimum of History.MaxSize, if it is not 0.
const MinHistorySize = Size(1 << 20)

// History is [history]: the stored history of listeners, titles and sources.
type History struct {
	// Off disables the history, even in memory.
	Off bool `toml:"off" restart:"true"`
	// File is the SQLite database. Empty: a limited history is kept in memory while the
	// server runs.
	File string `toml:"file" restart:"true"`
	// HashIP stores a salted hash in place of each address.
	HashIP bool `toml:"hash_ip" restart:"true"`
	// Keep is how long everything is kept; 0: for ever.
	Keep Duration `toml:"keep" restart:"true"`
	// MaxSize is the maximum size of the file, in bytes; the oldest rows are deleted
	// first. 0: no limit.
	MaxSize Size `toml:"max_size" restart:"true"`
}

func defaultHistory() History { return History{HashIP: true, MaxSize: 1 << 30} }

func (h *History) check(r *reader, p path) {
	h.File = r.resolve(h.File)
	if h.Keep != 0 && h.Keep < MinHistoryKeep {
		r.fail(p.key("keep"), "must be 0 (for ever) or at least %v", MinHistoryKeep)
	}
	if h.MaxSize != 0 && h.MaxSize < MinHistorySize {
		r.fail(p.key("max_size"), "must be 0 (no limit) or at least %v", MinHistorySize)
	}
}
