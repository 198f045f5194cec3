// Three hens lay a hundred eggs each into a basket that holds eight, and somebody eats them all.
package main

import (
	"fmt"
	"sync"
)

func main() {
	basket := make(chan int, 8)
	var hens sync.WaitGroup
	for range 3 {
		hens.Go(func() {
			for egg := range 100 {
				basket <- egg
			}
		})
	}
	go func() {
		hens.Wait()
		close(basket)
	}()
	eaten := 0
	for egg := range basket {
		if egg >= 0 {
			eaten++
		}
	}
	fmt.Printf("%d eggs eaten\n", eaten)
}
