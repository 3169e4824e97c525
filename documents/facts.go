package documents

import "github.com/shopspring/decimal"

// Facts are everything that stands on the papers of one shipment. Whatever is not known is left empty. The keys are those of the
// file that `xiaobao document` reads; docs/document.schema.json describes it. Days are written 2006-01-02, countries as ISO 3166
// alpha-2, currencies as ISO 4217.
type Facts struct {
	Reference   string `yaml:"reference" json:"reference,omitempty"`     // names the files
	Prepared    string `yaml:"prepared" json:"prepared,omitempty"`       // the day the papers are made: stands in their foot and their properties
	Destination string `yaml:"destination" json:"destination,omitempty"` // the country of the fulfilment centre

	Invoice      Header    `yaml:"invoice" json:"invoice"`
	Amazon       Amazon    `yaml:"amazon" json:"amazon"`
	Exporter     Party     `yaml:"exporter" json:"exporter"`         // the seller on the invoice
	Manufacturer Party     `yaml:"manufacturer" json:"manufacturer"` // when it is not the exporter
	Importer     Party     `yaml:"importer" json:"importer"`         // the importer of record: the buyer on the invoice
	Consignee    Party     `yaml:"consignee" json:"consignee"`       // "(your name) in care of FBA, (address of the centre)"
	Notify       Party     `yaml:"notify" json:"notify"`
	Transport    Transport `yaml:"transport" json:"transport"`
	Lines        []Line    `yaml:"lines" json:"lines,omitempty"`
	Cartons      []Carton  `yaml:"cartons" json:"cartons,omitempty"`
	Charges      []Charge  `yaml:"charges" json:"charges,omitempty"`
	Total        *Decimal  `yaml:"total" json:"total,omitempty"` // what another paper says the goods and charges come to; must agree
	Export       Export    `yaml:"export" json:"export"`         // the Chinese side
	Import       Import    `yaml:"import" json:"import"`         // the other side
	Dangerous    []Danger  `yaml:"dangerous" json:"dangerous,omitempty"`
	Signature    Signature `yaml:"signature" json:"signature"`
	Checks       []Item    `yaml:"checks" json:"checks,omitempty"` // of the checklist; none: those that belong to the facts
	Claim        Bundle    `yaml:"claim" json:"claim"`
	Japan        Japan     `yaml:"japan" json:"japan"`                 // what only an importer from elsewhere needs there
	Settings     []Setting `yaml:"settings" json:"settings,omitempty"` // what to type where the shipment is created
}

// Decimal is an exact number.
type Decimal = decimal.Decimal

// A Header is what an invoice says of itself.
type Header struct {
	Number      string `yaml:"number" json:"number,omitempty"`
	Date        string `yaml:"date" json:"date,omitempty"`
	Currency    string `yaml:"currency" json:"currency,omitempty"`
	Incoterm    string `yaml:"incoterm" json:"incoterm,omitempty"`
	Place       string `yaml:"place" json:"place,omitempty"`                 // the place the term names
	PlaceOfSale string `yaml:"place_of_sale" json:"place_of_sale,omitempty"` // where the goods were sold
	DateOfSale  string `yaml:"date_of_sale" json:"date_of_sale,omitempty"`
	Purpose     string `yaml:"purpose" json:"purpose,omitempty"` // "Goods for sale, not gifts or samples"
	Payment     string `yaml:"payment" json:"payment,omitempty"` // terms of payment
	Contract    string `yaml:"contract" json:"contract,omitempty"`
}

// Amazon is what Amazon calls the shipment.
type Amazon struct {
	ShipmentID string `yaml:"shipment_id" json:"shipment_id,omitempty"`
	Name       string `yaml:"name" json:"name,omitempty"`
	Store      string `yaml:"store" json:"store,omitempty"`     // such as amazon.com
	Centre     string `yaml:"centre" json:"centre,omitempty"`   // the fulfilment centre's code, such as ONT8
	Created    string `yaml:"created" json:"created,omitempty"` // the day the shipment was created
	SellerName string `yaml:"seller_name" json:"seller_name,omitempty"`
}

// A Party is a company on the papers.
type Party struct {
	Name    string   `yaml:"name" json:"name,omitempty"` // English, as registered
	NameZh  string   `yaml:"name_zh" json:"name_zh,omitempty"`
	Address []string `yaml:"address" json:"address,omitempty"` // English, a line each
	Country string   `yaml:"country" json:"country,omitempty"`
	Contact string   `yaml:"contact" json:"contact,omitempty"`
	Phone   string   `yaml:"phone" json:"phone,omitempty"`
	Email   string   `yaml:"email" json:"email,omitempty"`
	Numbers []Number `yaml:"numbers" json:"numbers,omitempty"`
}

// A Number identifies a company. Kind is one that the room identifier knows: uscc, cn_customs, ein, cbp_importer, eori, vat,
// ca_bn, jp_corporate.
type Number struct {
	Kind  string `yaml:"kind" json:"kind"`
	Value string `yaml:"value" json:"value"`
}

// Transport is how the goods travel.
type Transport struct {
	Mode         string `yaml:"mode" json:"mode,omitempty"`       // ocean, air, courier, rail, truck
	From         string `yaml:"from" json:"from,omitempty"`       // shipped from
	Loading      string `yaml:"loading" json:"loading,omitempty"` // port or airport of loading
	Entry        string `yaml:"entry" json:"entry,omitempty"`     // port or airport of entry
	Vessel       string `yaml:"vessel" json:"vessel,omitempty"`   // vessel and voyage, or flight
	Bill         string `yaml:"bill" json:"bill,omitempty"`       // bill of lading or air waybill
	Container    string `yaml:"container" json:"container,omitempty"`
	Departure    string `yaml:"departure" json:"departure,omitempty"`       // a day
	Stuffing     string `yaml:"stuffing" json:"stuffing,omitempty"`         // where the container was loaded (ISF)
	Consolidator string `yaml:"consolidator" json:"consolidator,omitempty"` // who loaded it (ISF)
	Carrier      string `yaml:"carrier" json:"carrier,omitempty"`
}

// A Line is a line of goods on the invoice.
type Line struct {
	SKU         string   `yaml:"sku" json:"sku,omitempty"` // the seller's
	FNSKU       string   `yaml:"fnsku" json:"fnsku,omitempty"`
	ASIN        string   `yaml:"asin" json:"asin,omitempty"`
	Description string   `yaml:"description" json:"description,omitempty"` // English: what it is, what it is made of, what it is for
	NameZh      string   `yaml:"name_zh" json:"name_zh,omitempty"`
	Material    string   `yaml:"material" json:"material,omitempty"`
	Use         string   `yaml:"use" json:"use,omitempty"`
	Brand       string   `yaml:"brand" json:"brand,omitempty"`
	Model       string   `yaml:"model" json:"model,omitempty"`
	HS          string   `yaml:"hs" json:"hs,omitempty"`               // the code in the country of destination
	ExportHS    string   `yaml:"export_hs" json:"export_hs,omitempty"` // the Chinese code, 10 or 13 digits
	Elements    string   `yaml:"elements" json:"elements,omitempty"`   // 申报要素
	Origin      string   `yaml:"origin" json:"origin,omitempty"`
	Source      string   `yaml:"source" json:"source,omitempty"` // 境内货源地
	Quantity    int      `yaml:"quantity" json:"quantity,omitempty"`
	Unit        string   `yaml:"unit" json:"unit,omitempty"` // PCS, SET, PAIR …
	UnitPrice   *Decimal `yaml:"unit_price" json:"unit_price,omitempty"`
	Total       *Decimal `yaml:"total" json:"total,omitempty"`             // when another paper says it; must be quantity times price
	NetKg       *Decimal `yaml:"net_kg" json:"net_kg,omitempty"`           // of the whole line
	LegalUnits  string   `yaml:"legal_units" json:"legal_units,omitempty"` // the statutory quantity with its unit, such as "84 kg"
	LegalUnits2 string   `yaml:"legal_units_2" json:"legal_units_2,omitempty"`
	Dangerous   bool     `yaml:"dangerous" json:"dangerous,omitempty"`
}

// A Carton is a range of equal cartons.
type Carton struct {
	From       int       `yaml:"from" json:"from,omitempty"` // the first carton's number
	To         int       `yaml:"to" json:"to,omitempty"`     // the last one's; 0: the same as From
	Length     Decimal   `yaml:"length" json:"length"`
	Width      Decimal   `yaml:"width" json:"width"`
	Height     Decimal   `yaml:"height" json:"height"`
	Unit       string    `yaml:"unit" json:"unit,omitempty"`               // of the sides: mm, cm, m, in; empty: cm
	Gross      Decimal   `yaml:"gross" json:"gross"`                       // of one carton
	Net        *Decimal  `yaml:"net" json:"net,omitempty"`                 // of one carton
	WeightUnit string    `yaml:"weight_unit" json:"weight_unit,omitempty"` // g, kg, lb; empty: kg
	Contents   []Content `yaml:"contents" json:"contents,omitempty"`       // of one carton
	Pallet     string    `yaml:"pallet" json:"pallet,omitempty"`
	Marks      string    `yaml:"marks" json:"marks,omitempty"`
	ShipmentID string    `yaml:"shipment_id" json:"shipment_id,omitempty"` // when it is not the papers' one
	BoxIDs     []string  `yaml:"box_ids" json:"box_ids,omitempty"`         // one for each carton, from Amazon's labels
}

// A Content is how many units of one SKU are in one carton.
type Content struct {
	SKU    string `yaml:"sku" json:"sku"`
	Units  int    `yaml:"units" json:"units"`
	Batch  string `yaml:"batch" json:"batch,omitempty"`
	Expiry string `yaml:"expiry" json:"expiry,omitempty"`
}

// A Charge is an amount beside the goods. Freight, insurance and the like are shown separately so that they can be left out of the
// base of duty; discounts and rebates are taken off; assists (what the buyer gave to the making) are only named.
type Charge struct {
	Kind     string  `yaml:"kind" json:"kind"` // freight, insurance, packing, inland, commission, other, discount, rebate, assist
	Name     string  `yaml:"name" json:"name,omitempty"`
	Amount   Decimal `yaml:"amount" json:"amount"`
	Included bool    `yaml:"included" json:"included,omitempty"` // already in the prices of the lines: shown, not added
}

// Export is what the Chinese export declaration asks for.
type Export struct {
	Supervision  string `yaml:"supervision" json:"supervision,omitempty"`     // 9810, 0110, 9710, 9610
	Exemption    string `yaml:"exemption" json:"exemption,omitempty"`         // 征免性质
	Declaration  string `yaml:"declaration" json:"declaration,omitempty"`     // 18 digits, once there is one
	Declarant    string `yaml:"declarant" json:"declarant,omitempty"`         // 申报单位
	TradeCountry string `yaml:"trade_country" json:"trade_country,omitempty"` // 贸易国
	PortTo       string `yaml:"port_to" json:"port_to,omitempty"`             // 指运港
	ExitPort     string `yaml:"exit_port" json:"exit_port,omitempty"`         // 离境口岸
	Packaging    string `yaml:"packaging" json:"packaging,omitempty"`         // 包装种类, such as cartons
	Relation     string `yaml:"relation" json:"relation,omitempty"`           // 特殊关系确认: yes or no
	Influence    string `yaml:"influence" json:"influence,omitempty"`         // 价格影响确认
	Royalties    string `yaml:"royalties" json:"royalties,omitempty"`         // 特许权使用费确认
	Refund       string `yaml:"refund" json:"refund,omitempty"`               // whether the export VAT is refunded: yes or no
}

// Import is what the entry on the other side asks for.
type Import struct {
	Procedure      string `yaml:"procedure" json:"procedure,omitempty"`           // EU, UK: 4000, 4200 …
	Representation string `yaml:"representation" json:"representation,omitempty"` // EU, UK: direct or indirect
	Bond           string `yaml:"bond" json:"bond,omitempty"`                     // US: continuous or single
	Agencies       string `yaml:"agencies" json:"agencies,omitempty"`             // US: data for FDA, CPSC …
	ISF            string `yaml:"isf" json:"isf,omitempty"`                       // US, ocean: when and by whom it is filed
	ENS            string `yaml:"ens" json:"ens,omitempty"`                       // EU, UK: who files it
	ACP            string `yaml:"acp" json:"acp,omitempty"`                       // Japan: the attorney for customs procedures
	Valuation      string `yaml:"valuation" json:"valuation,omitempty"`           // Japan: deductive or transaction
	TaxClass       string `yaml:"tax_class" json:"tax_class,omitempty"`           // Japan
	Postponed      string `yaml:"postponed" json:"postponed,omitempty"`           // UK: whether import VAT is postponed: yes or no
	Costs          string `yaml:"costs" json:"costs,omitempty"`                   // EU, UK: transport and insurance to the border, as declared
}

// Danger is what a carrier asks about dangerous goods.
type Danger struct {
	SKU         string   `yaml:"sku" json:"sku,omitempty"`
	UN          string   `yaml:"un" json:"un,omitempty"`
	Name        string   `yaml:"name" json:"name,omitempty"` // proper shipping name
	Class       string   `yaml:"class" json:"class,omitempty"`
	Group       string   `yaml:"group" json:"group,omitempty"`             // packing group
	Instruction string   `yaml:"instruction" json:"instruction,omitempty"` // PI967_SECTION_II …
	Battery     string   `yaml:"battery" json:"battery,omitempty"`         // ion or metal: in_equipment, with_equipment, standalone
	WattHours   *Decimal `yaml:"watt_hours" json:"watt_hours,omitempty"`
	Papers      []string `yaml:"papers" json:"papers,omitempty"` // what is at hand: SDS, UN38.3 …
}

// Signature is who signs.
type Signature struct {
	Name  string `yaml:"name" json:"name,omitempty"`
	Title string `yaml:"title" json:"title,omitempty"`
	Date  string `yaml:"date" json:"date,omitempty"`
	Place string `yaml:"place" json:"place,omitempty"`
}

// An Item is one entry of the checklist. ID names one of those that the catalogues know (documents.check.<id>); Text and TextZh
// are an entry of one's own.
type Item struct {
	ID     string `yaml:"id" json:"id,omitempty"`
	Text   string `yaml:"text" json:"text,omitempty"`
	TextZh string `yaml:"text_zh" json:"text_zh,omitempty"`
	Done   bool   `yaml:"done" json:"done,omitempty"`
	Note   string `yaml:"note" json:"note,omitempty"`
}

// A Bundle is what the index of a claim lists.
type Bundle struct {
	Situation string     `yaml:"situation" json:"situation,omitempty"` // one sentence: what happened
	Request   string     `yaml:"request" json:"request,omitempty"`     // exactly what is asked for
	CaseID    string     `yaml:"case_id" json:"case_id,omitempty"`     // Amazon's, when there is one already
	Delivered string     `yaml:"delivered" json:"delivered,omitempty"` // a day
	Deadline  string     `yaml:"deadline" json:"deadline,omitempty"`   // the last day for the claim, as the seller's own page says
	Counts    []Count    `yaml:"counts" json:"counts,omitempty"`
	Evidence  []Evidence `yaml:"evidence" json:"evidence,omitempty"`
}

// A Count compares what was sent with what was received.
type Count struct {
	SKU      string `yaml:"sku" json:"sku"`
	FNSKU    string `yaml:"fnsku" json:"fnsku,omitempty"`
	Sent     int    `yaml:"sent" json:"sent"`
	Received int    `yaml:"received" json:"received"`
	Damaged  int    `yaml:"damaged" json:"damaged,omitempty"`
}

// A Setting is a field of the page on which the shipment is created, and what to type there. An empty value is still to be found.
type Setting struct {
	Text    string `yaml:"text" json:"text"`
	TextZh  string `yaml:"text_zh" json:"text_zh,omitempty"`
	Value   string `yaml:"value" json:"value,omitempty"`
	ValueZh string `yaml:"value_zh" json:"value_zh,omitempty"`
}

// An Evidence is one piece of a bundle. ID names one that the catalogues know (documents.evidence.<id>).
type Evidence struct {
	ID     string `yaml:"id" json:"id,omitempty"`
	Text   string `yaml:"text" json:"text,omitempty"`
	TextZh string `yaml:"text_zh" json:"text_zh,omitempty"`
	File   string `yaml:"file" json:"file,omitempty"` // its name in the bundle; empty: still missing
	Date   string `yaml:"date" json:"date,omitempty"`
	Note   string `yaml:"note" json:"note,omitempty"`
}
