package watch

import (
	"context"
	"sync"

	"xiaobao/bot"
	"xiaobao/shipment"
)

// Codes that are in no table are kept with their events and shown, and change nothing. They are counted for the operator, once
// for every event, and logged once for every code.

const (
	longestCode  = 60  // of a code, what is kept
	longestWords = 160 // of the source's words for it
	mostCodes    = 500 // of all sources, how many are remembered as logged
)

// strangers remembers which codes were logged.
type strangers struct {
	mu   sync.Mutex
	seen map[[2]string]bool
}

func (s *strangers) first(source, code string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := [2]string{source, code}
	if s.seen[k] || len(s.seen) >= mostCodes {
		return false
	}
	if s.seen == nil {
		s.seen = map[[2]string]bool{}
	}
	s.seen[k] = true
	return true
}

// strange adds the codes of events that are in next and not in before.
func strange(before, next shipment.Shipment, codes map[[2]string]*Code) {
	for i := range next.Events {
		e := &next.Events[i]
		if !e.Strange() || knows(before, e.Key) {
			continue
		}
		source, code := bot.Shorten(e.Source, longestCode), bot.Shorten(e.Code, longestCode)
		k := [2]string{source, code}
		if codes[k] == nil {
			codes[k] = &Code{Source: source, Code: code, Example: bot.Shorten(e.Text, longestWords)}
		}
		codes[k].Times++
	}
}

func knows(s shipment.Shipment, key string) bool {
	for i := range s.Events {
		if s.Events[i].Key == key {
			return true
		}
	}
	return false
}

// countCodes keeps what was counted. That it fails is not worth losing news over.
func (w *Watch) countCodes(ctx context.Context, codes map[[2]string]*Code) {
	if len(codes) == 0 {
		return
	}
	var list []Code
	for _, c := range codes {
		list = append(list, *c)
		if w.strange.first(c.Source, c.Code) {
			w.log.WarnContext(ctx, "a code that is in no table: its events are kept and shown, and change nothing", "source", c.Source, "code", c.Code)
		}
	}
	if err := w.store.CountCodes(ctx, w.now(), list); err != nil {
		w.log.ErrorContext(ctx, "counting codes failed", "error", err)
	}
}
