// The runtime's benchmark cases in Go: runtime CASE prints nanoseconds an operation (or bytes, for memory).
// Its twin is bench/runtime_bench.cpp; the two must do the same.
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// One round trip: a value there and a value back.
func pingPong(rounds int) {
	there, back := make(chan int), make(chan int)
	go func() {
		for value := range there {
			back <- value
		}
		close(back)
	}()
	for i := 0; i < rounds; i++ {
		there <- i
		<-back
	}
	close(there)
	<-back
}

func buffered(items int) {
	belt := make(chan int, 128)
	go func() {
		for i := 0; i < items; i++ {
			belt <- i
		}
		close(belt)
	}()
	sum := 0
	for value := range belt {
		sum += value
	}
	if sum != items*(items-1)/2 {
		panic("items were lost")
	}
}

func spawnOne(count int) {
	var group sync.WaitGroup
	for i := 0; i < count; i++ {
		group.Add(1)
		go func() { group.Done() }()
		group.Wait()
	}
}

func spawnBatch(count int) {
	var group sync.WaitGroup
	for done := 0; done < count; done += 1000 {
		group.Add(1000)
		for i := 0; i < 1000; i++ {
			go func() { group.Done() }()
		}
		group.Wait()
	}
}

// Two senders, one receiver that takes from whichever is ready.
func selectTwo(items int) {
	left, right := make(chan int), make(chan int)
	for _, lane := range []chan int{left, right} {
		lane := lane
		go func() {
			for i := 0; i < items/2; i++ {
				lane <- i
			}
		}()
	}
	for i := 0; i < items; i++ {
		select {
		case <-left:
		case <-right:
		}
	}
}

func residentBytes() int {
	status, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(status))[1])
	if err != nil {
		panic(err)
	}
	return pages * os.Getpagesize()
}

// Memory of each of a million goroutines that wait on a channel.
func parkedBytes() float64 {
	const count = 1000000
	before := residentBytes()
	gate, group := make(chan struct{}), sync.WaitGroup{}
	var started sync.WaitGroup
	group.Add(count)
	started.Add(count)
	for i := 0; i < count; i++ {
		go func() { started.Done(); <-gate; group.Done() }()
	}
	started.Wait()
	each := float64(residentBytes()-before) / count
	close(gate)
	group.Wait()
	return each
}

// Repeats the case with more and more operations until it takes a quarter of a second.
func nanosecondsEach(run func(int)) float64 {
	for count := 1000; ; count *= 4 {
		start := time.Now()
		run(count)
		if took := time.Since(start); took > 250*time.Millisecond {
			return float64(took.Nanoseconds()) / float64(count)
		}
	}
}

func main() {
	cases := map[string]func(int){"ping_pong": pingPong, "buffered_128": buffered, "spawn_one": spawnOne,
		"spawn_batch_1000": spawnBatch, "select_2": selectTwo}
	name := ""
	if len(os.Args) == 2 {
		name = os.Args[1]
	}
	if run, known := cases[name]; known {
		fmt.Printf("%.2f\n", nanosecondsEach(run))
	} else if name == "parked_million" {
		fmt.Printf("%.0f\n", parkedBytes())
	} else {
		fmt.Fprintf(os.Stderr, "usage: runtime CASE, and '%s' is no case\n", name)
		os.Exit(2)
	}
}
