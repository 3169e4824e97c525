package spapi

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"xiaobao/bot"
	"xiaobao/bot/flow"
)

// mostOrders is how many buyers one call asks: two requests each, at one a second.
const mostOrders = 20

// Calls are the calls this room answers, for bot.Config. A nil source answers them too: with how to do it by hand.
//
//	amazon.ask     orders   ask the buyers of these orders for feedback and a review, where Amazon allows it
//	amazon.voices  items    what buyers say about these ASINs
//
// Both answer with a sheet, and amazon.ask with the slot asked_buyers, how many were asked. Doing one again asks nobody twice.
func Calls(s *Source) map[string]bot.CallFunc {
	c := calls{s}
	return map[string]bot.CallFunc{"amazon.ask": c.ask, "amazon.voices": c.voices}
}

type calls struct{ source *Source }

func (c calls) ask(ctx context.Context, d bot.Delivery) (bot.Returned, error) {
	orders := split(d.Call.Args["orders"])
	sheet := flow.Sheet{ID: "amazon.asked", Flow: "feedback", Step: 10, Title: flow.Say("amazon.asked.title"), Made: d.Decided}
	if c.source == nil {
		sheet.Parts = []flow.Part{{Text: []flow.Line{flow.Say("amazon.asked.by_hand")}}}
		return returned(d, sheet, map[string]string{"asked_buyers": "0"}), nil
	}
	table := &flow.Table{Head: []flow.Line{flow.Say("amazon.asked.order"), flow.Say("amazon.asked.result")}}
	asked, byHand := 0, false
	for _, order := range orders[:min(len(orders), mostOrders)] {
		what, err := c.source.Ask(ctx, order)
		if ctx.Err() != nil {
			return bot.Returned{}, ctx.Err()
		}
		if err != nil {
			c.source.log.InfoContext(ctx, "a buyer could not be asked", "result", string(what), "error", err)
		}
		if what == AskedNow {
			asked++
		}
		byHand = byHand || what == AskedDenied || what == AskedFailed
		table.Rows = append(table.Rows, []flow.Line{value(flow.Text("Value", order)), flow.Say("amazon.asked." + string(what))})
	}
	part := flow.Part{Table: table, Text: []flow.Line{flow.Say("amazon.asked.note")}}
	if byHand {
		part.Text = append(part.Text, flow.Say("amazon.asked.by_hand"))
	}
	if len(orders) > mostOrders {
		part.Text = append(part.Text, flow.Say("amazon.asked.more", number("Count", len(orders)-mostOrders)))
	}
	sheet.Parts = []flow.Part{part}
	return returned(d, sheet, map[string]string{"asked_buyers": strconv.Itoa(asked)}), nil
}

func (c calls) voices(ctx context.Context, d bot.Delivery) (bot.Returned, error) {
	sheet := flow.Sheet{ID: "amazon.voices", Flow: "feedback", Step: 10, Title: flow.Say("amazon.voices.title"), Made: d.Decided}
	if c.source == nil {
		sheet.Parts = []flow.Part{{Text: []flow.Line{flow.Say("amazon.voices.by_hand")}}}
		return returned(d, sheet, nil), nil
	}
	items := split(d.Call.Args["items"])
	for _, asin := range items[:min(len(items), mostItems)] {
		v, err := c.source.Voices(ctx, asin)
		switch {
		case ctx.Err() != nil:
			return bot.Returned{}, ctx.Err()
		case err == nil:
			sheet.Parts = append(sheet.Parts, v.parts()...)
			continue
		case !errors.Is(err, ErrNoVoices):
			c.source.log.InfoContext(ctx, "what buyers say was not to be had", "error", err)
		}
		word := "amazon.voices.none"
		switch {
		case errors.Is(err, ErrDenied), errors.Is(err, ErrStopped):
			word = "amazon.voices.denied"
		case !errors.Is(err, ErrNoVoices):
			word = "amazon.voices.failed"
		}
		sheet.Parts = append(sheet.Parts, flow.Part{Text: []flow.Line{flow.Say(word, flow.Text("Item", asin))}})
	}
	return returned(d, sheet, nil), nil
}

// mostItems is how many items one call asks about: one request each for every marketplace.
const mostItems = 5

// parts are a heading and two tables: what buyers like and what they do not.
func (v Voices) parts() []flow.Part {
	head := flow.Say("amazon.voices.item", flow.Text("Item", v.ASIN), flow.Text("Country", v.Country), flow.Date("From", v.From), flow.Date("To", v.To))
	parts := []flow.Part{{Heading: &head, Text: []flow.Line{flow.Say("amazon.voices.note")}}}
	for _, side := range []struct {
		word string
		list []Voice
	}{{"amazon.voices.bad", v.Bad}, {"amazon.voices.good", v.Good}} {
		if len(side.list) == 0 {
			continue
		}
		heading := flow.Say(side.word)
		t := &flow.Table{Head: []flow.Line{flow.Say("amazon.voices.topic"), flow.Say("amazon.voices.mentions"), flow.Say("amazon.voices.said")}}
		for _, x := range side.list[:min(len(side.list), 5)] {
			said := flow.Line{}
			if len(x.Snippets) > 0 {
				said = value(flow.Text("Value", x.Snippets[0]))
			}
			t.Rows = append(t.Rows, []flow.Line{value(flow.Text("Value", x.Topic)), value(number("Value", x.Mentions)), said})
		}
		parts = append(parts, flow.Part{Heading: &heading, Table: t})
	}
	return parts
}

func returned(d bot.Delivery, sheet flow.Sheet, values map[string]string) bot.Returned {
	return bot.Returned{Tenant: d.Tenant, Case: d.Case, Call: *d.Call, Values: values, Show: &flow.Show{Sheet: sheet}}
}

// value is a line that is nothing but a value.
func value(a flow.Arg) flow.Line { return flow.Say("value.known", a) }

func number(name string, n int) flow.Arg { return flow.Number(name, strconv.Itoa(n)) }

func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '，' || r == '、' || r == '|' })
}
