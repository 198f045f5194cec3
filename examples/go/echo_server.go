// A TCP server that sends back whatever it gets, to any number of clients at once.
package main

import (
	"fmt"
	"log"
	"net"
	"os"
)

func echo(conn net.Conn) {
	defer conn.Close()
	buffer := make([]byte, 4096)
	for {
		count, err := conn.Read(buffer)
		if err != nil {
			return // an error, or the end
		}
		if _, err := conn.Write(buffer[:count]); err != nil {
			return
		}
	}
}

func main() {
	log.SetFlags(0)
	address := "127.0.0.1:0"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatalf("cannot listen on %s: %v", address, err)
	}
	fmt.Println("listening on", listener.Addr())
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go echo(conn)
	}
}
