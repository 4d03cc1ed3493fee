// Package memory measures how much memory is left to the program, and reports when that
// is too little for new listeners: those connected must not be lost to the kernel's
// out-of-memory killer because of one more.
package memory
