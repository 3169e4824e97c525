package clerk_test

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/docs"
)

// TestPaymentsAddUp: what is paid at each moment adds up to the whole way, which is what the estimate says without the goods; nothing is
// left out and nothing stands twice.
func TestPaymentsAddUp(t *testing.T) {
	for _, name := range []string{"estimate", "estimate-germany", "calendar-send", "calendar-no-code"} {
		facts := factsOf(t, name)
		r := ask(t, newClerk(t, docs.RatesExample), "estimate.calendar", "pay.payments", "en", facts, december)
		var table *bot.Table
		for _, b := range r.Shown {
			if b.Kind == bot.Grid {
				table = b.Table
			}
		}
		if table == nil || len(table.Rows) < 4 {
			t.Fatalf("%s: %+v", name, r.Shown)
		}
		if !strings.HasPrefix(table.Head[2], "Estimate, ") {
			t.Errorf("%s: the column does not say in which money: %q", name, table.Head)
		}
		var total decimal.Decimal
		for i, row := range table.Rows {
			if row[2] == "not known" {
				continue
			}
			amount, err := decimal.NewFromString(strings.ReplaceAll(row[2], ",", ""))
			if err != nil {
				t.Fatalf("%s: %q", name, row)
			}
			if i < len(table.Rows)-1 {
				total = total.Add(amount)
			} else if !total.Equal(amount) {
				t.Errorf("%s: %s in all, and the lines come to %s", name, amount, total)
			}
		}
	}
}

// TestPostponed: import tax that goes on a return is not paid at import, and the calendar says so.
func TestPostponed(t *testing.T) {
	for lang, want := range map[string]string{"en": "On your VAT return, not at the border", "zh-Hans": "随增值税申报缴纳，进口时不付"} {
		for _, postponed := range []string{"yes", "no", ""} {
			facts := factsOf(t, "calendar-germany")
			facts["vat_postponed"] = flow.Value{Text: postponed}
			r := ask(t, newClerk(t, docs.RatesExample), "estimate.calendar", "pay.payments", lang, facts, december)
			said := 0
			for _, b := range r.Shown {
				if b.Kind != bot.Grid {
					continue
				}
				for _, row := range b.Table.Rows {
					if strings.Contains(row[1], want) {
						said++
						if row[2] != "276.37" {
							t.Errorf("%s: postponed is %q", lang, row)
						}
					}
				}
			}
			if (said == 1) != (postponed == "yes") || said > 1 {
				t.Errorf("%s, %q: said %d times", lang, postponed, said)
			}
		}
	}
}
