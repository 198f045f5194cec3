// Receives files that may break off and go on later: who calls again is told from where.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// patient reads with a time limit for each read.
type patient struct{ net.Conn }

func (p patient) Read(buffer []byte) (int, error) {
	p.SetReadDeadline(time.Now().Add(10 * time.Second))
	return p.Conn.Read(buffer)
}

func isPlain(name string) bool {
	return name != "" && len(name) <= 250 && name[0] != '.' && !strings.HasSuffix(name, ".part") &&
		!strings.ContainsAny(name, "/\x00")
}

// receive adds what the sender has to what is here, and returns what to tell it at last.
func receive(conn net.Conn, folder string) string {
	in := bufio.NewReaderSize(patient{conn}, 300)
	line, err := in.ReadSlice('\n') // "SIZE NAME"
	if err != nil {
		return "refused\n"
	}
	head, name, _ := strings.Cut(strings.TrimSuffix(string(line), "\n"), " ")
	size, err := strconv.ParseInt(head, 10, 64)
	if err != nil || !isPlain(name) {
		return "refused\n"
	}
	if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
		return "refused: it is here already\n"
	}

	part := filepath.Join(folder, name+".part")
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return "failed\n"
	}
	defer file.Close()
	about, err := file.Stat()
	if err != nil || about.Size() > size {
		return "failed\n"
	}
	fmt.Fprintf(conn, "from %d\n", about.Size())
	if _, err := io.CopyN(file, in, size-about.Size()); err != nil {
		return "the rest is missing\n" // what has come stays for the next time
	}
	if err := os.Rename(part, filepath.Join(folder, name)); err != nil {
		return "failed\n"
	}
	return "complete\n"
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
		io.WriteString(conn, receive(conn, folder))
		conn.Close()
	}
}
