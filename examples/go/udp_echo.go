// UDP, both sides: a server that echoes datagrams, and a client that asks, waits a little, and asks again.
package main

import (
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"time"
)

func serve(address string) {
	socket, err := net.ListenPacket("udp", address)
	if err != nil {
		log.Fatalf("cannot listen on %s: %v", address, err)
	}
	fmt.Println("listening on", socket.LocalAddr())
	buffer := make([]byte, 65535)
	for {
		count, from, err := socket.ReadFrom(buffer)
		if err != nil {
			log.Fatal(err)
		}
		socket.WriteTo(buffer[:count], from) // one that cannot be sent is lost, as any datagram may be
	}
}

func ask(socket net.Conn, question string) (string, error) {
	buffer := make([]byte, 65535)
	for attempt := 1; ; attempt++ {
		if _, err := socket.Write([]byte(question)); err != nil {
			return "", err
		}
		socket.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
		for {
			count, err := socket.Read(buffer)
			if err != nil {
				if !errors.Is(err, os.ErrDeadlineExceeded) || attempt == 5 {
					return "", err
				}
				break
			}
			if string(buffer[:count]) == question {
				return question, nil // others are late ones to questions before
			}
		}
	}
}

func askAll(address string, questions []string) {
	socket, err := net.Dial("udp", address)
	if err != nil {
		log.Fatalf("cannot reach %s: %v", address, err)
	}
	for _, question := range questions {
		answer, err := ask(socket, question)
		if err != nil {
			log.Fatalf("no answer from %s: %v", address, err)
		}
		fmt.Println(answer)
	}
}

func main() {
	log.SetFlags(0)
	switch {
	case len(os.Args) > 2:
		askAll(os.Args[1], os.Args[2:])
	case len(os.Args) > 1:
		serve(os.Args[1])
	default:
		serve("127.0.0.1:0")
	}
}
