// Waiting for several things at once, and not for ever.
package main

import (
	"fmt"
	"time"
)

func ask(answers <-chan string, patience time.Duration) {
	select {
	case text, ok := <-answers:
		if !ok {
			text = "nobody will answer any more"
		}
		fmt.Printf("ask: %s\n", text)
	case <-time.After(patience):
		fmt.Println("ask: no answer in time")
	}
}

func look(answers <-chan string) {
	select {
	case text := <-answers:
		fmt.Printf("look: %s\n", text)
	default:
		fmt.Println("look: nothing yet")
	}
}

// sumOf adds up what two channels send, whichever is ready first, until both are closed.
func sumOf(left, right <-chan int) int {
	sum := 0
	for left != nil || right != nil {
		select {
		case value, ok := <-left:
			sum += value
			if !ok {
				left = nil // closed: without this, its case would be ready in every round
			}
		case value, ok := <-right:
			sum += value
			if !ok {
				right = nil
			}
		}
	}
	return sum
}

func main() {
	answers := make(chan string, 1)
	look(answers)                     // nobody has sent anything
	ask(answers, 20*time.Millisecond) // and nobody does
	answers <- "forty-two"
	look(answers)
	go func() {
		time.Sleep(20 * time.Millisecond)
		answers <- "late, but in time"
		close(answers)
	}()
	ask(answers, time.Minute)
	ask(answers, time.Minute) // a closed channel is always ready

	left, right := make(chan int), make(chan int)
	sendAll := func(to chan<- int, first, last int) {
		for i := first; i <= last; i++ {
			to <- i
		}
		close(to)
	}
	go sendAll(left, 1, 10)
	go sendAll(right, 11, 20)
	fmt.Printf("sum of both: %d\n", sumOf(left, right))
}
