// A pool of three workers shares twelve jobs; their results come back in any order and are put in place.
package main

import (
	"fmt"
	"sync"
)

type job struct {
	place  int
	number uint64
}

type answer struct {
	place int
	steps int
}

// stepsToOne halves what is even, and triples what is odd and adds one, until it comes to one.
func stepsToOne(number uint64) int {
	steps := 0
	for ; number != 1; steps++ {
		if number%2 == 0 {
			number /= 2
		} else {
			number = 3*number + 1
		}
	}
	return steps
}

func work(jobs <-chan job, answers chan<- answer) {
	for next := range jobs {
		answers <- answer{next.place, stepsToOne(next.number)}
	}
}

func main() {
	const workers = 3
	numbers := []uint64{1, 2, 3, 7, 9, 25, 27, 97, 871, 6171, 77031, 837799}

	jobs := make(chan job)
	answers := make(chan answer)
	var working sync.WaitGroup
	for range workers {
		working.Go(func() { work(jobs, answers) })
	}
	go func() {
		for i, number := range numbers {
			jobs <- job{i, number}
		}
		close(jobs)
		working.Wait()
		close(answers)
	}()

	steps := make([]int, len(numbers))
	for one := range answers {
		steps[one.place] = one.steps
	}
	for i, number := range numbers {
		fmt.Printf("%d: %d steps\n", number, steps[i])
	}
}
