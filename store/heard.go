package store

import (
	"strings"
	"sync"

	"xiaobao/bot"
)

// postChannel is where processes on PostgreSQL tell each other at which place something was shown: "<process> <place>".
const postChannel = "xiaobao_posts"

// ears are told what other processes do.
type ears struct {
	mu   sync.Mutex
	post []func(bot.Place)
}

// Heard makes f be called whenever another process has kept a Post, with its place, and with the zero Place when some may have
// been missed: then any place may have changed. Posts of this process are not told. f must be quick and may be called from
// any goroutine until Close. On SQLite other processes are not heard.
func (s *Store) Heard(f func(bot.Place)) {
	s.ears.mu.Lock()
	defer s.ears.mu.Unlock()
	s.ears.post = append(s.ears.post, f)
}

func (e *ears) tell(p bot.Place) {
	e.mu.Lock()
	list := e.post
	e.mu.Unlock()
	for _, f := range list {
		f(p)
	}
}

// hear takes what a process said on postChannel.
func (e *ears) hear(own, said string) {
	name, place, _ := strings.Cut(said, " ")
	if name == own {
		return
	}
	p, _ := bot.ParsePlace(place) // what cannot be read may be any place
	e.tell(p)
}
