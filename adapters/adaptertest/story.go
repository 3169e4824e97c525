package adaptertest

import (
	"context"
	"sync"
	"time"

	"xiaobao/adapters/simulator"
	"xiaobao/shipment"
)

// A Story is the simulated carrier for a test that plays a whole conversation, with a clock that a slow machine cannot outrun.
// The clock stands while somebody acts and goes on with Step, while they wait. It does not pass a piece of the carrier's news before
// the carrier was asked at that time: news never comes two pieces at once.
type Story struct {
	*simulator.Carrier

	telling  sync.Mutex // time stands while the carrier answers
	mu       sync.Mutex
	now      time.Time
	asked    time.Time         // the last time at which the carrier was asked
	followed []shipment.Number // what it was asked about then
}

// NewStory begins a story at a time. Its carrier's time runs speed times as fast as its clock.
func NewStory(at time.Time, speed float64) *Story {
	s := &Story{now: at}
	s.Carrier = simulator.New(speed, s.Now)
	return s
}

// Now is the time in the story.
func (s *Story) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Step lets time go on, to the next news that nobody asked for yet at the most.
func (s *Story) Step(d time.Duration) {
	s.telling.Lock()
	defer s.telling.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.now.Add(d)
	for _, n := range s.followed {
		news, more := s.Next(n, s.asked)
		news = news.Add(time.Millisecond) // whoever looks for it counts in milliseconds, and may wake as much later
		if more && to.After(news) {
			to = news
		}
	}
	if to.After(s.now) {
		s.now = to
	}
}

// Pull is the carrier's. It notes that the carrier was asked.
func (s *Story) Pull(ctx context.Context, numbers []shipment.Number) ([]shipment.Event, error) {
	s.telling.Lock()
	defer s.telling.Unlock()
	s.mu.Lock()
	s.asked, s.followed = s.now, append([]shipment.Number(nil), numbers...)
	s.mu.Unlock()
	return s.Carrier.Pull(ctx, numbers)
}
