package watch

import (
	"slices"
	"strings"

	"xiaobao/bot/flow"
	"xiaobao/shipment"
)

// events are the finer reasons, and the statuses without one, that have words of their own: "shipment.event.<word>".
var events = []string{
	"labels_printed", "picked_up", "origin_facility", "export_declared", "export_cleared", "loaded", "departed_port", "arrived_port",
	"import_declared", "import_hold", "info_required", "duty_due", "customs_cleared", "handover", "appointment", "out_for_delivery",
	"at_fc", "checked_in", "receiving", "closed",
	"booking_received", "booking_accepted", "booking_confirmed", "booking_cancelled", "pickup_cancelled", "order_preparing",
	"carrier_assigned", "to_pickup", "working", "unconfirmed", "shipped", "carrier_received", "departed_origin",
	"containerized", "docs_origin", "export_hold", "isf_filed", "isf_accepted", "customs_processing", "customs_delay",
	"customs_exception", "docs_dest", "unloaded", "rail_loaded", "rail_unloaded", "rail_arrival", "rail_departure", "drayage",
	"facility_arrival", "facility_departure", "dest_country", "sorted", "ready_for_delivery", "customer_contacted",
	"delivery_change", "address_updated", "yard_arrival", "unloading", "trailer_unloaded", "mixed", "picked_up_by_customer",
	"container_empty_return", "eta_changed", "carrier_hold", "customer_moved", "refused", "bad_address", "damaged", "delayed",
	"lost", "destroyed", "missorted", "manifested_not_received", "missing_manifest", "pickup_failed", "undeliverable",
	"return_initiated", "return_dropped_off", "return_picked_up", "amazon_error", "deleted", "abandoned",
	"number_invalid", "carrier_unknown", "carrier_unsupported", "needs_postcode", "needs_phone", "needs_more", "quota_used_up",
	"no_recipient", "security_or_fee", "stale_upstream", "held_for_payment", "business_closed", "signed", "cod", "neighbour",
	"problem_resolved", "pickup_missed", "rejected_by_carrier", "customs_rejected", "delivery_failure", "upstream_error",
	"posting", "export_office_arrival", "export_presented", "export_cancelled", "transit_office_arrival", "transit_office_departure",
	"import_office_departure", "sorting_in", "sorting_out", "delivery_office", "import_terminated", "duty_refused", "locker", "unclaimed",
	"damaged_or_lost", "at_dc",
	"leg_delivered", "part_delivered", "part_cancelled", "part_returned", "part_lost", "part_destroyed",
}

// troubles are the finer reasons that have advice of their own: "shipment.trouble.<word>".
var troubles = []string{
	"import_hold", "info_required", "duty_due",
	"number_invalid", "carrier_unknown", "carrier_unsupported", "needs_postcode", "needs_phone", "needs_more", "quota_used_up", "no_recipient",
	"security_or_fee", "held_for_payment", "stale_upstream",
}

// places are the codes of places that have a name in every language: "shipment.place.<code>".
var places = []string{
	"cnszx", "cnytn", "cnngb", "hkhkg", "uslax", "lax", "usont", "ont8", "deham", "defra", "dedtm", "dtm2", "jptyo", "jpnrt", "jpodw", "fsz1",
}

// sources are the sources that have a name of their own in every language: "ui.source.<name>".
var sources = []string{"amazon", "17track", "aftership", "easypost", "ship24", "hook", "table", "simulator"}

// sourceName is how a source is called.
func sourceName(s string) flow.Arg {
	if slices.Contains(sources, s) {
		return flow.Word("", "ui.source."+s)
	}
	return flow.Text("", s)
}

// Messages lists the id of every message this room says, sorted, so that the catalogues can be checked for them.
func Messages() []string {
	list := []string{
		"value.known", "shipment.simulated",
		"shipment.brief", "shipment.brief_where", "shipment.push.simulated", "shipment.card.trouble",
		"shipment.card.title", "shipment.card.status", "shipment.card.place", "shipment.card.time", "shipment.card.eta",
		"shipment.card.source", "shipment.card.simulated", "shipment.card.last_events", "shipment.card.no_source", "shipment.card.reused", "shipment.card.declined",
		"shipment.push.status", "shipment.push.exception_began", "shipment.push.exception_ended", "shipment.push.eta_moved",
		"shipment.push.delivered", "shipment.push.short", "shipment.push.stale", "shipment.card.count", "shipment.card.counted",
		"shipment.list.title", "shipment.list.none", "shipment.list.filter", "shipment.list.option", "shipment.list.late", "shipment.list.trouble", "shipment.list.open", "shipment.list.more",
		"shipment.list.share_all", "shipment.list.share_one", "shipment.list.share_who", "shipment.card.number", "shipment.card.page",
		"shipment.page.gone", "shipment.page.gone_how", "shipment.page.notice", "shipment.page.seen", "shipment.page.all",
		"shipment.trouble.other", "shipment.fault.number", "shipment.fault.not_watched", "shipment.fault.no_page",
	}
	for _, s := range shipment.Statuses() {
		list = append(list, statusWord(s), nextWord(s))
	}
	for prefix, words := range map[string][]string{"event": events, "trouble": troubles, "place": places, "stale": shipment.Reasons()} {
		for _, w := range words {
			list = append(list, "shipment."+prefix+"."+w)
		}
	}
	for _, s := range sources {
		list = append(list, "ui.source."+s)
	}
	slices.Sort(list)
	return list
}

// statusWord is the message of a status.
func statusWord(s shipment.Status) string { return "shipment.status." + lower(s) }

// nextWord is the message of what a status means and what to do.
func nextWord(s shipment.Status) string { return "shipment.next." + lower(s) }

// what is the message of a status and its finer reason: the one that says most.
func what(s shipment.Status, sub string) string {
	switch {
	case slices.Contains(events, sub):
		return "shipment.event." + sub
	case sub == "" && slices.Contains(events, lower(s)):
		return "shipment.event." + lower(s)
	}
	return statusWord(s)
}

// hasWord reports whether we have a word for the finer reason itself.
func hasWord(s shipment.Status, sub string) bool { return what(s, sub) != statusWord(s) }

// advice is the message of what to do about a trouble.
func advice(s shipment.Status, sub string) string {
	switch {
	case slices.Contains(troubles, sub):
		return "shipment.trouble." + sub
	case s == shipment.Exception, s == shipment.AttemptFailed, s == shipment.Returning, s == shipment.Returned:
		return nextWord(s)
	}
	return "shipment.trouble.other"
}

func lower(s shipment.Status) string { return strings.ToLower(string(s)) }

// simulated reports a shipment that does not exist: its number says so, whatever source it has.
func simulated(s shipment.Shipment) bool { return strings.HasPrefix(s.Number, "SIM") }
