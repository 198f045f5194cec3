// A broken pipe is survived: the peer has gone, we write on, and nobody dies.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"syscall"
)

// writeOn writes until that fails, and returns why it did.
func writeOn(conn net.Conn) error {
	for written := 0; ; written++ {
		if _, err := io.WriteString(conn, "news\n"); err != nil {
			return err
		}
		if written == 0 {
			fmt.Println("the first write to nobody: no error")
		}
	}
}

// meet returns the two ends of a connection.
func meet(listener net.Listener) (client, server net.Conn) {
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	server, err = listener.Accept()
	if err != nil {
		log.Fatal(err)
	}
	return client, server
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	client, server := meet(listener)
	client.Close()
	err = writeOn(server)
	fmt.Println("a later one:", err)
	answer := "no"
	if errors.Is(err, syscall.EPIPE) {
		answer = "yes"
	}
	fmt.Println("is it EPIPE?", answer)
	server.Close()

	client, server = meet(listener)
	if _, err := io.WriteString(server, "still here"); err != nil {
		log.Fatal(err)
	}
	heard := make([]byte, 10)
	count, err := client.Read(heard)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("the next client hears: %s\n", heard[:count])
}
