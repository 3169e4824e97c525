package landedcost

import (
	"slices"
	"strings"
)

// An Incoterm is one of the eleven terms of Incoterms 2020.
type Incoterm string

// The terms.
const (
	EXW Incoterm = "EXW"
	FCA Incoterm = "FCA"
	FAS Incoterm = "FAS"
	FOB Incoterm = "FOB"
	CFR Incoterm = "CFR"
	CIF Incoterm = "CIF"
	CPT Incoterm = "CPT"
	CIP Incoterm = "CIP"
	DAP Incoterm = "DAP"
	DPU Incoterm = "DPU"
	DDP Incoterm = "DDP"
)

// Incoterms lists all eleven, from the least to the most that the shipper pays.
func Incoterms() []Incoterm {
	return []Incoterm{EXW, FCA, FAS, FOB, CFR, CIF, CPT, CIP, DAP, DPU, DDP}
}

// ParseIncoterm reads a term in any case. DDU, which Incoterms no longer knows, is DAP.
func ParseIncoterm(text string) (Incoterm, bool) {
	t := Incoterm(strings.ToUpper(strings.TrimSpace(text)))
	if t == "DDU" {
		t = DAP
	}
	return t, slices.Contains(Incoterms(), t)
}

// A Payer is the side of the sale that pays for a line under the term. Who of them is the importer answers for duty and tax
// whatever the term says.
type Payer string

// The payers.
const (
	Shipper  Payer = "shipper"
	Receiver Payer = "receiver"
	Agreed   Payer = "agreed" // it depends on the place that the term names, or on the contract of carriage
	Nobody   Payer = ""       // the goods themselves: that is the price
)

// payers says who pays for a stage, one letter for each term of Incoterms: s shipper, r receiver, a as agreed. After the
// allocation of costs (A9/B9) of each rule of Incoterms 2020. Inbound is between the account's owner and the marketplace.
var payers = map[Stage]string{
	// in the order of Incoterms: E, three F, four C, three D
	Packaging:   "sssssssssss",
	PreCarriage: "rasssssssss",
	Export:      "rssssssssss",
	Origin:      "rrrssssssss",
	Freight:     "rrrrsssssss",
	Insured:     "rrrrrsrssss",
	Dutied:      "rrrrrrrrrrs",
	Fees:        "rrrrrrrrrrs",
	Tax:         "rrrrrrrrrrs",
	Clearance:   "rrrrrrrrrrs",
	Destination: "rrrraaaasss",
	Delivery:    "rrrrrraasss",
	Inbound:     "rrrrrrrrrrr",
}

// WhoPays says which side pays for a stage under a term.
func WhoPays(term Incoterm, stage Stage) Payer {
	row, i := payers[stage], slices.Index(Incoterms(), term)
	if row == "" || i < 0 {
		return Nobody
	}
	return map[byte]Payer{'s': Shipper, 'r': Receiver, 'a': Agreed}[row[i]]
}
