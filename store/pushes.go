package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"xiaobao/shipment/watch"
)

// selectWatchedAs takes one of two counts of numbers, so that there are two statements to keep prepared.
var (
	selectWatchedAsOne  = watchedAs(1)
	selectWatchedAsMany = watchedAs(manyNumbers)
)

// manyNumbers is how many numbers are looked up at once.
const manyNumbers = 64

func watchedAs(n int) string {
	holes := make([]string, n)
	for i := range holes {
		holes[i] = fmt.Sprint("$", i+1)
	}
	return `SELECT tenant, case_id, version, due, body FROM shipments WHERE number IN (` + strings.Join(holes, ", ") + `) ORDER BY case_id, number`
}

// WatchedAs lists what anybody watches under these numbers. See watch.Store.
func (s *Store) WatchedAs(ctx context.Context, numbers []string) ([]watch.Watched, error) {
	if len(numbers) == 1 {
		return s.watched(ctx, selectWatchedAsOne, numbers[0])
	}
	var list []watch.Watched
	for some := range slices.Chunk(numbers, manyNumbers) {
		args := make([]any, manyNumbers)
		for i := range args {
			args[i] = some[min(i, len(some)-1)] // the last one fills the rest
		}
		found, err := s.watched(ctx, selectWatchedAsMany, args...)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

// PutShipments writes several shipments at once, each if nobody wrote it meanwhile. See watch.Store.
func (s *Store) PutShipments(ctx context.Context, list []watch.Watched) (written []bool, err error) {
	bodies := make([]string, len(list))
	var locks []string
	for i, w := range list {
		body, err := json.Marshal(w)
		if err != nil {
			return nil, fmt.Errorf("store: writing down shipment %s: %w", w.Shipment.Number, err)
		}
		bodies[i] = string(body)
		locks = append(locks, w.Case)
	}
	slices.Sort(locks)
	err = s.writer.write(ctx, slices.Compact(locks), func(t *tx) error {
		written = make([]bool, len(list))
		for i, w := range list {
			var due any
			if !w.Due.IsZero() {
				due = w.Due.UnixMicro()
			}
			t.count(updateShipment, func(n int64) { written[i] = n == 1 }, w.Tenant, due, bodies[i], w.Case, w.Shipment.Number, w.Version)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("store: writing %d shipments: %w", len(list), err)
	}
	return written, nil
}
