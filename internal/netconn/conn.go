package netconn

import (
	"io"
	"net"
)

// Below returns the connection below TLS and the PROXY protocol: its address is known
// without reading, and closing it sends nothing.
func Below(conn net.Conn) net.Conn {
	for {
		if inner := BelowProxy(conn); inner != conn {
			conn = inner
			continue
		}
		around, ok := conn.(interface{ NetConn() net.Conn }) // TLS
		if !ok {
			return conn
		}
		conn = around.NetConn()
	}
}

// BelowProxy returns the connection below the PROXY protocol, or conn itself if its
// outermost layer is another.
func BelowProxy(conn net.Conn) net.Conn {
	if around, ok := conn.(interface{ Raw() net.Conn }); ok {
		return around.Raw()
	}
	return conn
}

// CloseGently ends the writing side of conn and reads on, up to most bytes and until
// its deadline: closing a connection with unread bytes would reset it, and the peer
// could lose the last answer. The caller closes conn.
func CloseGently(conn net.Conn, most int64) {
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		half, ok = BelowProxy(conn).(interface{ CloseWrite() error })
	}
	if ok {
		half.CloseWrite()
		io.CopyN(io.Discard, conn, most)
	}
}
