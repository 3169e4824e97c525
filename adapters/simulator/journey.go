package simulator

import (
	"strings"
	"time"

	"xiaobao/shipment"
)

// A chapter is one thing that happens, some hours after the shipment was registered.
type chapter struct {
	hour   float64
	status shipment.Status
	sub    string
	stop   stop
	hold   bool
}

func (c chapter) code() string {
	if c.sub != "" {
		return c.sub
	}
	return strings.ToLower(string(c.status))
}

// A stop is a place and its distance from UTC, which is all of a time zone that a story needs.
type stop struct {
	shipment.Place
	utc float64
}

func (s stop) zone() *time.Location { return time.FixedZone("", int(s.utc*3600)) }

func place(name, country, code string, utc float64) stop {
	return stop{shipment.Place{Name: name, Country: country, Code: code}, utc}
}

var (
	shenzhen = place("Shenzhen", "CN", "CNSZX", 8)
	yantian  = place("Yantian", "CN", "CNYTN", 8)
	ningbo   = place("Ningbo", "CN", "CNNGB", 8)
	hongKong = place("Hong Kong", "HK", "HKHKG", 8)
)

// A way in is where goods enter a country and which fulfilment centre they go to.
type wayIn struct {
	seaport, airport, hub, fc stop
	sailing, flight           float64 // hours
}

var countries = []string{"US", "DE", "JP"}

var ports = map[string]wayIn{
	"US": {
		place("Los Angeles", "US", "USLAX", -8), place("Los Angeles International", "US", "LAX", -8),
		place("Ontario, CA", "US", "USONT", -8), place("ONT8", "US", "ONT8", -8), 14 * 24, 13,
	},
	"DE": {
		place("Hamburg", "DE", "DEHAM", 1), place("Frankfurt am Main", "DE", "DEFRA", 1),
		place("Dortmund", "DE", "DEDTM", 1), place("DTM2", "DE", "DTM2", 1), 31 * 24, 12,
	},
	"JP": {
		place("Tokyo", "JP", "JPTYO", 9), place("Narita", "JP", "JPNRT", 9),
		place("Odawara", "JP", "JPODW", 9), place("FSZ1", "JP", "FSZ1", 9), 5 * 24, 5,
	},
}

// holdHours is how long customs keep what they hold.
const holdHours = 54

// chapters tells a journey from the label to the last unit counted. Every pause is up to a sixth longer or shorter,
// as the number has it.
func (j Journey) chapters(number string) []chapter {
	way := ports[j.Country]
	from, to := yantian, way.seaport
	if hash("port", number)%2 == 0 {
		from = ningbo
	}
	carry := way.sailing
	if j.Carriage == shipment.Air {
		from, to, carry = hongKong, way.airport, way.flight
	}
	ocean := func(hours float64) float64 { // a pause that is shorter by air
		if j.Carriage == shipment.Air {
			return hours / 3
		}
		return hours
	}

	var list []chapter
	hour := 0.0
	then := func(pause float64, status shipment.Status, sub string, at stop) *chapter {
		h := hash("pause", number+"/"+string(status)+"/"+sub)
		hour += pause * (1 + (float64(h%1000)/1000-0.5)/3)
		list = append(list, chapter{hour: hour, status: status, sub: sub, stop: at})
		return &list[len(list)-1]
	}
	then(0.2, shipment.PreTransit, "labels_printed", shenzhen)
	then(18, shipment.PickedUp, "", shenzhen)
	then(ocean(16), shipment.InTransit, "origin_facility", from)
	then(ocean(24), shipment.Customs, "export_declared", from)
	then(ocean(12), shipment.InTransit, "export_cleared", from)
	then(ocean(20), shipment.InTransit, "loaded", from)
	then(ocean(6), shipment.InTransit, "departed_port", from)
	then(carry, shipment.ArrivedDest, "arrived_port", to)
	then(ocean(10), shipment.Customs, "import_declared", to)
	if j.Hold {
		why := []string{"import_hold", "info_required", "duty_due"}[hash("hold", number)%3]
		then(6, shipment.Customs, why, to).hold = true
		hour += holdHours - 8
	}
	then(8, shipment.InTransit, "customs_cleared", to)
	then(ocean(18), shipment.InTransit, "handover", way.hub)
	then(10, shipment.InTransit, "appointment", way.hub)
	then(20, shipment.OutForDelivery, "", way.hub)
	then(6, shipment.Delivered, "at_fc", way.fc)
	then(12, shipment.Receiving, "checked_in", way.fc)
	then(30, shipment.Receiving, "", way.fc)
	then(110, shipment.Closed, "", way.fc)
	return list
}

// Places lists the codes of all places that can occur, for those who have names for them in another language.
func Places() map[string]string {
	names := map[string]string{}
	add := func(stops ...stop) {
		for _, s := range stops {
			names[s.Code] = s.Name
		}
	}
	add(shenzhen, yantian, ningbo, hongKong)
	for _, w := range ports {
		add(w.seaport, w.airport, w.hub, w.fc)
	}
	return names
}
