package mp3

// SetCRC exports SetCRC to tests, which compare its result with an encoder's.
func SetCRC(f Frame) { f.SetCRC() }

// Kept is the memory a Cutter holds, in bytes.
func Kept(c *Cutter) int { return c.in.Kept() }

// Used exports used to tests, which compare main data.
func Used(f Frame) int { return f.used() }
