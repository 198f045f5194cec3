// A server that outlives its clients: it talks with one after the other, and ## ends one conversation only.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"os"
)

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

// converse returns the keyboard for the next conversation, or nil when nobody types there any more.
func converse(conn net.Conn, typed <-chan string) <-chan string {
	heard := lines(conn, 1000)
	for over := false; !over; {
		select {
		case said, ok := <-heard:
			over = !ok || said == "##"
			if !over {
				fmt.Println(said)
			}
		case said, ok := <-typed:
			if !ok {
				typed = nil
				break
			}
			_, err := fmt.Fprintln(conn, said)
			over = err != nil || said == "##"
		}
	}
	conn.Close()
	for range heard {
	}
	return typed
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
	typed := lines(os.Stdin, 64*1024)
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("-- somebody calls")
		typed = converse(conn, typed)
		fmt.Println("-- the conversation is over; who is next?")
	}
}
