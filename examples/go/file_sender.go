// Sends files to example_file_receiver: name, "ok", bytes until the end, and the receiver's last word.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
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

// sendFile returns what the receiver has said at last, or why it could not be asked.
func sendFile(address, path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	about, err := file.Stat()
	if err != nil {
		return "", err
	}
	if !about.Mode().IsRegular() {
		return "not a file", nil
	}
	dialed, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		return "", err
	}
	conn := dialed.(*net.TCPConn)
	defer conn.Close()
	// From here on, giving up is a reset: a mere close would look like the end of the file.
	conn.SetLinger(0)
	if _, err := fmt.Fprintln(conn, filepath.Base(path)); err != nil {
		return "", err
	}
	in := bufio.NewReaderSize(conn, 1000)
	answer, err := readLine(in)
	if err != nil || answer != "ok" {
		return answer, err
	}
	if _, err := io.CopyN(conn, file, about.Size()); err != nil && err != io.EOF {
		return "", err
	}
	if err := conn.CloseWrite(); err != nil {
		return "", err
	}
	return readLine(in)
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintf(os.Stderr, "usage: %s HOST:PORT FILE...\n", os.Args[0])
		os.Exit(2)
	}
	files := os.Args[2:]
	outcomes := make([]string, len(files))
	var sending sync.WaitGroup
	for i, path := range files {
		sending.Go(func() {
			said, err := sendFile(os.Args[1], path)
			if err != nil {
				said = err.Error()
			}
			outcomes[i] = said
		})
	}
	sending.Wait()

	code := 0
	for i, said := range outcomes {
		fmt.Printf("%s: %s\n", files[i], said)
		if !strings.HasSuffix(said, " bytes kept") {
			code = 1
		}
	}
	os.Exit(code)
}
