package frames

// SetCRC is open to tests, which hold it against an encoder's.
func SetCRC(f Frame) { f.setCRC() }
