// A picture is uploaded while it is still being read: the disk and the network work at the same time.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

type piece struct {
	bytes []byte
	err   error
}

func readPieces(path string, pieces chan<- piece) {
	defer close(pieces)
	file, err := os.Open(path)
	if err != nil {
		pieces <- piece{nil, err}
		return
	}
	defer file.Close()
	for {
		bytes := make([]byte, 64*1024)
		count, err := file.Read(bytes)
		if err == io.EOF {
			return
		}
		pieces <- piece{bytes[:count], err}
		if err != nil {
			return
		}
	}
}

// readLine returns the next line without its end.
func readLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadSlice('\n')
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return strings.TrimSuffix(string(line), "\n"), err
}

func upload(address, path string) (string, error) {
	dialed, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		return "", err
	}
	conn := dialed.(*net.TCPConn)
	defer conn.Close()
	// From here on, giving up is a reset: a mere close would look like the end of the picture.
	conn.SetLinger(0)
	if _, err := fmt.Fprintln(conn, filepath.Base(path)); err != nil {
		return "", err
	}
	in := bufio.NewReaderSize(conn, 1000)
	answer, err := readLine(in)
	if err != nil || answer != "ok" {
		return answer, err
	}

	pieces := make(chan piece, 4)
	go readPieces(path, pieces)
	sent := 0
	for next := range pieces {
		if next.err != nil {
			return "", next.err
		}
		if _, err := conn.Write(next.bytes); err != nil {
			return "", err
		}
		sent += len(next.bytes)
		fmt.Fprintf(os.Stderr, "\rsent %d bytes", sent)
	}
	fmt.Fprintln(os.Stderr)
	if err := conn.CloseWrite(); err != nil {
		return "", err
	}
	return readLine(in)
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintf(os.Stderr, "usage: %s HOST:PORT PICTURE\n", os.Args[0])
		os.Exit(2)
	}
	said, err := upload(os.Args[1], os.Args[2])
	if err != nil {
		said = err.Error()
	}
	fmt.Printf("%s: %s\n", os.Args[2], said)
	if !strings.HasSuffix(said, " bytes kept") {
		os.Exit(1)
	}
}
