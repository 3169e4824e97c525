package store

import (
	"context"
	"fmt"
	"runtime"
)

// Quota limits a SQLite file to a number of pages, as a full disk would.
func Quota(s *Store, pages int) {
	err := s.writer.write(context.Background(), nil, func(t *tx) error {
		return t.session.query(fmt.Sprintf("PRAGMA max_page_count(%d)", pages), func([]any) error { return nil })
	})
	if err != nil {
		panic(err)
	}
}

// Hold keeps the writer busy. The function it returns waits until n operations wait behind, and lets go.
func Hold(s *Store) (release func(n int)) {
	begun, end := make(chan struct{}), make(chan struct{})
	go s.writer.write(context.Background(), nil, func(*tx) error {
		close(begun)
		<-end
		return nil
	})
	<-begun
	return func(n int) {
		Wait(s, n)
		close(end)
	}
}

// Wait returns when n operations wait for the writer.
func Wait(s *Store, n int) {
	for waiting := 0; waiting < n; runtime.Gosched() {
		s.writer.mu.Lock()
		waiting = len(s.writer.waiting)
		s.writer.mu.Unlock()
	}
}
