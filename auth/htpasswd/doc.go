// Package htpasswd reads and edits files of names and hashed passwords, as Apache's
// htpasswd and Icecast write them, and checks logins against them.
//
//	in:   the path of a file, logins with the IP addresses they came from, edits
//	out:  a Verdict on each login; the names in the file; the file with an edit in it
//
// It owns no goroutine. A file belongs to many editors, so it is read again when it has
// changed, and an edit starts from the text on the disk.
package htpasswd
