package frames

// SetCRC is open to tests, which hold it against an encoder's.
func SetCRC(f Frame) { f.setCRC() }

// Kept is the memory a Cutter holds, in bytes.
func Kept(c *Cutter) int { return cap(c.buf) }
