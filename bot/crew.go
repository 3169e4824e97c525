package bot

import "sync"

// A Crew runs functions side by side on goroutines that stay for the next one: a new goroutine begins with a small stack, and to grow it costs more
// than many a function does.
type Crew struct {
	idle chan func() // to those who stay and have nothing to do
	mu   sync.Mutex
	free int // how many do not have one yet, or are not spoken for
	all  sync.WaitGroup
	end  sync.Once
}

// NewCrew makes a crew of which up to stay goroutines stay. It must be closed.
func NewCrew(stay int) *Crew { return &Crew{idle: make(chan func(), stay)} }

// Go runs f at once, by somebody who is free or somebody new.
func (c *Crew) Go(f func()) {
	c.all.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.free > 0 {
		c.free--
		c.idle <- f // there is room: one for everybody who is free
		return
	}
	go c.work(f)
}

func (c *Crew) work(f func()) {
	for f != nil {
		f()
		c.mu.Lock()
		stays := c.free < cap(c.idle)
		if stays {
			c.free++
		}
		c.mu.Unlock()
		c.all.Done()
		if f = nil; stays {
			f = <-c.idle
		}
	}
}

// Wait waits until everything that was given to the crew is done.
func (c *Crew) Wait() { c.all.Wait() }

// Close is Wait, and lets everybody go. Nothing may be given to the crew afterwards. Closing it again is only Wait.
func (c *Crew) Close() {
	c.Wait()
	c.end.Do(func() { close(c.idle) })
}
