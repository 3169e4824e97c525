package bot

import (
	"context"
	"fmt"

	"xiaobao/bot/flow"
)

// A Suggestion is something of a case that somebody may mean by what they have typed so far.
type Suggestion struct {
	Value string // what is taken when it is chosen; everything in it is checked again then, because people may type anything
	Label flow.Line
}

// A SuggestFunc finds what of a case's own begins with a query or holds it, the likeliest first, at most n. It only reads, and
// must be quick: somebody is typing.
type SuggestFunc func(ctx context.Context, tenant, caseID, query string, n int) ([]Suggestion, error)

// mostSuggested is as many as networks show.
const mostSuggested = 25

// Offer registers what can be suggested under a kind: "shipment". It must be used before Run.
func (b *Bot) Offer(what string, f SuggestFunc) { b.offers[what] = f }

// Suggest lists what of a person's own fits what they have typed so far, in the language the network reported: for places that can
// show it while somebody types. Nothing of anybody else's case is ever in it. A kind that nobody offers has no suggestions.
func (b *Bot) Suggest(ctx context.Context, u User, what, query string) ([]Option, error) {
	f := b.offers[what]
	if f == nil || u.ID == "" {
		return nil, nil
	}
	m, err := b.Store.Enter(ctx, u, b.NewID(), b.Now())
	if err != nil {
		return nil, fmt.Errorf("bot: find the case of somebody who types: %w", err)
	}
	found, err := f(ctx, u.Tenant(), m.Case, query, mostSuggested)
	if err != nil {
		return nil, fmt.Errorf("bot: suggest: %w", err)
	}
	out := make([]Option, 0, len(found))
	for _, s := range found[:min(len(found), mostSuggested)] {
		out = append(out, Option{Value: s.Value, Label: b.Words.Say(u.Language, u.Zone, s.Label)})
	}
	return out, nil
}
