package watch_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// warner is a vendor whose quota and authorisation come to an end.
type warner struct {
	*vendor
	warnings func(now time.Time) ([]watch.Warning, error)
}

func (w warner) Warnings(_ context.Context, now time.Time) ([]watch.Warning, error) {
	return w.warnings(now)
}

// notebook takes what is logged.
type notebook struct {
	mu    sync.Mutex
	lines []string
}

func (n *notebook) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, string(p))
	return len(p), nil
}

func (n *notebook) with(text string) (list []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, line := range n.lines {
		if strings.Contains(line, text) {
			list = append(list, line)
		}
	}
	return list
}

// TestWarnedOnce: what comes to an end is said once for each mark, by whichever process and after whichever restart, and again after it was
// mended in between; it stays in the report until it is.
func TestWarnedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex // of what the vendor has
		left := 100
		var fails error
		becomes := func(n int, err error) {
			mu.Lock()
			defer mu.Unlock()
			left, fails = n, err
		}
		on := shipment.DateOf(time.Now().Add(20 * 24 * time.Hour))
		s := warner{says("ups"), func(now time.Time) ([]watch.Warning, error) {
			mu.Lock()
			defer mu.Unlock()
			quota := watch.Warning{Key: "quota", Kind: watch.Quota, Left: left, Of: 100}
			if left < 10 {
				quota.Mark = "low"
			}
			end := watch.Warning{Key: "authorisation shop", Kind: watch.Authorisation, Account: "shop", On: on, Days: on.Days(shipment.DateOf(now))}
			if end.Days <= 14 {
				end.Mark = "14"
			}
			return []watch.Warning{quota, end}, fails
		}}
		x := newWorld(t)
		log := &notebook{}
		begin := func() (*watch.Watch, func()) {
			w := watch.New(x.store, x.talk.handle, time.Now, slog.New(slog.NewTextHandler(log, nil)), s)
			return w, run(t, w)
		}
		shown := func(w *watch.Watch) (kinds []watch.WarningKind) {
			t.Helper()
			states, _, err := w.Report(context.Background())
			if err != nil || len(states) != 1 {
				t.Fatal(states, err)
			}
			for _, x := range states[0].Warnings {
				kinds = append(kinds, x.Kind)
			}
			return kinds
		}
		check := func(when string, w *watch.Watch, quota, end int, kinds ...watch.WarningKind) {
			t.Helper()
			if a, b := len(log.with("what=quota")), len(log.with("what=authorisation account=shop")); a != quota || b != end {
				t.Errorf("%s: said of the quota %d times, want %d; of the authorisation %d, want %d", when, a, quota, b, end)
			}
			if got := shown(w); !slices.Equal(got, kinds) {
				t.Errorf("%s: the report has %v, want %v", when, got, kinds)
			}
		}
		first, stopFirst := begin()
		second, stopSecond := begin()
		time.Sleep(2*time.Hour + time.Minute) // from here on never in the moment in which it is looked
		check("enough", first, 0, 0)
		becomes(9, nil)
		time.Sleep(2 * time.Hour)
		check("low", first, 1, 0, watch.Quota)
		check("low, in the other process", second, 1, 0, watch.Quota)
		stopFirst()
		first, stopFirst = begin()
		time.Sleep(7 * 24 * time.Hour)
		check("a week later, after a restart", first, 1, 1, watch.Quota, watch.Authorisation)
		becomes(9, errors.New("503"))
		time.Sleep(3 * time.Hour)
		check("while it does not answer", first, 1, 1, watch.Quota, watch.Authorisation)
		becomes(80, nil)
		time.Sleep(2 * time.Hour)
		check("bought more", first, 1, 1, watch.Authorisation)
		becomes(3, nil)
		time.Sleep(2 * time.Hour)
		check("low again", first, 2, 1, watch.Quota, watch.Authorisation)
		stopFirst()
		stopSecond()
	})
}
