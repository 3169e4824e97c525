package documents

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/code128"
	"github.com/shopspring/decimal"
)

// A label is the proof of one carton's label: what Amazon's own label will say, to be compared with it. It says on its face that it
// is a proof, because a third party may only print labels to Amazon's specification.
type label struct {
	proof    pairOf
	number   pairOf // Box 3 of 10
	id       string // of the box
	derived  pairOf // says that the id was worked out and only Amazon's label decides; empty when it was given
	bars     []bool // Code 128 of the id, a module each
	fields   []field
	from, to box
	contents []string
	marks    []pairOf
}

// mostLabels is how many proofs are drawn; a shipment with more has each carton in the table of the XLSX.
const mostLabels = 2000

// labelProof lays out a proof for each carton. Size and content follow what Amazon says of its labels (source A23): one for each
// box, 8.4 by 10.2 cm, on a flat face beside the carrier's label.
func (p *paper) labelProof() {
	f := p.f
	p.head = []field{p.field("amazon.shipment_id", f.Amazon.ShipmentID)}
	p.add(prose{texts: []pairOf{p.say("paper.proof"), p.say("paper.proof_how")}, loud: true})
	total := f.Sum().Boxes
	if total > mostLabels {
		p.add(prose{texts: []pairOf{p.say("paper.proof_most", count("Most", mostLabels), count("Count", total))}})
	}
	bySKU := map[string]*Line{}
	for i := range f.Lines {
		if l := &f.Lines[i]; bySKU[l.SKU] == nil {
			bySKU[l.SKU] = l
		}
	}
	from, to := p.party("exporter", &f.Exporter), p.party("consignee", &f.Consignee)
	from.title, to.title, from.fields, to.fields = p.say("label.from"), p.say("label.to"), nil, nil
	from.lines, to.lines = f.Exporter.lines(), f.Consignee.lines()
	limit := limitsOf(f.Destination)
	var all labels
	for i := range f.Cartons {
		c := &f.Cartons[i]
		for n := 0; n < c.Count() && len(all.list) < mostLabels; n++ {
			id, derived := f.BoxID(c, n)
			l := label{proof: p.say("label.proof"), number: p.say("label.box", count("Box", c.From+n), count("Of", total)), id: id, bars: bars(id), from: from, to: to}
			if derived {
				l.derived = p.say("label.derived")
			} else if id == "" {
				l.derived = p.say("label.no_id")
			}
			l.fields = known(p.field("amazon.shipment_id", either(c.ShipmentID, f.Amazon.ShipmentID)), p.field("amazon.name", f.Amazon.Name),
				p.field("amazon.created", f.Amazon.Created), p.field("amazon.centre", f.Amazon.Centre))
			if w := c.kg(c.Gross); w.IsPositive() {
				l.fields = append(l.fields, field{label: p.say("label.weight"), value: w.Round(2).String() + " kg"})
			}
			if s := size(c); s.text != "" {
				l.fields = append(l.fields, field{label: p.say("label.size"), value: s.text})
			}
			l.contents = p.contents(c, bySKU)
			l.marks = p.shouts(c, limit)
			all.list = append(all.list, l)
		}
	}
	if len(all.list) > 0 {
		p.add(all)
	}
}

// contents is what is in one carton: one SKU with its count, or how many SKUs and the first of them.
func (p *paper) contents(c *Carton, bySKU map[string]*Line) []string {
	var out []string
	if len(c.Contents) > 1 {
		out = append(out, p.say("label.mixed", count("SKUs", len(c.Contents)), count("Units", c.Units())).join())
	}
	for i, x := range c.Contents {
		if i == 4 {
			out = append(out, "…")
			break
		}
		s := fmt.Sprintf("%s × %d", either(x.SKU, "–"), x.Units)
		if l := bySKU[x.SKU]; l != nil && either(l.FNSKU, l.ASIN) != "" {
			s += "  " + either(l.FNSKU, l.ASIN)
		}
		if x.Expiry != "" {
			s += "  " + p.say("note.expiry").en + " " + x.Expiry
		}
		out = append(out, s)
	}
	return out
}

// shouts are the marks that belong on the carton beside the label.
func (p *paper) shouts(c *Carton, limit limits) []pairOf {
	kg := c.kg(c.Gross)
	var out []pairOf
	switch {
	case p.f.Destination == "US" && kg.GreaterThan(decimal.New(4536, -2)):
		out = append(out, pairOf{en: "MECH LIFT"})
	case p.f.Destination == "US" && kg.GreaterThan(limit.heavy):
		out = append(out, pairOf{en: "TEAM LIFT"})
	case p.f.Destination == "JP" && kg.GreaterThan(limit.heavy):
		out = append(out, pairOf{en: "重量超過"})
	case limit.heavy.IsPositive() && p.f.Destination != "US" && kg.GreaterThan(limit.heavy):
		out = append(out, pairOf{en: "HEAVY PACKAGE"})
	}
	origins := map[string]bool{}
	for _, l := range p.f.Lines {
		origins[l.Origin] = true
	}
	if len(origins) == 1 && len(p.f.Lines) > 0 && p.f.Lines[0].Origin != "" {
		name, _, _ := strings.Cut(country(p.f.Lines[0].Origin), " (")
		out = append(out, pairOf{en: "MADE IN " + strings.ToUpper(name)})
	}
	return out
}

// bars is the Code 128 symbol of a text, a module each, without the quiet zones; nil when it has none.
func bars(text string) []bool {
	if text == "" {
		return nil
	}
	img, err := code128.Encode(text)
	if err != nil {
		return nil
	}
	out := make([]bool, img.Bounds().Dx())
	for x := range out {
		r, _, _, _ := img.At(x, 0).RGBA()
		out[x] = r < 0x8000
	}
	return out
}
