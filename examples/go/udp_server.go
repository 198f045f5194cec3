// A UDP server that reads, works and writes apart, so that a slow answer holds up nobody else's.
package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

type letter struct {
	text string
	peer net.Addr // who has sent it, or is to get it
}

func readAll(socket net.PacketConn, questions chan<- letter) error {
	buffer := make([]byte, 65535)
	for dropped := 0; ; {
		count, peer, err := socket.ReadFrom(buffer)
		if err != nil {
			return err
		}
		select {
		case questions <- letter{string(buffer[:count]), peer}:
		default:
			dropped++
			fmt.Fprintf(os.Stderr, "too busy: %d dropped\n", dropped)
		}
	}
}

func work(questions <-chan letter, answers chan<- letter) {
	for question := range questions {
		asked, _ := strconv.Atoi(strings.TrimSpace(question.text))
		pause := min(max(asked, 0), 10_000)
		time.Sleep(time.Duration(pause) * time.Millisecond) // in place of what takes time
		answers <- letter{fmt.Sprintf("waited %d ms\n", pause), question.peer}
	}
}

func writeAll(socket net.PacketConn, answers <-chan letter) {
	for answer := range answers { // one that cannot be sent is lost, as any datagram may be
		socket.WriteTo([]byte(answer.text), answer.peer)
	}
}

func main() {
	log.SetFlags(0)
	address := "127.0.0.1:0"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	socket, err := net.ListenPacket("udp", address)
	if err != nil {
		log.Fatalf("cannot listen on %s: %v", address, err)
	}
	fmt.Println("listening on", socket.LocalAddr())
	questions := make(chan letter, 64)
	answers := make(chan letter, 64)
	for range 4 {
		go work(questions, answers)
	}
	go writeAll(socket, answers)
	log.Fatal(readAll(socket, questions))
}
