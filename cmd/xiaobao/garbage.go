package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// How much garbage may pile up before it is collected. To look through what is in use takes processor time at every collection, so
// where little is in use garbage may be several times as much; where much is in use it may be half as much again. At rest nothing piles up.
const (
	spare     = 16 << 20 // bytes, as long as that is between the two:
	leastHeap = 50       // percent of what is in use
	mostHeap  = 400
	startHeap = 20 // while the content is read: what reading leaves behind must not scatter what stays
)

// setHeap sets the percentage, unless whoever started the program did (GOGC).
func setHeap(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// tendHeap goes on setting it by what is in use, after every collection.
func tendHeap() {
	if os.Getenv("GOGC") != "" {
		return
	}
	type collection struct{ before *int } // a collection finds that nobody uses it
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	set := 0
	var tend func(*collection)
	tend = func(c *collection) {
		metrics.Read(live)
		percent := heapPercent(live[0].Value.Uint64())
		if percent < set*9/10 || percent > set*11/10 { // setting it stops everything for a moment
			debug.SetGCPercent(percent)
			set = percent
		}
		runtime.SetFinalizer(c, tend)
	}
	tend(&collection{new(int)})
}

// heapPercent is how much garbage may pile up, in percent of what is in use.
func heapPercent(live uint64) int {
	return int(min(max(spare*100/max(live, 1), leastHeap), mostHeap))
}
