package watch

import (
	"context"
	"fmt"
	"time"
)

// A SourceState is how it stands with a source, for the operator. What only the process that follows can know is as this
// process knows it: Followed and Answered are empty in others.
type SourceState struct {
	Name     string
	Followed int       // numbers that are looked at
	Next     time.Time // when the next of them is
	Answered time.Time // the last time it answered
	Failures int       // calls in a row that failed
	Until    time.Time // it is left alone until then
	Stopped  string    // why its account must not be asked; empty: it may
	Since    time.Time // since when it is stopped
	Pushed   Tally     // what it told by itself since the program began
	Warnings []Warning // what comes to an end
}

// Report says how it stands with every source, and which codes of theirs no table knows, the latest first.
func (w *Watch) Report(ctx context.Context) ([]SourceState, []Code, error) {
	stops, err := w.store.StoppedSources(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("watch: report on sources: %w", err)
	}
	codes, err := w.store.Codes(ctx, mostCodes)
	if err != nil {
		return nil, nil, fmt.Errorf("watch: report on codes: %w", err)
	}
	pushed := w.Tallies()
	var list []SourceState
	for _, f := range w.followers {
		s := SourceState{Name: f.source.Name(), Pushed: pushed[f.source.Name()], Warnings: *f.warnings.Load()}
		plan := f.plan.Load()
		s.Followed = plan.len()
		s.Next, _ = plan.next(w.now())
		s.Failures, s.Until, s.Stopped, s.Answered = f.gate.state()
		for _, stop := range stops {
			if stop.Source == s.Name {
				s.Stopped, s.Since = stop.Reason, stop.At
			}
		}
		if !s.Until.After(w.now()) {
			s.Until = time.Time{}
		}
		list = append(list, s)
		delete(pushed, s.Name)
	}
	for name, t := range pushed { // those that only tell
		list = append(list, SourceState{Name: name, Pushed: t})
	}
	return list, codes, nil
}
