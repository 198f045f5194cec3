// The states of a TCP connection (RFC 9293, section 3.3.2), watched at both of its ends on loopback.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

var names = map[string]string{
	"01": "ESTABLISHED", "04": "FIN_WAIT_1", "05": "FIN_WAIT_2", "06": "TIME_WAIT",
	"08": "CLOSE_WAIT", "09": "LAST_ACK", "0B": "CLOSING",
}

type end struct {
	conn            *net.TCPConn
	local, peerPort string
}

func portOf(address net.Addr) string {
	return fmt.Sprintf(":%04X", address.(*net.TCPAddr).Port)
}

func newEnd(conn net.Conn, err error) end {
	must(err)
	return end{conn.(*net.TCPConn), portOf(conn.LocalAddr()), portOf(conn.RemoteAddr())}
}

// state is what the system's table says; a connection that is not in it any more is closed.
func (e end) state() string {
	table, err := os.ReadFile("/proc/net/tcp")
	must(err)
	for row := range strings.Lines(string(table)) {
		fields := strings.Fields(row)
		if strings.HasSuffix(fields[1], e.local) && strings.HasSuffix(fields[2], e.peerPort) {
			return names[fields[3]]
		}
	}
	return "CLOSED"
}

// settled waits until the segments of the peer have come, but not for ever.
func (e end) settled(wanted string) string {
	for look := 0; e.state() != wanted && look < 5000; look++ {
		time.Sleep(time.Millisecond)
	}
	return e.state()
}

func show(what string, client end, atClient string, server end, atServer string) {
	fmt.Printf("%-42s %-12s %s\n", what, client.settled(atClient), server.settled(atServer))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	small := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) {
			must(syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096))
		})
	}}
	listener, err := small.Listen(context.Background(), "tcp", "127.0.0.1:0")
	must(err)
	where := listener.Addr().String()
	fmt.Printf("%-42s %-12s %s\n", "", "client", "server")

	client := newEnd(net.Dial("tcp", where))
	server := newEnd(listener.Accept())
	show("connected", client, "ESTABLISHED", server, "ESTABLISHED")
	must(client.conn.CloseWrite())
	show("the client ends its direction", client, "FIN_WAIT_2", server, "CLOSE_WAIT")
	must(server.conn.CloseWrite())
	show("the server ends its direction, too", client, "TIME_WAIT", server, "CLOSED")

	client = newEnd(net.Dial("tcp", where))
	server = newEnd(listener.Accept())
	must(client.conn.SetWriteBuffer(200000))
	_, err = client.conn.Write(bytes.Repeat([]byte("x"), 100000)) // more than the server's system takes unread
	must(err)
	must(client.conn.CloseWrite())
	show("the client ends behind unread bytes", client, "FIN_WAIT_1", server, "ESTABLISHED")
	must(client.conn.SetLinger(0))
	must(client.conn.Close())
	show("the client resets", client, "CLOSED", server, "CLOSED")
}
