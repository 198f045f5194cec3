// The server of bench/tls_server.cpp in Go, with crypto/tls: a goroutine a connection. Prints "listening on HOST:PORT"
// once it is ready.
//
//	go_tls CERTIFICATE KEY
package main

import (
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
)

const bufferBytes = 65536

func serve(conn net.Conn) {
	defer conn.Close()
	var request [9]byte
	if _, err := io.ReadFull(conn, request[:]); err != nil {
		return
	}
	left := binary.BigEndian.Uint64(request[1:])
	if request[0] == 'd' && left == 1 {
		conn.Write([]byte("."))
		return
	}
	buffer := make([]byte, bufferBytes)
	for request[0] == 'd' && left > 0 {
		part := min(left, bufferBytes)
		if _, err := conn.Write(buffer[:part]); err != nil {
			return
		}
		left -= part
	}
	for request[0] == 'u' && left > 0 {
		count, err := conn.Read(buffer)
		if err != nil {
			return
		}
		left -= min(left, uint64(count))
	}
	if request[0] == 'u' {
		conn.Write([]byte("."))
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: go_tls CERTIFICATE KEY")
		os.Exit(2)
	}
	identity, err := tls.LoadX509KeyPair(os.Args[1], os.Args[2])
	if err != nil {
		fail(err)
	}
	// The curve that OpenSSL prefers here, so that all exchange keys alike: no post-quantum hybrid.
	config := &tls.Config{Certificates: []tls.Certificate{identity}, CurvePreferences: []tls.CurveID{tls.X25519}}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		fail(err)
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	for {
		conn, err := listener.Accept()
		if err != nil {
			fail(err)
		}
		go serve(conn)
	}
}
