// A chat room for anybody with nc: what one of them writes, all of them read, line by line.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"sync"
)

type room struct {
	enter, leave chan chan string
	say          chan string
}

func (r room) host() {
	present := map[chan string]bool{}
	for {
		select {
		case guest := <-r.enter:
			present[guest] = true
		case guest := <-r.leave:
			delete(present, guest)
		case line := <-r.say:
			for guest := range present {
				select {
				case guest <- line:
				default:
				}
			}
		}
	}
}

func (r room) talk(conn net.Conn) {
	defer conn.Close()
	inbox := make(chan string, 64)
	var writing sync.WaitGroup
	writing.Go(func() {
		for line := range inbox {
			io.WriteString(conn, line)
		}
	})
	name := conn.RemoteAddr().String()
	r.enter <- inbox
	r.say <- "* " + name + " is here\n"
	in := bufio.NewScanner(conn)
	in.Buffer(nil, 1000)
	for in.Scan() { // until the guest leaves, or says more than that at once
		r.say <- name + ": " + in.Text() + "\n"
	}
	r.leave <- inbox
	r.say <- "* " + name + " has left\n"
	close(inbox) // the host has heard the later line, so it is done with this inbox
	writing.Wait()
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
	here := room{make(chan chan string), make(chan chan string), make(chan string)}
	go here.host()
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go here.talk(conn)
	}
}
