// One-way channels as parameters: the signature says who sends and who receives.
package main

import "fmt"

func count(last int, out chan<- int) {
	for i := 1; i <= last; i++ {
		out <- i
	}
	close(out)
}

func square(in <-chan int, out chan<- int) {
	for value := range in {
		out <- value * value
	}
	close(out)
}

func print(in <-chan int) {
	for value := range in {
		fmt.Println(value)
	}
}

func main() {
	numbers := make(chan int)
	squares := make(chan int)
	go count(5, numbers)
	go square(numbers, squares)
	print(squares)
}
