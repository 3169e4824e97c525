package watch

import (
	"slices"
	"strconv"
	"strings"

	"xiaobao/shipment"
)

// subs are the finer reasons that have words of their own, as "shipment.sub.<sub>".
var subs = []string{
	"labels_printed", "origin_facility", "export_declared", "export_cleared", "loaded", "departed_port", "arrived_port",
	"import_declared", "customs_cleared", "handover", "appointment", "at_fc", "checked_in",
	"import_hold", "export_hold", "info_required", "duty_due", "delay",
	"lost", "damaged", "destroyed", "delayed", "refused", "carrier_hold", "bad_address", "missorted", "stale_upstream",
}

// advised are the troubles that have advice of their own, as "shipment.advice.<sub>"; others have "shipment.advice".
var advised = []string{"import_hold", "info_required", "duty_due", "lost", "damaged", "refused", "attempt_failed", "returning"}

// placeWords are the places that have a name in every language, as "place.<code>". Fulfilment centres are called by their code.
var placeWords = map[string]bool{
	"CNSZX": true, "CNYTN": true, "CNNGB": true, "HKHKG": true, "USLAX": true, "LAX": true, "USONT": true,
	"DEHAM": true, "DEFRA": true, "DEDTM": true, "JPTYO": true, "JPNRT": true, "JPODW": true,
}

// Messages lists the id of every message this room says, sorted, so that the catalogues can be checked for them.
func Messages() []string {
	list := []string{
		"shipment.card", "shipment.card.status", "shipment.card.eta", "shipment.card.looked", "shipment.card.history",
		"shipment.card.simulated", "shipment.card.no_source", "shipment.card.reused",
		"shipment.date", "shipment.time", "shipment.exception", "shipment.status_and_exception",
		"shipment.event", "shipment.event_nowhere", "shipment.event_local", "shipment.event_local_nowhere",
		"shipment.push.exception", "shipment.push.recovered", "shipment.push.delivered", "shipment.push.delivered_at", "shipment.push.delivered.fba",
		"shipment.push.closed", "shipment.push.cancelled", "shipment.push.available_for_pickup",
		"shipment.advice", "shipment.fault.number", "shipment.fault.not_watched",
	}
	for _, s := range shipment.Statuses() {
		list = append(list, statusWord(s))
	}
	for _, s := range subs {
		list = append(list, "shipment.sub."+s)
	}
	for _, s := range advised {
		list = append(list, "shipment.advice."+s)
	}
	for _, r := range shipment.Reasons() {
		list = append(list, "shipment.push.silent."+r)
	}
	for code := range placeWords {
		list = append(list, "place."+code)
	}
	slices.Sort(list)
	return list
}

// statusWord is the message of a status: the one of the slot that holds it.
func statusWord(s shipment.Status) string { return "option.shipment_status." + lower(s) }

// what is the message of a status and its finer reason, which says more where we have words for it.
func what(s shipment.Status, sub string) string {
	if slices.Contains(subs, sub) {
		return "shipment.sub." + sub
	}
	return statusWord(s)
}

// advice is the message of what to do about a trouble.
func advice(status shipment.Status, sub string) string {
	for _, why := range []string{sub, lower(status)} {
		if slices.Contains(advised, why) {
			return "shipment.advice." + why
		}
	}
	return "shipment.advice"
}

func lower(s shipment.Status) string { return strings.ToLower(string(s)) }

func decimal(n int) string { return strconv.Itoa(n) }

// simulated reports a shipment that does not exist: its number says so, whatever source it has.
func simulated(s shipment.Shipment) bool { return strings.HasPrefix(s.Number, "SIM") }
