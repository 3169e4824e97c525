// Package clerktest lends tests a clerk that works from the example card, as the program does without a card of an operator.
package clerktest

import (
	"testing"

	"xiaobao/bot"
	"xiaobao/clerk"
	"xiaobao/docs"
	"xiaobao/documents"
	"xiaobao/landedcost"
)

// Calls are what the clerk answers, in those words, with sources from that library.
func Calls(t testing.TB, words clerk.Words, library bot.Library) map[string]bot.CallFunc {
	t.Helper()
	card, err := landedcost.ReadCard([]byte(docs.RatesExample))
	if err != nil {
		t.Fatal(err)
	}
	return clerk.New(clerk.Config{Cards: []*landedcost.Card{card}, Words: words, Library: library, Fonts: documents.Fonts}).Calls()
}
