package store

import (
	"context"
	"fmt"
	"time"
)

const (
	takeLease = `
INSERT INTO leases (name, holder, until) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE leases.holder = excluded.holder OR leases.until <= $4`
	dropLease = `DELETE FROM leases WHERE name = $1 AND holder = $2`
)

// Lease takes the named lease, or renews it, until a moment: for work that only one of all processes may do at a time. It
// returns true when the lease was free, had ended by now, or is the holder's already; false while it is somebody else's. A
// holder is one process's run (a random name), not a machine: it must not be the same after a restart unless nothing of the
// earlier run can still be at work. Renew well before until, and stop working at until when renewing fails: from then on it
// may be another's. Every process brings its own clock, so until should be further away than clocks may differ.
func (s *Store) Lease(ctx context.Context, name, holder string, now, until time.Time) (held bool, err error) {
	if name == "" || holder == "" || !until.After(now) {
		return false, fmt.Errorf("store: a lease %q of %q from %v until %v", name, holder, now, until)
	}
	err = s.writer.write(ctx, []string{"lease:" + name}, func(t *tx) error {
		t.count(takeLease, func(n int64) { held = n == 1 }, plain(name), plain(holder), until.UnixMicro(), now.UnixMicro())
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("store: taking the lease %s: %w", name, err)
	}
	return held, nil
}

// Release gives the lease back before its end, so that another process need not wait for that. What is not the holder's
// stays as it is.
func (s *Store) Release(ctx context.Context, name, holder string) error {
	err := s.writer.write(ctx, []string{"lease:" + name}, func(t *tx) error {
		t.do(dropLease, plain(name), plain(holder))
		return nil
	})
	if err != nil {
		return fmt.Errorf("store: releasing the lease %s: %w", name, err)
	}
	return nil
}
