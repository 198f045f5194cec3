// Numbers flow through stages that all run at once, each a goroutine between two channels.
package main

import "fmt"

func countTo(last int) <-chan int {
	out := make(chan int)
	go func() {
		for i := 1; i <= last; i++ {
			out <- i
		}
		close(out)
	}()
	return out
}

func each(in <-chan int, change func(int) int) <-chan int {
	out := make(chan int)
	go func() {
		for value := range in {
			out <- change(value)
		}
		close(out)
	}()
	return out
}

func only(in <-chan int, wanted func(int) bool) <-chan int {
	out := make(chan int)
	go func() {
		for value := range in {
			if wanted(value) {
				out <- value
			}
		}
		close(out)
	}()
	return out
}

func main() {
	numbers := countTo(10)
	squares := each(numbers, func(n int) int { return n * n })
	odd := only(squares, func(n int) bool { return n%2 == 1 })
	for value := range odd {
		fmt.Println(value)
	}
}
