// Handing over in person, and leaving it in the letter box: unbuffered and buffered channels.
package main

import (
	"fmt"
	"time"
)

func handOver() {
	hand := make(chan string)
	select {
	case hand <- "bread":
		fmt.Println("in person: with nobody there, sent")
	default:
		fmt.Println("in person: with nobody there, a send would wait")
	}
	go func() {
		time.Sleep(20 * time.Millisecond)
		fmt.Println("in person: the receiver comes")
		<-hand
	}()
	hand <- "bread" // parks until the receiver has come
	fmt.Println("in person: the sender knows that it was taken")
}

func leaveInBox() {
	box := make(chan string, 2)
	box <- "letter"
	box <- "card" // neither has waited, though nobody has received
	more := "and one more"
	select {
	case box <- "parcel":
	default:
		more = "another send would wait"
	}
	fmt.Printf("letter box: %d of %d in it, %s\n", len(box), cap(box), more)
	go func() { box <- "parcel" }() // waits until there is room
	for range 3 {
		fmt.Printf("letter box: out comes the %s\n", <-box)
	}
}

func main() {
	handOver()
	leaveInBox()
}
