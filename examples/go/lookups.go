// Look-ups: who is behind a name, which port is behind a service, and what is this machine called?
package main

import (
	"fmt"
	"log"
	"net"
	"os"
)

func main() {
	log.SetFlags(0)
	host, service := "localhost", "mysql"
	if len(os.Args) > 1 {
		host = os.Args[1]
	}
	if len(os.Args) > 2 {
		service = os.Args[2]
	}
	addresses, err := net.LookupHost(host)
	if err != nil {
		log.Fatalf("cannot look up %s: %v", host, err)
	}
	for _, address := range addresses {
		fmt.Println(host, "is at", address)
	}

	port, err := net.LookupPort("tcp", service)
	if err != nil {
		log.Fatalf("cannot look up %s: %v", service, err)
	}
	fmt.Println(service, "is port", port)

	name, err := os.Hostname()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("this machine is", name)
	interfaces, err := net.Interfaces()
	if err != nil {
		log.Fatal(err)
	}
	for _, one := range interfaces {
		addresses, err := one.Addrs()
		if err != nil {
			log.Fatal(err)
		}
		for _, address := range addresses {
			fmt.Println(one.Name, "has", address)
		}
	}
}
