package clerk

import (
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"xiaobao/bot/flow"
)

// facts are the slots that a sheet reads, as far as they are known. Their values are canonical: the engine has read them.
type facts map[string]flow.Value

func (f facts) known(slot string) bool { _, ok := f[slot]; return ok }

func (f facts) text(slot string) string { return f[slot].Text }

func (f facts) yes(slot string) bool { return f[slot].Text == "yes" }

func (f facts) has(slot, option string) bool { return slices.Contains(f[slot].List, option) }

// number is a number, a quantity or an amount; nothing when it is not known.
func (f facts) number(slot string) decimal.Decimal { return number(f[slot].Text) }

func (f facts) whole(slot string) int {
	n, _ := strconv.Atoi(f[slot].Text)
	return n
}

// number reads a decimal as the engine writes it. What it did not write counts as nothing, and whoever reckons with it says so.
func number(text string) decimal.Decimal {
	d, err := decimal.NewFromString(text)
	if err != nil || d.Exponent() < -12 || d.Exponent() > 12 {
		return decimal.Zero
	}
	return d
}

// The columns of the tables that flows ask for; flows_test.go holds them against the flows.
var (
	lineColumns    = []string{"msku", "cartons", "units_per_carton", "quantity", "fnsku", "asin"}
	cartonColumns  = []string{"from", "to", "length", "width", "height", "kg", "msku", "quantity", "net_kg", "box_ids", "pallet", "marks", "batch", "expiry"}
	invoiceColumns = []string{"description", "hs", "origin", "quantity", "unit", "unit_price", "sku", "name_zh", "material", "use", "brand", "model", "net_kg",
		"export_hs", "elements", "source", "legal_units", "fnsku", "asin", "legal_units_2"}
	saleColumns = []string{"sku", "price", "price_source", "cost", "amount", "cost_source"}
)

// A row is one row of a table, by the names of its columns.
type row map[string]string

func (r row) whole(column string) int {
	n, _ := strconv.Atoi(r[column])
	return n
}

func (f facts) rows(slot string, columns []string) []row {
	out := make([]row, 0, len(f[slot].Rows))
	for _, cells := range f[slot].Rows {
		r := row{}
		for i, c := range columns {
			if i < len(cells) {
				r[c] = strings.TrimSpace(cells[i])
			}
		}
		out = append(out, r)
	}
	return out
}

// store is the store the goods go to: where the shipment is created for, or the first the seller aims at.
func (f facts) store() string {
	if s := f.text("destination"); s != "" {
		return s
	}
	if list := f["marketplaces"].List; len(list) > 0 {
		return list[0]
	}
	return ""
}

// units is how many units are sent, as far as anything says so: the shipment's plan, the invoice, or the first guess.
func (f facts) units() int {
	for _, table := range []struct {
		slot    string
		columns []string
	}{{"lines", lineColumns}, {"invoice_lines", invoiceColumns}} {
		n := 0
		for _, r := range f.rows(table.slot, table.columns) {
			n += r.whole("quantity")
		}
		if n > 0 {
			return n
		}
	}
	return f.whole("unit_count")
}
