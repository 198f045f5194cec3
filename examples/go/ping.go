// Ping: is a machine there, and how far is it?
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// open returns a socket for echo requests, of the kind that needs no rights besides ping_group_range.
func open(to netip.Addr) (net.PacketConn, error) {
	family, protocol := syscall.AF_INET, syscall.IPPROTO_ICMP
	if to.Is6() {
		family, protocol = syscall.AF_INET6, syscall.IPPROTO_ICMPV6
	}
	fd, err := syscall.Socket(family, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, protocol)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "icmp")
	defer file.Close()
	return net.FilePacketConn(file)
}

// echo sends one request and waits a second for its reply.
func echo(ctx context.Context, socket net.PacketConn, to netip.Addr, sequence int) (int, time.Duration, error) {
	request := make([]byte, 8+56)
	request[0] = 8 // type: echo request
	if to.Is6() {
		request[0] = 128
	}
	binary.BigEndian.PutUint16(request[6:], uint16(sequence))
	start := time.Now()
	socket.SetReadDeadline(start.Add(time.Second))
	defer context.AfterFunc(ctx, func() { socket.SetReadDeadline(time.Now()) })()
	where := net.UDPAddrFromAddrPort(netip.AddrPortFrom(to, 0))
	if _, err := socket.WriteTo(request, where); err != nil { // the system fills in the checksum
		return 0, 0, err
	}
	reply := make([]byte, 1500)
	for {
		count, _, err := socket.ReadFrom(reply)
		if err != nil {
			return 0, 0, err
		}
		if count >= 8 && binary.BigEndian.Uint16(reply[6:]) == uint16(sequence) {
			return count - 8, time.Since(start), nil
		}
	}
}

// ask returns how many replies came, or why there can be none.
func ask(ctx context.Context, to netip.Addr, times int) (int, error) {
	socket, err := open(to)
	if err != nil {
		return 0, err
	}
	defer socket.Close()
	heard := 0
	for i := 1; i <= times && ctx.Err() == nil; i++ {
		bytes, took, err := echo(ctx, socket, to, i)
		pause := 200 * time.Millisecond
		switch {
		case err == nil:
			heard++
			fmt.Printf("%d bytes from %v: %.3f ms\n", bytes, to, float64(took.Nanoseconds())/1e6)
		case ctx.Err() != nil:
			return heard, nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			fmt.Printf("no reply from %v within a second\n", to)
			pause = 0
		default:
			return heard, err
		}
		if i < times {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
	return heard, nil
}

func main() {
	log.SetFlags(0)
	times, err := 3, error(nil)
	if len(os.Args) == 3 {
		times, err = strconv.Atoi(os.Args[2])
	}
	if len(os.Args) < 2 || len(os.Args) > 3 || err != nil || times < 1 || times > 1000 {
		fmt.Fprintf(os.Stderr, "usage: %s HOST [TIMES, up to 1000]\n", os.Args[0])
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", os.Args[1])
	if err != nil {
		log.Fatalf("cannot find %s: %v", os.Args[1], err)
	}
	to := addresses[0].Unmap()
	heard, err := ask(ctx, to, times)
	if err != nil {
		log.Printf("cannot ping %v: %v", to, err)
		if errors.Is(err, os.ErrPermission) {
			log.Print("(the system permits it to groups in net.ipv4.ping_group_range, and with CAP_NET_RAW)")
		}
		os.Exit(1)
	}
	if heard == 0 {
		os.Exit(1)
	}
}
