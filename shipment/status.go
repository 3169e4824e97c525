package shipment

import (
	"embed"
	"encoding/csv"
	"fmt"
	"strconv"
)

// Status is where a shipment stands, in the same sixteen words for every source.
type Status string

// The statuses, in the order of a journey.
const (
	NotFound           Status = "NOT_FOUND"            // registered; the carrier knows nothing
	PreTransit         Status = "PRE_TRANSIT"          // a label or a booking, nothing handed over
	PickedUp           Status = "PICKED_UP"            // the first physical scan
	InTransit          Status = "IN_TRANSIT"           // under way
	Customs            Status = "CUSTOMS"              // with a customs office; a hold is an exception beside it
	ArrivedDest        Status = "ARRIVED_DEST"         // in the destination country
	OutForDelivery     Status = "OUT_FOR_DELIVERY"     // on the last vehicle
	AttemptFailed      Status = "ATTEMPT_FAILED"       // they came and could not deliver
	AvailableForPickup Status = "AVAILABLE_FOR_PICKUP" // waits to be collected
	Returning          Status = "RETURNING"            // on its way back
	Delivered          Status = "DELIVERED"            // the end for a parcel, not for a shipment to Amazon
	Receiving          Status = "RECEIVING"            // Amazon is checking it in and counting
	Closed             Status = "CLOSED"               // Amazon has counted; compare what arrived
	Returned           Status = "RETURNED"             // back at the sender
	Cancelled          Status = "CANCELLED"
	Exception          Status = "EXCEPTION" // something is wrong: see Sub
)

// Statuses lists every status, by rank.
func Statuses() []Status {
	list := make([]Status, len(statusList))
	copy(list, statusList)
	return list
}

// Rank says how far along a status is. EXCEPTION has rank −1; so has a word that is no status.
func (s Status) Rank() int {
	if r, ok := ranks[s]; ok {
		return r
	}
	return -1
}

// Known reports whether s is one of the sixteen.
func (s Status) Known() bool { _, ok := ranks[s]; return ok }

// exceptional reports a status that is an exception by itself.
func (s Status) exceptional() bool {
	switch s {
	case Exception, AttemptFailed, Returning, Returned:
		return true
	}
	return false
}

// over reports whether nothing ordinary follows a status.
func over(s Status, sub string, fba bool) bool {
	switch s {
	case Closed, Returned, Cancelled:
		return true
	case Delivered:
		return !fba
	case Exception:
		return sub == "lost" || sub == "destroyed"
	}
	return false
}

//go:embed data/*.csv
var data embed.FS

var statusList, ranks = loadStatuses()

func loadStatuses() ([]Status, map[Status]int) {
	list, ranks := []Status{}, map[Status]int{}
	for _, row := range table("data/statuses.csv") {
		rank, err := strconv.Atoi(row[1])
		if err != nil {
			panic(fmt.Sprintf("shipment: statuses.csv: rank of %s: %v", row[0], err))
		}
		s := Status(row[0])
		ranks[s] = rank
		at := len(list)
		for at > 0 && ranks[list[at-1]] > rank {
			at--
		}
		list = append(list[:at], append([]Status{s}, list[at:]...)...)
	}
	return list, ranks
}

// table reads an embedded table without its header. A fault in it is a bug found at start-up.
func table(name string) [][]string {
	f, err := data.Open(name)
	if err != nil {
		panic("shipment: " + err.Error())
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("shipment: %s: %v", name, err))
	}
	return rows[1:]
}
