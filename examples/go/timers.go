// Waiting for time: after, timer, ticker and timeout.
package main

import (
	"fmt"
	"time"
)

func show(what string, since time.Time) {
	passed := time.Since(since)
	fmt.Printf("%s: at least %d ms\n", what, passed.Milliseconds()/10*10)
}

func main() {
	start := time.Now()
	<-time.After(20 * time.Millisecond)
	show("after 20 ms", start)

	alarm := time.NewTimer(time.Hour)
	stopped := "no"
	if alarm.Stop() {
		stopped = "yes"
	}
	fmt.Printf("a timer is stopped before it fires: %s\n", stopped)
	start = time.Now()
	alarm.Reset(30 * time.Millisecond)
	<-alarm.C
	show("the same one, reset to 30 ms", start)

	start = time.Now()
	beat := time.NewTicker(10 * time.Millisecond)
	for range 3 {
		<-beat.C
	}
	show("three ticks of 10 ms", start)

	answers := make(chan string) // that nobody sends on
	select {
	case <-answers:
		fmt.Println("timeout: an answer?")
	case <-time.After(20 * time.Millisecond):
		fmt.Println("timeout: no answer in 20 ms")
	}
}
