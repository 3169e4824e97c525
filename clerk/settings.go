package clerk

import (
	"errors"
	"strings"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/documents"
)

// settingSlots are what is typed into Seller Central, in the order of its pages.
var settingSlots = []string{
	"destination", "route", "origin_city", "cargo_ready_date", "incoterm", "service_level", "delivery_window", "pay_currency",
	"ship_from_name", "ship_from_address", "ship_from_city", "ship_from_state", "ship_from_postcode", "ship_from_phone",
	"carton_size", "carton_weight", "prep_done_by", "label_done_by", "placement", "box_content", "eor_name", "ior_name_en",
}

// always are those that stand on the sheet even when nobody has said them yet: they are marked.
var always = map[string]bool{"destination": true, "route": true, "origin_city": true, "cargo_ready_date": true, "incoterm": true,
	"ship_from_name": true, "ship_from_address": true, "ship_from_city": true, "ship_from_phone": true, "ior_name_en": true}

// settings makes the configuration sheet of step 6 as PDF and as XLSX.
func (j *job) settings() error {
	f := documents.Facts{Prepared: j.on.String(), Destination: isoCountry(j.facts.store()), Amazon: documents.Amazon{ShipmentID: j.facts.text("shipment_id")}}
	for _, slot := range settingSlots {
		if v, known := j.facts[slot]; known || always[slot] {
			f.Settings = append(f.Settings, documents.Setting{
				Text: j.in("en", "slot."+slot+".label"), TextZh: j.in("zh-Hans", "slot."+slot+".label"), Value: j.valueIn("en", slot, v), ValueZh: j.valueIn("zh-Hans", slot, v),
			})
		}
	}
	next := 1
	for _, r := range j.facts.rows("lines", lineColumns) {
		n := r.whole("cartons")
		f.Lines = append(f.Lines, documents.Line{SKU: r["msku"], FNSKU: r["fnsku"], ASIN: r["asin"], Quantity: r.whole("quantity")})
		f.Cartons = append(f.Cartons, documents.Carton{From: next, To: next + n - 1, Contents: []documents.Content{{SKU: r["msku"], Units: r.whole("units_per_carton")}}})
		next += n
	}
	title := j.Words.Say(j.Lang, j.Zone, flow.Say("sheet."+j.sheets[0]))
	j.heading(title)
	for _, format := range []documents.Format{documents.PDF, documents.XLSX} {
		file, err := j.draw(documents.Configuration, f, format)
		if refusal, is := errors.AsType[*documents.Refusal](err); is {
			j.paragraph(bot.Bad, j.ui("contradiction"))
			for _, x := range refusal.Findings {
				j.list(bot.Missing, j.Sentence(x.Says))
			}
			return nil
		}
		if u, is := errors.AsType[*documents.Unprintable](err); is {
			j.paragraph(bot.Warn, j.ui("unprintable", flow.Text("Characters", string(u.Characters)), flow.Text("In", strings.Join(u.In, " · "))))
			continue
		}
		if err != nil {
			return err
		}
		j.out.Files = append(j.out.Files, bot.Document{Name: file.Name, Type: file.Type, Data: file.Data, Note: title})
	}
	j.paragraph(bot.Plain, j.ui("settings"))
	return nil
}

// in says a message in a language.
func (j *job) in(lang, id string) string { return j.Words.Say(lang, j.Zone, flow.Say(id)) }

// valueIn writes an answer in a language: a choice by its label, sizes and weights with their unit.
func (j *job) valueIn(lang, slot string, v flow.Value) string {
	for _, id := range []string{"option." + slot + "." + v.Text, "option.store." + v.Text, "option.currency." + v.Text} {
		if v.Text != "" && j.Words.Has(lang, id) {
			return j.in(lang, id)
		}
	}
	if len(v.List) > 0 {
		return strings.TrimSpace(strings.Join(v.List, " × ") + " " + v.Unit)
	}
	return strings.TrimSpace(v.Text + " " + v.Unit)
}
