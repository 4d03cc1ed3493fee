// Package memory knows how much memory is left to the program, and says when it
// is too little for newcomers: those on the air must not be lost to the kernel's
// out-of-memory killer for the sake of one more.
package memory
