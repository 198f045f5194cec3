// Four windows sell a hundred tickets, and no ticket twice.
package main

import (
	"fmt"
	"runtime"
	"sync"
)

type boxOffice struct {
	guard sync.Mutex
	left  int
}

// sell returns the number of the ticket that is sold, and false when there are no more.
func (b *boxOffice) sell() (int, bool) {
	b.guard.Lock()
	defer b.guard.Unlock()
	if b.left == 0 {
		return 0, false
	}
	b.left--
	return b.left + 1, true
}

func main() {
	office := boxOffice{left: 100}
	var sold [4]int
	var windows sync.WaitGroup
	for i := range sold {
		mine := &sold[i]
		windows.Go(func() {
			for {
				if _, ok := office.sell(); !ok {
					return
				}
				*mine++
				runtime.Gosched() // the next customer steps up
			}
		})
	}
	windows.Wait()
	total := 0
	for i, count := range sold {
		fmt.Printf("window %d has sold %d\n", i+1, count)
		total += count
	}
	fmt.Printf("%d tickets in all\n", total)
}
