// The runtime's benchmark cases in Go: runtime CASE [N] prints nanoseconds an operation, or what the case says.
// Its twin is bench/runtime_bench.cpp; the two must do the same.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// One round trip: a value there and a value back.
func pingPong(rounds int) {
	there, back := make(chan int), make(chan int)
	go func() {
		for value := range there {
			back <- value
		}
		close(back)
	}()
	for i := 0; i < rounds; i++ {
		there <- i
		<-back
	}
	close(there)
	<-back
}

func oneToOne(belt chan int, items int) {
	go func() {
		for i := 0; i < items; i++ {
			belt <- i
		}
		close(belt)
	}()
	sum := 0
	for value := range belt {
		sum += value
	}
	if sum != items*(items-1)/2 {
		panic("items were lost")
	}
}

func unbuffered(items int) { oneToOne(make(chan int), items) }

func buffered(items int) { oneToOne(make(chan int, 128), items) }

func sendAndReceive(items int) {
	belt := make(chan int, 128)
	for i := 0; i < items; i++ {
		belt <- i
		<-belt
	}
}

func selectOfTwo(from []chan int) {
	select {
	case <-from[0]:
	case <-from[1]:
	}
}

func selectOfEight(from []chan int) {
	select {
	case <-from[0]:
	case <-from[1]:
	case <-from[2]:
	case <-from[3]:
	case <-from[4]:
	case <-from[5]:
	case <-from[6]:
	case <-from[7]:
	}
}

func lanesOf(count, capacity int) []chan int {
	lanes := make([]chan int, count)
	for i := range lanes {
		lanes[i] = make(chan int, capacity)
	}
	return lanes
}

// Senders, and one receiver that takes from whichever is ready.
func selectWaiting(lanes int, choose func([]chan int)) func(int) {
	return func(items int) {
		from := lanesOf(lanes, 0)
		each := items / lanes
		for _, lane := range from {
			lane := lane
			go func() {
				for i := 0; i < each; i++ {
					lane <- i
				}
			}()
		}
		for i := 0; i < each*lanes; i++ {
			choose(from)
		}
	}
}

func selectReady(lanes int, choose func([]chan int)) func(int) {
	return func(items int) {
		from := lanesOf(lanes, 1)
		for i := 0; i < items; i++ {
			from[i%lanes] <- i
			choose(from)
		}
	}
}

func selectNothingReady(rounds int) {
	from := make(chan int)
	for i := 0; i < rounds; i++ {
		select {
		case <-from:
		default:
		}
	}
}

func yieldTwo(yields int) {
	var group sync.WaitGroup
	group.Add(2)
	for i := 0; i < 2; i++ {
		go func() {
			for done := 0; done < yields/2; done++ {
				runtime.Gosched()
			}
			group.Done()
		}()
	}
	group.Wait()
}

func spawnOne(count int) {
	var group sync.WaitGroup
	for i := 0; i < count; i++ {
		group.Add(1)
		go func() { group.Done() }()
		group.Wait()
	}
}

func spawnBatch(count int) {
	var group sync.WaitGroup
	for done := 0; done < count; done += 1000 {
		group.Add(1000)
		for i := 0; i < 1000; i++ {
			go func() { group.Done() }()
		}
		group.Wait()
	}
}

func lockOften(guard *sync.Mutex, times int, yields bool) {
	for i := 0; i < times; i++ {
		guard.Lock()
		if yields {
			runtime.Gosched()
		}
		guard.Unlock()
	}
}

func mutexAlone(locks int) {
	var guard sync.Mutex
	lockOften(&guard, locks, false)
}

func mutexOfEight(yields bool) func(int) {
	return func(locks int) {
		var guard sync.Mutex
		var group sync.WaitGroup
		group.Add(8)
		for i := 0; i < 8; i++ {
			go func() {
				lockOften(&guard, locks/8, yields)
				group.Done()
			}()
		}
		group.Wait()
	}
}

func timerStartStop(times int) {
	for i := 0; i < times; i++ {
		time.NewTimer(time.Hour).Stop()
	}
}

func timerReset(times int) {
	one := time.NewTimer(time.Hour)
	for i := 0; i < times; i++ {
		one.Reset(time.Hour + time.Duration(i))
	}
}

// Wall-clock time for each of the sleeps of ten thousand goroutines that sleep a millisecond over and over.
func sleeping() float64 {
	const goroutines, sleeps = 10000, 200
	start := time.Now()
	var group sync.WaitGroup
	group.Add(goroutines)
	for i := 0; i < goroutines; i++ {
		go func() {
			for done := 0; done < sleeps; done++ {
				time.Sleep(time.Millisecond)
			}
			group.Done()
		}()
	}
	group.Wait()
	return nanosecondsSince(start) / (goroutines * sleeps)
}

func skynetNode(to chan int, number, leaves int) {
	if leaves == 1 {
		to <- number
		return
	}
	from := make(chan int)
	share := leaves / 10
	for i := 0; i < 10; i++ {
		go skynetNode(from, number+i*share, share)
	}
	sum := 0
	for i := 0; i < 10; i++ {
		sum += <-from
	}
	to <- sum
}

