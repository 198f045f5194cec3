// A conversation by turns: one side types while the other listens, and a line of ## ends it.
package main

import (
	"bufio"
	"fmt"
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

func converse(conn net.Conn, myTurn bool) {
	typed := bufio.NewScanner(os.Stdin)
	in := bufio.NewScanner(conn)
	in.Buffer(nil, 1000)
	for ; ; myTurn = !myTurn {
		if myTurn {
			fmt.Print("you: ")
			if !typed.Scan() {
				return
			}
			if _, err := fmt.Fprintln(conn, typed.Text()); err != nil || typed.Text() == "##" {
				return
			}
		} else {
			if !in.Scan() || in.Text() == "##" {
				return
			}
			fmt.Println("they:", in.Text())
		}
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
	defer conn.Close()
	converse(conn, !listens)
	fmt.Println("the conversation is over")
}
