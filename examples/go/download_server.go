// Offers the files of a folder to many clients at once: a name comes, "SIZE" and so many bytes go back.
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

func sendOne(conn net.Conn, folder, name string) error {
	file, about := openPlain(folder, name)
	if file == nil {
		_, err := fmt.Fprintf(conn, "there is no %s here\n", name)
		return err
	}
	defer file.Close()
	if _, err := fmt.Fprintln(conn, about.Size()); err != nil {
		return err
	}
	_, err := io.CopyN(conn, file, about.Size()) // fails for a file that has become shorter
	return err
}

func openPlain(folder, name string) (*os.File, os.FileInfo) {
	if strings.HasPrefix(name, ".") || strings.ContainsAny(name, "/\x00") {
		return nil, nil
	}
	file, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		return nil, nil
	}
	about, err := file.Stat()
	if err != nil || !about.Mode().IsRegular() {
		file.Close()
		return nil, nil
	}
	return file, about
}

func serve(conn net.Conn, folder string) {
	defer conn.Close()
	in := bufio.NewScanner(conn)
	in.Buffer(nil, 255)
	for in.Scan() {
		if sendOne(conn, folder, in.Text()) != nil {
			return
		}
	}
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
		go serve(conn, folder)
	}
}
