// The concurrent prime sieve: a chain of goroutines, one for each prime, that grows by itself.
package main

import (
	"fmt"
	"os"
	"strconv"
)

func countFromTwo(out chan<- int) {
	for i := 2; ; i++ {
		out <- i
	}
}

func sift(in <-chan int, out chan<- int, prime int) {
	for number := range in {
		if number%prime != 0 {
			out <- number
		}
	}
}

func main() {
	wanted := 10
	if len(os.Args) > 1 {
		wanted, _ = strconv.Atoi(os.Args[1])
	}
	if wanted < 1 || wanted > 5000 {
		fmt.Fprintf(os.Stderr, "usage: %s [HOW_MANY]     1 to 5000 primes\n", os.Args[0])
		os.Exit(2)
	}
	candidates := make(chan int)
	go countFromTwo(candidates)
	for range wanted {
		prime := <-candidates
		fmt.Println(prime)
		sifted := make(chan int)
		go sift(candidates, sifted, prime)
		candidates = sifted
	}
}