func skynet() float64 {
	const leaves = 1000000
	start := time.Now()
	total := make(chan int)
	go skynetNode(total, 0, leaves)
	if <-total != leaves*(leaves-1)/2 {
		panic("skynet counts wrong")
	}
	return nanosecondsSince(start) / 1e6
}

func sieve() float64 {
	start := time.Now()
	numbers := make(chan int)
	go func(to chan int) {
		for i := 2; ; i++ {
			to <- i
		}
	}(numbers)
	prime := 0
	for count := 0; count < 2000; count++ {
		prime = <-numbers
		rest := make(chan int)
		go func(from, to chan int, prime int) {
			for number := range from {
				if number%prime != 0 {
					to <- number
				}
			}
		}(numbers, rest, prime)
		numbers = rest
	}
	if prime != 17389 {
		panic("the sieve leaks")
	}
	return nanosecondsSince(start) / 1e6
}

// Resident memory and page tables of this process.
func heldBytes() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	words := strings.Fields(string(status))
	kib := 0
	for i, word := range words {
		if word == "VmRSS:" || word == "VmPTE:" {
			value, err := strconv.Atoi(words[i+1])
			if err != nil {
				panic(err)
			}
			kib += value
		}
	}
	return kib * 1024
}

// Starts goroutines that wait on a channel, and returns what lets them go.
func parkedCrowd(count int) func() {
	gate := make(chan struct{})
	var started, group sync.WaitGroup
	started.Add(count)
	group.Add(count)
	for i := 0; i < count; i++ {
		go func() {
			started.Done()
			<-gate
			group.Done()
		}()
	}
	started.Wait()
	return func() {
		close(gate)
		group.Wait()
	}
}

func parkedCreate() float64 {
	const count = 1000000
	start := time.Now()
	release := parkedCrowd(count)
	each := nanosecondsSince(start) / count
	release()
	return each
}

func parkedBytes() float64 {
	const count = 1000000
	before := heldBytes()
	release := parkedCrowd(count)
	each := float64(heldBytes()-before) / count
	release()
	return each
}

// Processor time, in percent of one core, while a hundred thousand are parked and nothing happens.
func idleCPU() float64 {
	release := parkedCrowd(100000)
	time.Sleep(100 * time.Millisecond)
	used := func() time.Duration {
		var usage syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
			panic(err)
		}
		return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	before := used()
	time.Sleep(2 * time.Second)
	percent := (used() - before).Seconds() / 2 * 100
	release()
	return percent
}

func nanosecondsSince(start time.Time) float64 { return float64(time.Since(start).Nanoseconds()) }

// Repeats the case with more and more operations until it takes a quarter of a second.
func nanosecondsEach(run func(int)) float64 {
	for count := 1000; ; count *= 4 {
		start := time.Now()
		run(count)
		if took := nanosecondsSince(start); took > 250e6 {
			return took / float64(count)
		}
	}
}

func besideParked(others int, run func(int)) float64 {
	release := parkedCrowd(others)
	each := nanosecondsEach(run)
	release()
	return each
}

func timersBeside(pending int) float64 {
	others := make([]*time.Timer, pending)
	for i := range others {
		others[i] = time.NewTimer(time.Hour + time.Duration(i*7919%pending))
	}
	each := nanosecondsEach(timerStartStop)
	for _, one := range others {
		one.Stop()
	}
	return each
}

func main() {
	timed := map[string]func(int){
		"ping_pong":        pingPong,
		"unbuffered":       unbuffered,
		"buffered_128":     buffered,
		"send_and_receive": sendAndReceive,
		"select_2":         selectWaiting(2, selectOfTwo),
		"select_8":         selectWaiting(8, selectOfEight),
		"select_ready_2":   selectReady(2, selectOfTwo),
		"select_ready_8":   selectReady(8, selectOfEight),
		"select_default":   selectNothingReady,
		"yield_2":          yieldTwo,
		"spawn_one":        spawnOne,
		"spawn_batch_1000": spawnBatch,
		"mutex_1":          mutexAlone,
		"mutex_8":          mutexOfEight(false),
		"mutex_8_yield":    mutexOfEight(true),
		"timer_start_stop": timerStartStop,
		"timer_reset":      timerReset,
	}
	other := map[string]func(int) float64{
		"sleep_10k":        func(int) float64 { return sleeping() },
		"skynet":           func(int) float64 { return skynet() },
		"sieve":            func(int) float64 { return sieve() },
		"parked_create":    func(int) float64 { return parkedCreate() },
		"parked_bytes":     func(int) float64 { return parkedBytes() },
		"idle_cpu":         func(int) float64 { return idleCPU() },
		"ping_pong_beside": func(others int) float64 { return besideParked(others, pingPong) },
		"spawn_one_beside": func(others int) float64 { return besideParked(others, spawnOne) },
		"timers_beside":    timersBeside,
	}
	name, size := "", 0
	if len(os.Args) >= 2 {
		name = os.Args[1]
	}
	if len(os.Args) >= 3 {
		size, _ = strconv.Atoi(os.Args[2])
	}
	if run, known := timed[name]; known {
		fmt.Printf("%.2f\n", nanosecondsEach(run))
	} else if run, known := other[name]; known {
		fmt.Printf("%.2f\n", run(size))
	} else {
		fmt.Fprintf(os.Stderr, "usage: runtime CASE [N], and '%s' is no case\n", name)
		os.Exit(2)
	}
}
