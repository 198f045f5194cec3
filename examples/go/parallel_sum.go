// Numbers that come from several feeds at once are summed in parallel; the first error calls the rest off.
package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

var errNegative = errors.New("Numerical argument out of domain")

func sumOf(ctx context.Context, numbers <-chan int) (int, error) {
	sum := 0
	for {
		select {
		case number, ok := <-numbers:
			if !ok {
				return sum, nil // the feed is closed: that was all
			}
			if number < 0 {
				return 0, errNegative
			}
			sum += number
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

func parallelSum(feeds ...<-chan int) (int, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	sums := make([]int, len(feeds))
	var tasks sync.WaitGroup
	var once sync.Once
	var first error
	for i := range feeds {
		tasks.Go(func() {
			sum, err := sumOf(ctx, feeds[i])
			if err != nil {
				once.Do(func() {
					first = err
					cancel()
				})
				return
			}
			sums[i] = sum
		})
	}
	tasks.Wait()
	if first != nil {
		return 0, first
	}
	total := 0
	for _, sum := range sums {
		total += sum
	}
	return total, nil
}

func numbersFrom(numbers ...int) <-chan int {
	out := make(chan int)
	go func() {
		for _, number := range numbers {
			out <- number
		}
		close(out)
	}()
	return out
}

func main() {
	good, err := parallelSum(numbersFrom(1, 2, 3), numbersFrom(10, 20), numbersFrom(100))
	if err != nil {
		panic(err)
	}
	fmt.Printf("three good feeds: %d\n", good)

	silent := make(chan int) // never sends and never closes: only cancelling ends the wait for it
	_, err = parallelSum(numbersFrom(1, 2, 3), silent, numbersFrom(10, -20))
	fmt.Printf("a bad one and a silent one: %v\n", err)
}
