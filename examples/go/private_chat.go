// Private messages: everybody has a name, and "bob hello" reaches bob and nobody else.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strings"
	"sync"
)

type guestList struct {
	guard   sync.Mutex
	inboxes map[string]chan string
}

func (g *guestList) enter(name string, inbox chan string) bool {
	g.guard.Lock()
	defer g.guard.Unlock()
	if _, taken := g.inboxes[name]; taken || name == "" || strings.Contains(name, " ") {
		return false
	}
	g.inboxes[name] = inbox
	return true
}

func (g *guestList) leave(name string) {
	g.guard.Lock()
	defer g.guard.Unlock()
	delete(g.inboxes, name)
}

// send returns false for somebody who is not here, or does not read.
func (g *guestList) send(name, line string) bool {
	g.guard.Lock()
	defer g.guard.Unlock()
	select {
	case g.inboxes[name] <- line: // a nil channel is never ready
		return true
	default:
		return false
	}
}

func (g *guestList) talk(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewScanner(conn)
	in.Buffer(nil, 1000)
	if _, err := io.WriteString(conn, "your name?\n"); err != nil || !in.Scan() {
		return
	}
	name := in.Text()
	inbox := make(chan string, 64)
	if len(name) > 20 || !g.enter(name, inbox) {
		io.WriteString(conn, "that is nobody's name, or somebody else's\n")
		return
	}
	inbox <- "welcome, " + name + "\n"
	var writing sync.WaitGroup
	writing.Go(func() {
		for line := range inbox {
			io.WriteString(conn, line)
		}
	})
	for in.Scan() {
		to, what, _ := strings.Cut(in.Text(), " ")
		if !g.send(to, name+": "+what+"\n") {
			g.send(name, to+" does not hear you\n")
		}
	}
	g.leave(name)
	close(inbox) // nobody finds it any more
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
	guests := guestList{inboxes: map[string]chan string{}}
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go guests.talk(conn)
	}
}
