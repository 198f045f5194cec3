// Five cooks work at the same time, and dinner is served when the last is done.
package main

import (
	"fmt"
	"sync"
	"time"
)

func cook(number int) {
	fmt.Printf("cook %d begins\n", number)
	time.Sleep(10 * time.Millisecond)
	fmt.Printf("cook %d is done\n", number)
}

func main() {
	var cooks sync.WaitGroup
	for number := 1; number <= 5; number++ {
		cooks.Go(func() { cook(number) })
	}
	cooks.Wait()
	fmt.Println("dinner is served")
}
