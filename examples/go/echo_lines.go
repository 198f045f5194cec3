// An echo that answers: each line comes back as "ECHO: ..." to whoever sent it.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
)

func answer(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewScanner(conn)
	in.Buffer(nil, 1000)
	for in.Scan() {
		if _, err := fmt.Fprintf(conn, "ECHO: %s\n", in.Text()); err != nil {
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
		go answer(conn)
	}
}
