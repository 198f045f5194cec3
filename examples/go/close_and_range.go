// How a receiver learns that there will be no more: close, ok and range.
package main

import "fmt"

func week() chan string {
	days := make(chan string, 7)
	for _, day := range []string{"Monday", "Tuesday", "Wednesday"} {
		days <- day
	}
	close(days)
	return days
}

// attempt reports the panic of what the program must not do.
func attempt(name string, fault func()) {
	defer func() {
		if why := recover(); why != nil {
			fmt.Printf("%s: %v\n", name, why)
		}
	}()
	fault()
}

func main() {
	days := week()
	for {
		day, ok := <-days
		if !ok {
			break
		}
		fmt.Printf("received, ok: %s\n", day)
	}
	if _, ok := <-days; ok {
		fmt.Println("received, not ok: a day")
	} else {
		fmt.Println("received, not ok: closed and empty")
	}

	for day := range week() {
		fmt.Printf("in range: %s\n", day)
	}

	attempt("sending", func() { days <- "Sunday" })
	attempt("closing", func() { close(days) })
}
