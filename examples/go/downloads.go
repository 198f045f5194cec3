// Many downloads at once, from example_download_server, a goroutine and a connection each.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// download returns how many bytes have come, or why they have not.
func download(address, name, path string) (int64, error) {
	conn, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if _, err := fmt.Fprintln(conn, name); err != nil {
		return 0, err
	}
	in := bufio.NewReader(conn)
	answer, err := in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	size, err := strconv.ParseInt(strings.TrimSuffix(string(answer), "\n"), 10, 64)
	if err != nil {
		return 0, os.ErrNotExist
	}
	file, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	if _, err := io.CopyN(file, in, size); err != nil {
		file.Close()
		return 0, err
	}
	return size, file.Close()
}

type outcome struct {
	name string
	size int64
	err  error
}

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintf(os.Stderr, "usage: %s HOST:PORT FOLDER NAME...\n", os.Args[0])
		os.Exit(2)
	}
	address, folder, names := os.Args[1], os.Args[2], os.Args[3:]
	places := make(chan bool, 4)
	ended := make(chan outcome)
	for _, name := range names {
		go func() {
			places <- true
			size, err := download(address, name, filepath.Join(folder, name))
			<-places
			ended <- outcome{name, size, err}
		}()
	}
	code := 0
	for range names {
		one := <-ended
		if one.err != nil {
			fmt.Printf("%s: %v\n", one.name, one.err)
			code = 1
		} else {
			fmt.Printf("%s: %d bytes\n", one.name, one.size)
		}
	}
	os.Exit(code)
}
