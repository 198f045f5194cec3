// A conversation in which both sides may type at once; a line of ## from either of them ends it.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"
)

func meet(listens bool, address string) (net.Conn, error) {
	if !listens {
		return net.DialTimeout("tcp", address, 10*time.Second)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	fmt.Println("listening on", listener.Addr())
	return listener.Accept()
}

func lines(from io.Reader, limit int) <-chan string {
	out := make(chan string)
	go func() {
		in := bufio.NewScanner(from)
		in.Buffer(nil, limit)
		for in.Scan() {
			out <- in.Text()
		}
		close(out)
	}()
	return out
}

func converse(conn net.Conn) {
	typed := lines(os.Stdin, 64*1024)
	heard := lines(conn, 1000)
	for over := false; !over; {
		select {
		case said, ok := <-typed:
			if !ok {
				over = true
				break
			}
			_, err := fmt.Fprintln(conn, said)
			over = err != nil || said == "##"
		case said, ok := <-heard:
			over = !ok || said == "##"
			if !over {
				fmt.Println(said)
			}
		}
	}
	conn.Close()
	for range heard { // the other goroutine need not wait until somebody takes what it has heard
	}
}

func main() {
	log.SetFlags(0)
	listens := len(os.Args) == 3 && os.Args[1] == "listen"
	if len(os.Args) != 2 && !listens {
		fmt.Fprintf(os.Stderr, "usage: %s [listen] HOST:PORT\n", os.Args[0])
		os.Exit(2)
	}
	address := os.Args[len(os.Args)-1]
	conn, err := meet(listens, address)
	if err != nil {
		log.Fatalf("cannot meet at %s: %v", address, err)
	}
	converse(conn)
	fmt.Println("the conversation is over")
}
