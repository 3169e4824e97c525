package main

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xiaobao/adapters/spapi"
	"xiaobao/bot"
	"xiaobao/clerk"
	"xiaobao/flows"
	"xiaobao/shipment/intake"
	"xiaobao/shipment/watch"
)

// TestCallsThatFlowsMayMake: what an author may name is what the rooms of the house answer, no more and no less.
func TestCallsThatFlowsMayMake(t *testing.T) {
	var answered []string
	for _, room := range []map[string]bot.CallFunc{
		new(watch.Watch).Calls(), watch.List{}.Calls(), new(intake.Intake).Calls(), spapi.Calls(nil), clerk.New(clerk.Config{}).Calls(),
	} {
		answered = slices.AppendSeq(answered, maps.Keys(room))
	}
	slices.Sort(answered)
	if d := cmp.Diff(answered, flows.Calls()); d != "" {
		t.Errorf("-answered +flows may call:\n%s", d)
	}
}
