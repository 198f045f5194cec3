// A TCP client: sends its standard input, prints what comes back, and knows when it has all of it.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"
)

func sendInput(conn *net.TCPConn) {
	if _, err := io.Copy(conn, os.Stdin); err == nil {
		conn.CloseWrite()
	}
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		fmt.Fprintf(os.Stderr, "usage: %s HOST:PORT\n", os.Args[0])
		os.Exit(2)
	}
	conn, err := net.DialTimeout("tcp", os.Args[1], 10*time.Second)
	if err != nil {
		log.Fatalf("cannot connect to %s: %v", os.Args[1], err)
	}
	defer conn.Close()
	go sendInput(conn.(*net.TCPConn))
	if _, err := io.Copy(os.Stdout, conn); err != nil {
		log.Fatalf("connection lost: %v", err)
	}
}
