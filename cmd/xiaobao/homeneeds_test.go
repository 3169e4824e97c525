package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
	"xiaobao/store"
)

// TestHomeNeeds: a home page first asks for what went wrong, then for what was not heard of for too long; what is on its way, or over, needs nobody.
func TestHomeNeeds(t *testing.T) {
	ctx := context.Background()
	db, err := store.Open(ctx, filepath.Join(t.TempDir(), "x.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	lin := bot.User{Network: "web", Workspace: "local", ID: "lin"}
	if _, err := db.Enter(ctx, lin, "case", opening); err != nil {
		t.Fatal(err)
	}
	now := opening.Add(40 * 24 * time.Hour)
	for number, days := range map[string]int{"A-MOVING": 39, "B-SILENT": 2, "C-HELD": 39, "D-OVER": 2} {
		e := shipment.Event{Number: number, At: opening.Add(time.Duration(days) * 24 * time.Hour), TZKnown: true, Seen: now, Source: "s", Status: shipment.InTransit}
		switch number {
		case "C-HELD":
			e.Status, e.Sub, e.Exception = shipment.Customs, "import_hold", true
		case "D-OVER":
			e.Status = shipment.Closed
		}
		s, _ := shipment.Shipment{Number: number, Source: "s", Registered: opening}.Apply(e)
		if ok, err := db.PutShipment(ctx, watch.Watched{Tenant: lin.Tenant(), Case: "case", Shipment: s}); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	part, err := watch.List{Shipments: db, Now: func() time.Time { return now }}.Home(ctx, lin.Tenant(), "case")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range part.Needs {
		got = append(got, l.ID+" "+l.Args[0].Text)
	}
	if len(got) != 2 || got[0] != "shipment.push.exception_began C-HELD" || got[1] != "shipment.push.stale B-SILENT" {
		t.Errorf("needed: %q", got)
	}
}
