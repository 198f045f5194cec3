// Messages over a stream of bytes: the three classic cures for packets that stick together.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
)

const limit = 1000

var (
	errTooLong   = fmt.Errorf("a message has at most %d bytes", limit)
	errMalformed = errors.New("not a letter, a space, a length and a space")
	errCutOff    = errors.New("the stream ended inside a message")
)

var cures = map[string]bufio.SplitFunc{"marker": byMarker, "prefix": byPrefix, "text": byText}

// take takes the first message out of data if it is complete.
func take(data []byte, head, length, tail int) (int, []byte, error) {
	if length > limit {
		return 0, nil, errTooLong
	}
	if len(data) < head+length+tail {
		return 0, nil, nil
	}
	return head + length + tail, data[head : head+length], nil
}

func byMarker(data []byte, atEnd bool) (int, []byte, error) {
	end := bytes.Index(data, []byte("##"))
	if end < 0 {
		end = len(bytes.TrimSuffix(data, []byte("#")))
	}
	return take(data, 0, end, 2)
}

func byPrefix(data []byte, atEnd bool) (int, []byte, error) {
	if len(data) < 4 {
		return 0, nil, nil
	}
	return take(data, 4, int(binary.BigEndian.Uint32(data)), 0)
}

func byText(data []byte, atEnd bool) (int, []byte, error) {
	at, length := 2, 0
	for ; at < len(data) && at < 7 && '0' <= data[at] && data[at] <= '9'; at++ {
		length = length*10 + int(data[at]-'0')
	}
	if at >= len(data) {
		return 0, nil, nil
	}
	if data[1] != ' ' || at == 2 || data[at] != ' ' {
		return 0, nil, errMalformed
	}
	return take(data, at+1, length, 0)
}

func serve(conn net.Conn, cure bufio.SplitFunc) {
	defer conn.Close()
	in := bufio.NewScanner(conn)
	in.Split(func(data []byte, atEnd bool) (int, []byte, error) {
		advance, message, err := cure(data, atEnd)
		if atEnd && len(data) > 0 && advance == 0 && err == nil {
			err = errCutOff
		}
		return advance, message, err
	})
	for in.Scan() {
		fmt.Fprintf(conn, "%d bytes: %s\n", len(in.Bytes()), in.Bytes())
	}
	if in.Err() != nil {
		io.WriteString(conn, "refused: "+in.Err().Error()+"\n")
	}
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 || cures[os.Args[1]] == nil {
		fmt.Fprintf(os.Stderr, "usage: %s marker|prefix|text [HOST:PORT]\n", os.Args[0])
		os.Exit(2)
	}
	address := "127.0.0.1:0"
	if len(os.Args) > 2 {
		address = os.Args[2]
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
		go serve(conn, cures[os.Args[1]])
	}
}
