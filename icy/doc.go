// Package icy encodes and decodes the dialect of internet radio. It does no I/O: no
// sockets, no mounts.
//
// A source announces a mount, a listener asks for one, and everything in
// between is raw audio:
//
//	source    PUT /live HTTP/1.1                 also SOURCE, also HTTP/1.0 and ICE/1.0
//	          Authorization: Basic …
//	          Content-Type: audio/mpeg
//	          ice-name: My Station               or icy-name
//	          Expect: 100-continue               perhaps
//	                                             (an empty line)
//	server    HTTP/1.1 100 Continue              only when asked for
//	          HTTP/1.0 200 OK                    no header at all, whatever was asked
//	source    audio, to the end of the connection
//
//	SHOUTcast password                           also user:password, /mount:password
//	source                                       (any first line that is not a request)
//	server    OK2                                or "invalid password", and the end
//	          icy-caps:11
//	                                             (an empty line)
//	source    icy-name:My Station                no Content-Type needed; may come with the password
//	                                             (an empty line)
//	          audio, to the end of the connection
//
//	listener  GET /live HTTP/1.1
//	          Icy-MetaData: 1                    perhaps
//	server    HTTP/1.0 200 OK                    always 1.0: never chunked, no length
//	          icy-name:My Station                no blank after the colon
//	          icy-metaint:16000                  only when asked for
//	server    16000 bytes of audio, a block, 16000 bytes of audio, a block, …
//
// A block is one length byte L and L×16 bytes of text, padded with NUL:
//
//	02 "StreamTitle='Artist - Title';" 00 00 00
//	00                                           nothing new: the usual case
//
// A source that sends icy-metaint in its head sends such blocks too.
//
// Heads are read tolerantly (see ParseHead) because the encoders and proxies in use
// send heads that RFC 9112 forbids; e2e/recorded has such heads from real programs.
package icy
