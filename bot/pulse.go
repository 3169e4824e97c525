package bot

import "time"

// A Pulse is how an adapter is doing, for whoever watches the program.
type Pulse struct {
	Down     time.Time     // since when nothing can arrive from the network; zero: it can
	Links    int           // connections to the network that are open
	Calls    []CallCount   // requests to the network
	Waits    []int64       // acknowledgements by how long they took: as many up to each of PulseWaits, and at last those that took longer
	WaitsSum time.Duration // of all of them
}

// A CallCount is how many requests went to a method of a network, and with which status they were answered.
type CallCount struct {
	Method string
	Status int // 0: not answered
	Count  int64
}

// PulseWaits are the bounds between which acknowledgements are counted.
var PulseWaits = [...]time.Duration{5 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 3 * time.Second}

// A Pulsing adapter says how it is doing. It must not block.
type Pulsing interface {
	Pulse() Pulse
}

// Repeats is how often something came that was applied before, since the program began.
func (b *Bot) Repeats() int64 { return b.repeats.Load() }
