package bot_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"xiaobao/bot"
)

// A counted store counts what is leased to the bot and not settled.
type counted struct {
	bot.Store
	held, most atomic.Int64
}

func (c *counted) note(n int) {
	if now := c.held.Add(int64(n)); now > c.most.Load() {
		c.most.Store(now) // nearly: two may come at once
	}
}

func (c *counted) Apply(ctx context.Context, k bot.Key, now time.Time, think func([]byte) (bot.Turn, error)) ([]bot.Delivery, error) {
	ds, err := c.Store.Apply(ctx, k, now, think)
	c.note(len(ds))
	return ds, err
}

func (c *counted) Claim(ctx context.Context, now time.Time, n int) ([]bot.Delivery, error) {
	ds, err := c.Store.Claim(ctx, now, n)
	c.note(len(ds))
	return ds, err
}

func (c *counted) Settle(ctx context.Context, now time.Time, s ...bot.Settlement) error {
	err := c.Store.Settle(ctx, now, s...)
	if err == nil {
		c.note(-len(s))
	}
	return err
}

// TestOverload says more than may be under way while the network hangs: what people say is kept all the same, the memory does not fill,
// and when the network is back everything arrives, in order.
func TestOverload(t *testing.T) {
	const people, lines = 800, 2
	r := newRig(t, parrot, bot.Capabilities{Blocks: true})
	r.stop()
	var c *counted
	r.wrap = func(s bot.Store) bot.Store {
		c = &counted{Store: s}
		return c
	}
	r.open(parrot)
	back := make(chan struct{})
	var mu sync.Mutex
	heard := map[string][]string{}
	r.wall.send = func(d bot.Delivery) error {
		<-back
		mu.Lock()
		defer mu.Unlock()
		heard[d.Place.Room] = append(heard[d.Place.Room], d.Message.Text)
		return nil
	}
	var all sync.WaitGroup
	for p := range people {
		all.Go(func() {
			who := fmt.Sprint("p", p)
			for n := range lines {
				in := bot.Incoming{ID: fmt.Sprint(who, "-", n), From: user(who), To: room(who), What: bot.Text{Text: fmt.Sprint("line ", n, " of them")}}
				if err := r.Handle(context.Background(), in); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if most := c.most.Load(); most < 128 || most > 256 {
		t.Errorf("%d deliveries were under way", most)
	}
	close(back)
	r.drain()
	for p := range people {
		who := fmt.Sprint("p", p)
		if len(heard[who]) != lines {
			t.Fatalf("%s heard %d lines of %d", who, len(heard[who]), lines)
		}
		for n, text := range heard[who] {
			if !strings.Contains(text, fmt.Sprint("line ", n, " of them")) {
				t.Fatalf("%s heard %q as line %d", who, text, n)
			}
		}
	}
}
