// A TCP echo server in the way of Go's net package: a goroutine a connection, which reads and writes.
// Prints "listening on HOST:PORT" once it is ready. Argument: bytes of each connection's buffer (16384).
package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
)

func serve(conn net.Conn, bufferBytes int) {
	defer conn.Close()
	buffer := make([]byte, bufferBytes)
	for {
		count, err := conn.Read(buffer)
		if err != nil {
			return
		}
		if _, err := conn.Write(buffer[:count]); err != nil {
			return
		}
	}
}

func main() {
	bufferBytes := 16384
	if len(os.Args) > 1 {
		wanted, err := strconv.Atoi(os.Args[1])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		bufferBytes = wanted
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	for {
		conn, err := listener.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		go serve(conn, bufferBytes)
	}
}
