// Who is on port N? What listens there, who is connected to it, and which program has it open.
package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"log"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
)

var states = map[string]string{
	"01": "ESTABLISHED", "02": "SYN_SENT", "03": "SYN_RECEIVED", "04": "FIN_WAIT_1", "05": "FIN_WAIT_2",
	"06": "TIME_WAIT", "07": "CLOSED", "08": "CLOSE_WAIT", "09": "LAST_ACK", "0A": "LISTEN", "0B": "CLOSING",
}

// endpoint reads an end as /proc/net/tcp has it: words in the machine's order, and a port.
func endpoint(text string) (netip.AddrPort, error) {
	host, port, _ := strings.Cut(text, ":")
	bytes, err := hex.DecodeString(host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	for i := 0; i+4 <= len(bytes); i += 4 {
		binary.NativeEndian.PutUint32(bytes[i:], binary.BigEndian.Uint32(bytes[i:]))
	}
	address, _ := netip.AddrFromSlice(bytes)
	var number uint16
	_, err = fmt.Sscanf(port, "%X", &number)
	return netip.AddrPortFrom(address.Unmap(), number), err
}

// owners returns by the number of a socket which program has it open, as far as that may be seen.
func owners() map[string]string {
	found := map[string]string{}
	open, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, path := range open {
		target, err := os.Readlink(path)
		if inode, is := strings.CutPrefix(target, "socket:["); err == nil && is {
			process := strings.Split(path, "/")[2]
			command, _ := os.ReadFile("/proc/" + process + "/comm")
			found[strings.TrimSuffix(inode, "]")] = fmt.Sprintf(" %s (%s)", strings.TrimSpace(string(command)), process)
		}
	}
	return found
}

func main() {
	log.SetFlags(0)
	port, err := 0, error(nil)
	if len(os.Args) == 2 {
		port, err = net.LookupPort("tcp", os.Args[1])
	}
	if len(os.Args) != 2 || err != nil {
		fmt.Fprintf(os.Stderr, "usage: %s PORT     a number or the name of a service\n", os.Args[0])
		os.Exit(2)
	}
	owner := owners()
	nobody := true
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		content, err := os.ReadFile(table)
		if err != nil {
			log.Fatalf("cannot list the connections: %v", err)
		}
		for _, row := range strings.Split(strings.TrimSpace(string(content)), "\n")[1:] {
			fields := strings.Fields(row)
			local, err := endpoint(fields[1])
			if err != nil {
				log.Fatal(err)
			}
			remote, err := endpoint(fields[2])
			if err != nil {
				log.Fatal(err)
			}
			if int(local.Port()) == port || int(remote.Port()) == port {
				fmt.Printf("%-12s%v - %v%s\n", states[fields[3]], local, remote, owner[fields[9]])
				nobody = false
			}
		}
	}
	if nobody {
		fmt.Println("nobody is on port", port)
	}
}
