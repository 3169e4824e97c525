package intake_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/bot"
	"xiaobao/locales"
	"xiaobao/shipment"
	"xiaobao/shipment/intake"
	"xiaobao/shipment/table"
	"xiaobao/shipment/watch"
	"xiaobao/store"
)

var (
	ctx  = context.Background()
	noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	user = bot.User{Network: "web", Workspace: "local", ID: "ann", Name: "Ann", Language: "en"}
)

// A room is the intake on a real database, with a case in it.
type room struct {
	t  *testing.T
	db *store.Store
	k  *intake.Intake
	id string
}

func newRoom(t *testing.T) *room {
	t.Helper()
	db, err := store.Open(ctx, filepath.Join(t.TempDir(), "x.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	id, err := db.Join(ctx, user, "case", noon)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Apply(ctx, bot.Key{Tenant: user.Tenant(), Case: id, Event: "e"}, noon, func([]byte) (bot.Turn, error) { return bot.Turn{State: []byte("{}")}, nil }); err != nil {
		t.Fatal(err)
	}
	w := watch.New(db, func(context.Context, bot.Incoming) error { return nil }, func() time.Time { return noon }, slog.New(slog.NewTextHandler(io.Discard, nil)))
	return &room{t, db, &intake.Intake{Watch: w, Drafts: db.Notes("import"), Now: func() time.Time { return noon }}, id}
}

func (r *room) call(name, id string, args map[string]string, body []byte) bot.Returned {
	r.t.Helper()
	got, err := r.k.Calls()[name](ctx, bot.Delivery{Tenant: user.Tenant(), Case: r.id, Decided: noon, Call: &bot.Call{ID: id, Name: name, By: user.Key(), From: user, Args: args, Body: body}})
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

func (r *room) hand(id, text string) bot.Returned {
	body, _ := json.Marshal(intake.Handed{Name: "t.csv", Data: []byte(text)})
	return r.call("import.preview", id, nil, body)
}

func (r *room) apply(id string) bot.Returned {
	return r.call("import.apply", id+"-yes", map[string]string{"id": id}, nil)
}

func (r *room) undo(id string) bot.Returned {
	return r.call("import.undo", id+"-no", map[string]string{"id": id}, nil)
}

// shipments is what the case follows, without versions.
func (r *room) shipments() (all []watch.Watched) {
	r.t.Helper()
	all, err := r.db.CaseShipments(ctx, user.Tenant(), r.id, 1000)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := range all {
		all[i].Version, all[i].Due, all[i].Look, all[i].Pending = 0, time.Time{}, time.Time{}, nil
	}
	return all
}

// TestUndoIsAsBefore: whatever was there before an import is there after it was taken back, exactly; each call comes twice.
func TestUndoIsAsBefore(t *testing.T) {
	r := newRoom(t)
	event := shipment.Event{Number: "OLD12345", At: noon.Add(-3 * time.Hour), TZKnown: true, Seen: noon.Add(-2 * time.Hour), Status: shipment.InTransit, Source: "hook"}
	for _, n := range []string{"OLD12345", "OLD12346"} {
		s, _ := shipment.Shipment{Number: n, Source: "hook", Registered: noon.Add(-24 * time.Hour)}.Apply(event)
		if ok, err := r.db.PutShipment(ctx, watch.Watched{Tenant: user.Tenant(), Case: r.id, Shipment: s}); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	before := r.shipments()
	const tables = "number,time,zone,status,exception\nOLD12345,2026-11-26 11:00,Z,customs,yes\nNEW12345,2026-11-26 10:00,Z,delivered,\nOLD12345,2026-11-26 09:00,Z,in transit,\n"
	for i, text := range []string{"单号\nOLD12345\nNEW12345\nNEW12346\n", tables} {
		id := fmt.Sprint("draft", i)
		for range 2 {
			if got := r.hand(id, text); got.Fault != "" || len(got.Show.Actions) != 1 {
				t.Fatalf("%+v", got)
			}
		}
		if d := cmp.Diff(before, r.shipments()); d != "" {
			t.Errorf("a preview changed something:\n%s", d)
		}
		for range 2 {
			if got := r.apply(id); got.Fault != "" {
				t.Fatal(got.Fault)
			}
		}
		after := r.shipments()
		if len(after) <= len(before) {
			t.Errorf("%d shipments after the import", len(after))
		}
		if i == 1 {
			s := after[slices.IndexFunc(after, func(x watch.Watched) bool { return x.Shipment.Number == "OLD12345" })].Shipment
			if s.Now() != shipment.Customs || !s.Exception || len(s.Events) != 2 || s.Source != "hook" {
				t.Errorf("what was told: %+v", s)
			}
		}
		for range 2 {
			if got := r.undo(id); got.Fault != "" {
				t.Fatal(got.Fault)
			}
		}
		if d := cmp.Diff(before, r.shipments()); d != "" {
			t.Errorf("taken back (-before +after):\n%s", d)
		}
		if got := r.apply(id); got.Fault != "shipment.import.fault.undone" {
			t.Errorf("what was taken back was done again: %+v", got)
		}
	}
}

// TestForeignDraft: a name is worth nothing in another case.
func TestForeignDraft(t *testing.T) {
	r := newRoom(t)
	r.hand("draft", "单号\nNEW12345\n")
	other := *r
	other.id = "another"
	for _, got := range []bot.Returned{other.apply("draft"), other.undo("draft"), r.apply("nothing"), r.undo("nothing")} {
		if got.Fault != "shipment.import.fault.gone" {
			t.Errorf("%+v", got)
		}
	}
	if got := r.undo("draft"); got.Fault != "shipment.import.fault.not_done" {
		t.Errorf("%+v", got)
	}
	if got := r.hand("none", "a,b\n1,2\n"); got.Fault != "shipment.import.fault.no_table" {
		t.Errorf("%+v", got)
	}
	if len(r.shipments()) > 0 {
		t.Error("something was done")
	}
}

// TestHostileCells: what stands in a cell never becomes a formula, a line or a picture of something else on its way out.
func TestHostileCells(t *testing.T) {
	got, err := table.Read([]byte("number,note\n\"=cmd|'/C calc'!A0\",x\n\"A1\u202e\nB\",y\n@SUM(1),z\n"), noon)
	if err != nil {
		t.Fatal(err)
	}
	show := intake.Preview(got, "=evil.csv", 0, noon)
	if !slices.Contains(show.Files, "csv") {
		t.Error("no report of the mistakes") // bot writes it, and puts an apostrophe before what would be a formula
	}
	for _, part := range show.Sheet.Parts {
		if part.Table == nil {
			continue
		}
		for _, row := range part.Table.Rows {
			for _, c := range row {
				for _, a := range c.Args {
					if strings.ContainsAny(a.Text, "\n\r\u202e") {
						t.Errorf("%q", a.Text)
					}
				}
			}
		}
	}
}

// TestWords: every word is there in both languages, and every mistake has one.
func TestWords(t *testing.T) {
	words, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range words.Languages() {
		for _, id := range intake.Messages() {
			if !words.Has(lang, id) {
				t.Errorf("%s: %s is missing", lang, id)
			}
		}
		for _, code := range table.Codes() {
			f := table.Fault{Line: 3, Code: code}
			if code == "number_twice" {
				f.Other = 2
			}
			if said := words.Say(lang, "", intake.Problem(f)); said == "" || strings.Contains(said, "<no value>") || strings.Contains(said, "{{") {
				t.Errorf("%s %s: %q", lang, code, said)
			}
		}
	}
}

// broken is a store of drafts that is out of order.
type broken struct{}

func (broken) Keep(context.Context, string, bot.User, []byte, time.Time, time.Time) error {
	return errors.New("no")
}
func (broken) Find(context.Context, string, time.Time) ([]byte, error) { return nil, errors.New("no") }

// TestNothingIsDoneThatIsNotKept: without its draft an import has no name, so nothing is begun.
func TestNothingIsDoneThatIsNotKept(t *testing.T) {
	r := newRoom(t)
	r.k.Drafts = broken{}
	for name := range r.k.Calls() {
		body, _ := json.Marshal(intake.Handed{Name: "t.csv", Data: []byte("单号\nNEW12345\n")})
		_, err := r.k.Calls()[name](ctx, bot.Delivery{Tenant: user.Tenant(), Case: r.id, Decided: noon, Call: &bot.Call{ID: "x", From: user, Args: map[string]string{"id": "x"}, Body: body}})
		if (err == nil) != (name == "import.begin") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(r.shipments()) > 0 {
		t.Error("something was done")
	}
}
