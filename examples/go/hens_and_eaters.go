// Hens and eaters around one basket: producers and consumers 1-1, 1-N, N-1 and N-N.
package main

import (
	"fmt"
	"sync"
)

const eggsEach = 100

type meal struct {
	eggs int
	sum  int // of their numbers: one eaten twice, or by nobody, would show
}

func lay(first int, basket chan<- int) {
	for i := range eggsEach {
		basket <- first + i
	}
}

func eat(basket <-chan int) meal {
	var mine meal
	for egg := range basket {
		mine.eggs++
		mine.sum += egg
	}
	return mine
}

func day(hens, eaters int) meal {
	basket := make(chan int, 4)
	var laying sync.WaitGroup
	for hen := range hens {
		first := hen * eggsEach
		laying.Go(func() { lay(first, basket) })
	}
	go func() {
		laying.Wait()
		close(basket)
	}()

	meals := make(chan meal)
	for range eaters {
		go func() { meals <- eat(basket) }()
	}
	var all meal
	for range eaters {
		one := <-meals
		all.eggs += one.eggs
		all.sum += one.sum
	}
	return all
}

func main() {
	for _, numbers := range [][2]int{{1, 1}, {1, 3}, {3, 1}, {3, 3}} {
		all := day(numbers[0], numbers[1])
		fmt.Printf("hens %d, eaters %d: %d eggs eaten, sum %d\n", numbers[0], numbers[1], all.eggs, all.sum)
	}
}
