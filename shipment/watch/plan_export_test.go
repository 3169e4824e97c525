package watch

import "context"

// A Plan is a schedule, for those who measure it with a real store.
type Plan struct{ s *schedule }

// Len is how many numbers are in it.
func (p *Plan) Len() int { return p.s.len() }

// ReadPlan reads when to look at what, as a process does that takes over.
func ReadPlan(ctx context.Context, s Store, source string) (*Plan, error) {
	plan, err := readSchedule(ctx, s, source)
	return &Plan{plan}, err
}
