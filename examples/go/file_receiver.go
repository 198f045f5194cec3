// Receives files from many senders at once, in the simplest way that works: name, "ok", bytes until the end.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
)

func isPlain(name string) bool {
	return name != "" && len(name) <= 255 && name[0] != '.' && !strings.ContainsAny(name, "/\x00")
}

// keepFile keeps the file that the sender names, and returns what to tell the sender.
func keepFile(conn net.Conn, folder string) string {
	in := bufio.NewReaderSize(conn, 16*1024)
	line, err := in.ReadSlice('\n')
	if err != nil {
		return "refused: no name came\n"
	}
	name := strings.TrimSuffix(string(line), "\n")
	if !isPlain(name) {
		return "refused: that is not the plain name of a file\n"
	}
	path := filepath.Join(folder, name)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return "refused: such a file is here already, or cannot be made\n"
	}
	defer file.Close()
	io.WriteString(conn, "ok\n")

	kept, err := io.Copy(file, in)
	if err != nil {
		os.Remove(path)
		return "failed: the file could not be kept\n"
	}
	return fmt.Sprintf("%d bytes kept\n", kept)
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		fmt.Fprintf(os.Stderr, "usage: %s FOLDER [HOST:PORT]\n", os.Args[0])
		os.Exit(2)
	}
	folder, address := os.Args[1], "127.0.0.1:0"
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
		go func() {
			defer conn.Close()
			io.WriteString(conn, keepFile(conn, folder))
		}()
	}
}
