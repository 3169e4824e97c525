package clerk

import "strings"

// said are the clerk's own messages, without their prefix.
const said = `
no_card lacking lacking_how gate_refused gate_ask unserved no_routes no_estimate more_gaps bare none operator
to cargo value as_of in measured one_store col_route col_way col_unit col_days col_for col_part col_payer
group_before group_insurance group_duty group_tax group_after unknown shut_agl shut_card lowest fastest days without_customs share goods
total_bare calendar_freight calendar_before calendar_before_when calendar_insurance_when calendar_postponed_when calendar_bare calendar_note calendar_split calendar_what calendar_when calendar_amount calendar_amount_in calendar_total calendar_total_bare papers complete not_made contradiction no_pdf unprintable paper_how doubts broker_decides template settings claim_situation claim_request signer claim_note pack_short kind.commercial_invoice kind.packing_list kind.customs_data kind.label_proof kind.acp_authorisation kind.deductive_valuation draft paper_gaps who_pays both_sides chart_routes chart_parts chart_unit
`

// Messages lists the id of every message that the clerk says itself, so that the catalogues can be checked against it.
func Messages() []string {
	var ids []string
	for _, id := range strings.Fields(said) {
		ids = append(ids, "clerk."+id)
	}
	return ids
}
