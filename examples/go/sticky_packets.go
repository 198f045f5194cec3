// Sticky packets: why five messages arrive as one, and one as several.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"time"
)

// readAll reads to the end and shows what each read returned, and how many there were.
func readAll(conn net.Conn, what string) {
	buffer := make([]byte, 4096)
	reads, bytes := 0, 0
	for {
		count, err := conn.Read(buffer)
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		reads++
		bytes += count
		if count < 100 {
			fmt.Printf("%s: a read returns %q\n", what, buffer[:count])
		}
	}
	how := "several reads"
	if reads == 1 {
		how = "one read"
	}
	fmt.Printf("%s: %d bytes in %s\n", what, bytes, how)
}

func send(listener net.Listener, what string, pause time.Duration, messages ...string) {
	sender, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	receiver, err := listener.Accept()
	if err != nil {
		log.Fatal(err)
	}
	defer receiver.Close()
	var reading sync.WaitGroup
	if pause > 0 {
		reading.Go(func() { readAll(receiver, what) })
	}
	for _, message := range messages {
		if _, err := io.WriteString(sender, message); err != nil {
			log.Fatal(err)
		}
		time.Sleep(pause)
	}
	sender.Close()
	if pause == 0 {
		readAll(receiver, what) // who comes to read a little later finds all of it
	}
	reading.Wait()
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	send(listener, "five short writes", 0, "one", "two", "three", "four", "five")
	send(listener, "a long write", 0, strings.Repeat("x", 100_000))
	send(listener, "two with a pause", 50*time.Millisecond, "one", "two")
}
