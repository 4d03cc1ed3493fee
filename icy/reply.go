package icy

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// ErrNotAnswer means that the first line is not a status line in any dialect.
var ErrNotAnswer = errors.New("the first line is not the answer of an HTTP or SHOUTcast server")

// Reply is the head of another server's answer.
type Reply struct {
	Status int    // as in HTTP, even if the server speaks SHOUTcast's dialect
	Reason string // the words after the status
	Header http.Header
}

// ParseReply reads a whole head (see HeadEnd) as radio servers write it: "HTTP/1.x 200
// OK" or SHOUTcast's "ICY 200 OK", then header lines, as tolerantly as ParseHead.
// Errors wrap ErrNotAnswer or describe the fault.
func ParseReply(head []byte) (Reply, error) {
	line, rest, ok := cutFirstLine(head)
	if !ok {
		return Reply{}, ErrNotAnswer
	}
	reply, err := ParseStatusLine(line)
	if err != nil {
		return Reply{}, err
	}
	return reply, parseFields(reply.Header, strings.Split(string(rest), "\n"))
}

// ParseStatusLine reads the first line of an answer. The header of the Reply is not
// set.
func ParseStatusLine(line string) (Reply, error) {
	proto, rest, _ := strings.Cut(line, " ")
	if proto != "ICY" && !strings.HasPrefix(proto, "HTTP/") {
		return Reply{}, ErrNotAnswer
	}
	digits, reason, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	status, err := strconv.Atoi(digits)
	if err != nil || len(digits) != 3 || status < 100 {
		return Reply{}, ErrNotAnswer
	}
	return Reply{Status: status, Reason: Clip(strings.TrimSpace(Text(reason, "", "")), maxReason), Header: http.Header{}}, nil
}
