package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/flows"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
	"xiaobao/store"
)

// An ear is a network that tells when a push came.
type ear struct{ heard chan struct{} }

func (ear) Name() string { return "web" }

func (ear) Capabilities(bot.Place) bot.Capabilities {
	return bot.Capabilities{Buttons: 5, Options: 25, Fields: 5, Text: 4000, Edits: true, Blocks: true, Private: true}
}

func (ear) Run(ctx context.Context, _ func(context.Context, bot.Incoming) error) error {
	<-ctx.Done()
	return nil
}

func (e ear) Send(_ context.Context, d bot.Delivery) (bot.Receipt, error) {
	if strings.Contains(d.Message.Text, parcel) && d.Message.Notify != bot.Silent {
		e.heard <- struct{}{}
	}
	return bot.Receipt{Native: d.ID}, nil
}

// BenchmarkPush is from the moment in which a source tells of an exception, or of its end, to the push in the adapter's hands: kept, thought
// about and kept again, each time synced to disk. One after the other.
func BenchmarkPush(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background())
	db, err := store.Open(ctx, filepath.Join(b.TempDir(), "x.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	var hours atomic.Int64
	now := func() time.Time { return opening.Add(time.Duration(hours.Load()) * time.Hour) }
	quiet := slog.New(slog.DiscardHandler)
	k, e := ours(b), ear{make(chan struct{}, 16)}
	house := bot.New(bot.Config{
		Book: k.book, Words: k.words, Library: flows.Library{Base: k.base}, Store: db, Cases: db, Tickets: db, Adapters: []bot.Adapter{e},
		Now: now, NewID: newID, Log: quiet,
	})
	u := bot.User{Network: "web", Workspace: "local", ID: "ann", Name: "Ann", Language: "en", Zone: "UTC"}
	if err := house.Handle(ctx, bot.Incoming{ID: "1", At: now(), From: u, To: bot.Place{Network: "web", Workspace: "local", Room: "ann"}, What: bot.Text{Text: "hello"}}); err != nil {
		b.Fatal(err)
	}
	m, err := db.Enter(ctx, u, "none", now())
	if err != nil {
		b.Fatal(err)
	}
	if _, err := db.PutShipment(ctx, watch.Watched{Tenant: u.Tenant(), Case: m.Case, Shipment: shipment.Shipment{Number: parcel, Source: "hook", Registered: opening}}); err != nil {
		b.Fatal(err)
	}
	w := watch.New(db, house.Handle, now, quiet)
	ended := make(chan error, 2)
	go func() { ended <- w.Run(ctx) }()
	go func() { ended <- house.Run(ctx) }()
	tell := func(s shipment.Status) {
		at := now()
		told, err := w.Heard(ctx, "hook", watch.Push{Events: []shipment.Event{{Number: parcel, At: at, Seen: at, TZKnown: true, Status: s, Exception: s == shipment.Exception, Source: "hook", Code: string(s), Place: shipment.Place{Name: fmt.Sprint("hub ", hours.Load()), Country: "US"}}}})
		if err != nil || told.Shipments != 1 {
			b.Fatalf("%+v, %v", told, err)
		}
	}
	tell(shipment.InTransit) // the first sync is a card
	took := make([]time.Duration, b.N)
	b.ResetTimer()
	for i := range b.N {
		hours.Add(1)
		began := time.Now()
		tell([]shipment.Status{shipment.Exception, shipment.InTransit}[i%2])
		<-e.heard
		took[i] = time.Since(began)
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	cancel()
	for range 2 {
		if err := <-ended; err != nil {
			b.Error(err)
		}
	}
}
