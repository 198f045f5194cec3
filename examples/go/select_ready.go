// Select with many cases ready: each is as likely as the others.
package main

import "fmt"

const rounds = 3000

func fullChannel() <-chan int {
	filled := make(chan int, rounds)
	for i := range rounds {
		filled <- i
	}
	return filled
}

func main() {
	apples, pears, plums := fullChannel(), fullChannel(), fullChannel()
	var taken [3]int
	for range rounds {
		select {
		case <-apples:
			taken[0]++
		case <-pears:
			taken[1]++
		case <-plums:
			taken[2]++
		}
	}
	fmt.Printf("of %d: %d apples, %d pears, %d plums\n", rounds, taken[0], taken[1], taken[2])

	urgent, usual := fullChannel(), fullChannel()
	urgentFirst := 0
	for range rounds {
		select {
		case <-urgent:
			urgentFirst++
		default:
			select {
			case <-urgent:
			case <-usual:
			}
		}
	}
	fmt.Printf("of %d: %d urgent ones, which were looked for first\n", rounds, urgentFirst)
}
