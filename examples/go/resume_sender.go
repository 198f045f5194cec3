// Sends a file to example_resume_receiver, and goes on where an earlier attempt broke off.
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

// readLine returns the next line without its end.
func readLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadSlice('\n')
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return strings.TrimSuffix(string(line), "\n"), err
}

// sendRest returns what the receiver has said at last, or why it could not be asked.
func sendRest(address, path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	about, err := file.Stat()
	if err != nil {
		return "", err
	}
	dialed, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		return "", err
	}
	conn := dialed.(*net.TCPConn)
	defer conn.Close()
	if _, err := fmt.Fprintln(conn, about.Size(), filepath.Base(path)); err != nil {
		return "", err
	}
	in := bufio.NewReaderSize(conn, 1000)
	answer, err := readLine(in)
	if err != nil {
		return "", err
	}
	var have int64
	if _, err := fmt.Sscanf(answer, "from %d", &have); err != nil {
		return answer, nil
	}

	fmt.Printf("sending from byte %d of %d\n", have, about.Size())
	if _, err := file.Seek(have, io.SeekStart); err != nil {
		return "", err
	}
	if _, err := io.Copy(conn, file); err != nil {
		return "", err
	}
	if err := conn.CloseWrite(); err != nil {
		return "", err
	}
	return readLine(in)
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintf(os.Stderr, "usage: %s HOST:PORT FILE\n", os.Args[0])
		os.Exit(2)
	}
	said, err := sendRest(os.Args[1], os.Args[2])
	if err != nil {
		said = err.Error()
	}
	fmt.Printf("%s: %s\n", os.Args[2], said)
	if said != "complete" {
		os.Exit(1)
	}
}
