package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"xiaobao/locales"
	"xiaobao/shipment"
)

// mapTables are the tables of the program, by the sources of the map; of the hook's table the codes of one scheme.
var mapTables = map[string][2]string{
	"17track_v2.2_v2.4":          {"track17/statuses.csv"},
	"aftership_subtag":           {"aftership/statuses.csv"},
	"amazon_awd_inbound":         {"spapi/data/awd.csv"},
	"amazon_fba_inbound":         {"spapi/data/inbound.csv"},
	"amazon_mcf_event":           {"hook/codes.csv", "mcf/"},
	"amazon_shipping_v2_event":   {"spapi/data/shipping.csv"},
	"amazon_shipping_v2_status":  {"spapi/data/shipping_summary.csv"},
	"amazon_tracking_2026-01-30": {"spapi/data/tracking.csv"},
	"easypost_status":            {"easypost/statuses.csv"},
	"karrio":                     {"hook/codes.csv", "karrio/"},
	"ship24":                     {"ship24/statuses.csv"},
	"shippo":                     {"hook/codes.csv", "shippo/"},
	"trackingmore":               {"hook/codes.csv", "trackingmore/"},
	"upu_emsevt_v3":              {"hook/codes.csv", "upu/"},
}

// ourReasons are the finer reasons that have another name here, by status and reason of the map: here a reason says by itself what it is
// about, because it is shown without its status.
var ourReasons = map[string]string{
	"CUSTOMS delay": "customs_delay", "CUSTOMS processing": "customs_processing", "CUSTOMS exception": "customs_exception", "CUSTOMS rejected": "customs_rejected",
	"RETURNING dropped_off": "return_dropped_off", "RETURNING picked_up": "return_picked_up", "RETURNING initiated": "return_initiated",
	"RECEIVING unloaded": "trailer_unloaded", "NOT_FOUND invalid_number": "number_invalid",
	"DELIVERED locker": "picked_up_by_customer", "OUT_FOR_DELIVERY or_ready_for_pickup": "",
}

// TestEveryRowOfTheMap holds every row of the map of carriers' statuses (334 rows of 14 sources; what a code means is from the documents that
// the last column names, what it is in our words is a judgement) against the table that the program uses, and every reason against the words.
func TestEveryRowOfTheMap(t *testing.T) {
	f, err := os.Open("testdata/status_map.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(rows) - 1; n != 334 {
		t.Errorf("the map has %d rows", n)
	}
	tables := map[string]shipment.Meanings{}
	for _, x := range mapTables {
		text, err := os.ReadFile(filepath.Join("../../adapters", x[0]))
		if err != nil {
			t.Fatal(err)
		}
		if tables[x[0]], err = shipment.ReadMeanings(string(text)); err != nil {
			t.Fatal(x[0], err)
		}
	}
	words, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, row := range rows[1:] {
		source, code, status, reason, exception := row[0], row[1], row[2], row[3], row[4] == "1"
		where, ok := mapTables[source]
		if !ok {
			t.Errorf("no table has the codes of %s", source)
			continue
		}
		if ours, ok := ourReasons[status+" "+reason]; ok {
			used[status+" "+reason] = true
			reason = ours
		}
		for _, c := range span(code) {
			got, ok := tables[where[0]][where[1]+c]
			if _, fine, two := strings.Cut(c, "/"); !ok && two { // the finer code by itself
				got, ok = tables[where[0]][fine]
			}
			if want := (shipment.Meaning{Status: shipment.Status(status), Sub: reason, Exception: exception}); !ok || got != want {
				t.Errorf("%s, %s: %s has %+v, and the map %+v", source, c, where[0], got, want)
			}
		}
		if reason == "" {
			continue
		}
		for _, lang := range words.Languages() {
			if id := "shipment.event." + reason; !words.Has(lang, id) {
				t.Errorf("%s, %s: %s is not worded in %s", source, code, id, lang)
			}
		}
	}
	for reason := range ourReasons {
		if !used[reason] {
			t.Errorf("the map has no %s", reason)
		}
	}
}

var spanned = regexp.MustCompile(`^(.*?)(\d+)\.\.(\d+)$`)

// span is the codes that a row names: one, or several as in Pending_002..006.
func span(code string) []string {
	m := spanned.FindStringSubmatch(code)
	if m == nil {
		return []string{code}
	}
	first, _ := strconv.Atoi(m[2])
	last, _ := strconv.Atoi(m[3])
	var list []string
	for i := first; i <= last; i++ {
		list = append(list, fmt.Sprintf("%s%0*d", m[1], len(m[2]), i))
	}
	return list
}
