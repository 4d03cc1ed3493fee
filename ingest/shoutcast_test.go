package ingest

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/icy"
	"relay/mounts"
)

func TestReadSourceHead(t *testing.T) {
	tests := []struct{ name, sent, station, rest string }{
		{"CRLF", "icy-name:A\r\nicy-br:64\r\n\r\naudio", "A", "audio"},
		{"LF", "icy-name:A\n\naudio", "A", "audio"},
		{"no line at all", "\r\naudio", "", "audio"},
		{"a Host among them", "Host: x\r\nicy-name:A\r\n\r\n", "A", ""},
		{"an empty line in the audio", "icy-name:A\r\n\r\nau\n\ndio", "A", "au\n\ndio"},
	}
	for _, tt := range tests {
		for way, r := range map[string]io.Reader{
			"at once": strings.NewReader(tt.sent), "byte by byte": iotest.OneByteReader(strings.NewReader(tt.sent)),
			"with its end": iotest.DataErrReader(strings.NewReader(tt.sent)),
		} {
			t.Run(tt.name+"/"+way, func(t *testing.T) {
				header, body, err := readSourceHead(r)
				if err != nil {
					t.Fatal(err)
				}
				rest, err := io.ReadAll(body)
				if err != nil || string(rest) != tt.rest || icy.StationFromHeader(header, "").Name != tt.station {
					t.Errorf("got %v, then %q, %v", header, rest, err)
				}
			})
		}
	}
}

func TestSourceHeadsThatCannotBe(t *testing.T) {
	tests := []struct {
		name, sent string
		status     int // 0: not refused, ended by an error of the reader
	}{
		{"too large", strings.Repeat("icy-name:"+strings.Repeat("b", 500)+"\n", 40), 431},
		{"too many lines", strings.Repeat("icy-a:b\n", 500) + "\n", 400},
		{"cut off", "icy-name:A\r\n", 0},
		{"nothing", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := readSourceHead(strings.NewReader(tt.sent))
			var refused *refusal
			switch {
			case errors.As(err, &refused) && refused.status != tt.status:
				t.Errorf("refused with %d, want %d", refused.status, tt.status)
			case refused == nil && (tt.status != 0 || err != io.EOF):
				t.Errorf("got %v, want %d", err, tt.status)
			}
		})
	}
}

// A source that is kicked, or that says nothing after its password, is disconnected.
func TestShoutcastSessionEnds(t *testing.T) {
	c, err := conf.Parse("relay.toml", []byte("[auth]\nsource_password = 'hackme'\n[[mount]]\nname = '/live'\ngrace = '0s'"))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, sent string
		then       func(r *mounts.Registry)
	}{
		{"kicked", "icy-name:A\r\n\r\n", func(r *mounts.Registry) {
			for r.Find("/live") == nil {
				time.Sleep(time.Millisecond)
			}
			r.Close()
		}},
		{"silent after its head", "icy-name:A\r\n\r\n", func(*mounts.Registry) {}},
		{"silent in its head", "icy-name:A\r\n", func(*mounts.Registry) {}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.Limits.SourceTimeout = conf.Duration(200 * time.Millisecond)
				if tt.name == "kicked" {
					c.Limits.SourceTimeout = conf.Duration(time.Minute)
				}
				live := conf.NewLive(c)
				registry := mounts.NewRegistry(live, nil, zap.NewNop())
				s := &Sources{Registry: registry, Gate: auth.NewGate(live, zap.NewNop()), Log: zap.NewNop(), Conf: live}
				client, server := net.Pipe()
				defer client.Close()
				done := make(chan struct{})
				go func() {
					defer close(done)
					s.ServeShoutcast(t.Context(), pipeConn{server}, server, "hackme", "/live", time.Now().Add(200*time.Millisecond))
				}()
				answer := make([]byte, len(icy.ShoutcastAccepted))
				if _, err := io.ReadFull(client, answer); err != nil || string(answer) != icy.ShoutcastAccepted {
					t.Fatalf("answer %q, %v", answer, err)
				}
				io.WriteString(client, tt.sent)
				tt.then(registry)
				select {
				case <-done:
				case <-time.After(10 * time.Second):
					t.Fatal("the session goes on")
				}
				if m := registry.Find("/live"); m != nil && m.Source() != nil {
					t.Error("the mount is held")
				}
			})
		})
	}
}

// pipeConn is a pipe with an address, as sockets have.
type pipeConn struct{ net.Conn }

func (pipeConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }
