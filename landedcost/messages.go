package landedcost

import "strings"

// said are the messages that sentences of this package name, without their prefix.
const said = `
formula.bond formula.border_share formula.by_value formula.deductive formula.flat formula.goods formula.goods_whole formula.gst formula.informal formula.insurance
formula.insurance_simple formula.jp_cut formula.jp_duty formula.jp_local formula.jp_tax formula.maximum formula.minimum
formula.next_break formula.of_value formula.parcel formula.rate formula.rt formula.share formula.tax formula.tax_part
formula.value_cif formula.value_price formula.weight_carton formula.weight_shipment
line.consumption_tax line.duty line.duty_total line.freight line.goods line.gst line.hmf line.insurance
line.local_consumption_tax line.mpf line.named line.parcel_duty line.vat
flag.acp flag.bare flag.broker flag.carm flag.dangerous flag.dangerous_refused flag.deductive flag.excluded flag.freight_over_value
flag.heavy flag.importer flag.informal flag.long flag.postponed flag.postponed_elsewhere flag.provincial flag.tax_counted
flag.tax_recovered flag.uninsured
gap.cartons gap.count gap.currency gap.deductive gap.destination gap.early gap.expired gap.fact gap.fx gap.goods gap.hs
gap.incoterm gap.net_kg gap.not_there gap.number gap.parcel gap.price gap.route gap.stale gap.tariff gap.unit
note.invented note.not_a_quote
per.carton per.cbm per.gross_kg per.kg per.lb per.rt per.unit
base.customs_value base.duty base.freight base.goods base.insurance base.tax base.transport
payer.shipper payer.receiver payer.agreed payer.nobody
mode.ocean mode.air mode.courier mode.rail mode.truck
`

// heads are the messages for whoever lays an estimate out: titles, columns, and how a rate is cited.
const heads = `
head.title head.compare head.route head.item head.payer head.how head.amount head.sum head.rates head.total head.tax
head.landed head.per_unit head.transit head.days head.days_unknown head.cheapest head.fastest head.measure head.chargeable head.rt
head.customs head.bond head.flags head.rate head.rate_until head.rate_undated head.invented head.items head.item_cost head.refused
`

// Messages lists the id of every message that an estimate can name, so that the catalogues can be checked against it.
func Messages() []string {
	var ids []string
	for _, id := range strings.Fields(said + heads) {
		ids = append(ids, prefix+id)
	}
	for _, s := range Stages() {
		ids = append(ids, prefix+"stage."+string(s))
	}
	return ids
}
