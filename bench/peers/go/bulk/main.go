// Moves a file in the way of Go's io.Copy, which picks sendfile or splice by itself: "send FILE" writes it to every
// connection that comes, "receive FILE" writes what each connection brings into it. Prints "listening on HOST:PORT"
// once it is ready.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func send(conn *net.TCPConn, path string) error {
	defer conn.Close()
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(conn, file)
	return err
}

func receive(conn *net.TCPConn, path string) error {
	defer conn.Close()
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(file, conn)
	return err
}

func main() {
	ways := map[string]func(*net.TCPConn, string) error{"send": send, "receive": receive}
	if len(os.Args) != 3 || ways[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: go_bulk send|receive FILE")
		os.Exit(2)
	}
	move := ways[os.Args[1]]
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		fail(err)
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	for {
		conn, err := listener.AcceptTCP()
		if err != nil {
			fail(err)
		}
		if err := move(conn, os.Args[2]); err != nil {
			fail(err)
		}
	}
}
