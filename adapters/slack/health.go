package slack

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// health counts what was taken and what was not. Slack switches an app's events off when nearly all of them fail for an hour:
// long before that somebody should know.
type health struct {
	now func() time.Time
	log *slog.Logger

	mu           sync.Mutex
	since        time.Time
	good, failed int
	told         bool
}

const (
	healthWindow  = 15 * time.Minute
	healthPercent = 5  // of failures
	healthLeast   = 20 // arrivals, before they say anything
)

func newHealth(now func() time.Time, log *slog.Logger) *health { return &health{now: now, log: log} }

// note counts one arrival, and tells the log once in a window when too many failed.
func (h *health) note(ctx context.Context, good bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	if now.Sub(h.since) >= healthWindow {
		h.since, h.good, h.failed, h.told = now, 0, 0, false
	}
	if good {
		h.good++
		return
	}
	h.failed++
	if all := h.good + h.failed; !h.told && all >= healthLeast && h.failed*100 > healthPercent*all {
		h.told = true
		h.log.ErrorContext(ctx, "slack: ALARM: what Slack delivers is not kept; Slack switches events off when nearly all of them fail for an hour", "failed", h.failed, "of", all)
	}
}
