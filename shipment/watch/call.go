package watch

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"xiaobao/bot"
	"xiaobao/shipment"
)

// fresh is how old what we know may be when somebody asks; older than that, the source is asked again at once.
const fresh = 10 * time.Minute

// longestNumber is more than any carrier uses.
const longestNumber = 40

// Calls are the calls this room answers, for bot.Config:
//
//	shipment.watch  number [carriage]  begin to watch a number; watching it already changes nothing while it is looked at
//	shipment.show   number             show the card again, with a fresh look
//
// Both answer with the slots shipment_status and tracking_no, the number as it is watched.
func (w *Watch) Calls() map[string]bot.CallFunc {
	return map[string]bot.CallFunc{"shipment.watch": w.watch, "shipment.show": w.show}
}

func (w *Watch) watch(ctx context.Context, d bot.Delivery) (bot.Returned, error) {
	number := clean(d.Call.Args["number"])
	if number == "" || len(number) > longestNumber {
		return returned(d, nil, "shipment.fault.number"), nil
	}
	source := ""
	carriage := carriageOf(d.Call.Args["carriage"])
	for _, s := range w.sources {
		if !s.Knows(number) {
			continue
		}
		source = s.Name()
		if a, ok := s.(Assigner); ok {
			number = a.Assign(number, d.Tenant+"/"+d.Case+"/"+d.Call.ID)
			carriage = a.Carriage(number)
		}
		break
	}
	for {
		x, err := w.store.Shipment(ctx, d.Tenant, d.Case, number)
		switch {
		case err == nil && !again(x, source, w.now()):
			return w.watched(ctx, d, x)
		case err != nil && !errors.Is(err, bot.ErrGone):
			return bot.Returned{}, fmt.Errorf("watch: find a shipment: %w", err)
		}
		now, anew := w.now(), ""
		if x.Version > 0 {
			anew = d.Call.ID
		}
		x = Watched{
			Tenant: d.Tenant, Case: d.Case, Version: x.Version, Due: now, Again: anew, By: d.Call.By,
			Shipment: shipment.Shipment{Number: number, Source: source, Carriage: carriage, FBA: received(number), Registered: now},
			Pending:  []Pending{{Key: "registered", At: d.Call.At}},
		}
		ok, err := w.store.PutShipment(ctx, x)
		switch {
		case errors.Is(err, bot.ErrGone): // the case was erased meanwhile: there is nobody to answer
			return returned(d, nil, ""), nil
		case err != nil:
			return bot.Returned{}, fmt.Errorf("watch: keep a shipment: %w", err)
		case ok:
			return w.watched(ctx, d, x)
		}
	}
}

// watched answers a call with a shipment that is watched, after what was told before that was put into it.
func (w *Watch) watched(ctx context.Context, d bot.Delivery, x Watched) (bot.Returned, error) {
	if x.Shipment.LookedAt.IsZero() {
		if err := w.recall(ctx, d.Tenant, d.Case, x.Shipment.Number); err != nil {
			return bot.Returned{}, err
		}
		now, err := w.store.Shipment(ctx, d.Tenant, d.Case, x.Shipment.Number)
		switch {
		case errors.Is(err, bot.ErrGone):
			return returned(d, nil, ""), nil
		case err != nil:
			return bot.Returned{}, fmt.Errorf("watch: find a shipment: %w", err)
		}
		x = now
		w.Nudge()
	}
	return returned(d, values(x.Shipment), ""), nil
}

// again reports whether a number that is followed already, and that nobody looks at any more, begins anew when it is given once
// more: its source gave up on it or declined it, or was not connected then; or its journey ended so long ago that this is another one.
func again(x Watched, source string, now time.Time) bool {
	s := x.Shipment
	if source == "" || len(x.Pending) > 0 || !x.Look.IsZero() || !x.Due.IsZero() {
		return false
	}
	return s.Declined || s.Source != source || s.Status == "" || s.Over() && now.Sub(s.LatestAt) >= shipment.Rebirth
}

func (w *Watch) show(ctx context.Context, d bot.Delivery) (bot.Returned, error) {
	for {
		x, err := w.store.Shipment(ctx, d.Tenant, d.Case, clean(d.Call.Args["number"]))
		switch {
		case errors.Is(err, bot.ErrGone):
			return returned(d, nil, "shipment.fault.not_watched"), nil
		case err != nil:
			return bot.Returned{}, fmt.Errorf("watch: find a shipment: %w", err)
		}
		key := "shown:" + d.Call.ID
		for _, p := range x.Pending {
			if p.Key == key {
				return returned(d, values(x.Shipment), ""), nil
			}
		}
		x.Pending, x.Quiet = append(x.Pending, Pending{Key: key, Shown: true, At: d.Call.At}), false
		x.Due = w.now()
		ok, err := w.store.PutShipment(ctx, x)
		switch {
		case errors.Is(err, bot.ErrGone):
			return returned(d, nil, ""), nil
		case err != nil:
			return bot.Returned{}, fmt.Errorf("watch: keep a shipment: %w", err)
		case ok:
			w.Nudge()
			return returned(d, values(x.Shipment), ""), nil
		}
	}
}

// received reports whether somebody tells what becomes of a shipment after it is delivered: Amazon does of its own shipment
// ids, and the simulator plays it. A carrier's number is over when it is delivered, wherever that was.
func received(number string) bool {
	if strings.HasPrefix(number, "SIM") {
		return true
	}
	for _, c := range shipment.Recognise(number) {
		switch c.Format {
		case "amazon_fba_shipment", "amazon_fba_box", "amazon_inbound_plan", "amazon_inbound_shipment", "amazon_awd_star":
			return true
		}
	}
	return false
}

func returned(d bot.Delivery, values map[string]string, fault string) bot.Returned {
	return bot.Returned{Tenant: d.Tenant, Case: d.Case, Call: *d.Call, Values: values, Fault: fault}
}

// values are the slots that follow from where a shipment stands. An exception is told as such, so that the case can help.
func values(s shipment.Shipment) map[string]string {
	status := s.Now()
	if s.Exception && status == s.LastOK {
		status = shipment.Exception
	}
	v := map[string]string{"shipment_status": strings.ToLower(string(status)), "tracking_no": s.Number}
	if kind := troubleKind(s); kind != "" {
		v["trouble_kind"] = kind
	}
	if s.Count.Shipped > 0 {
		v["counted_by"] = s.Source
		if s.Status == shipment.Closed {
			v["received_units"] = strconv.Itoa(s.Count.Received)
		}
	}
	for _, e := range s.Events {
		if e.Status == shipment.Delivered {
			v["delivered_on"] = shipment.DateOf(e.At).String() // where it was delivered
		}
	}
	return v
}

// troubleKind is what the ninth step calls an exception whose cause is plain; the seller is asked about others.
func troubleKind(s shipment.Shipment) string {
	switch {
	case !s.Exception:
		return ""
	case s.Trouble.Status == shipment.Customs:
		return "customs_hold"
	case s.Trouble.Status == shipment.AttemptFailed:
		return "delivery_failed"
	}
	return ""
}

// clean writes a number as carriers print it: capitals, nothing between.
func clean(number string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			r -= 0xFEE0
		case r == 0x3000:
			r = ' '
		}
		if r <= ' ' || r == 0x7F {
			return -1
		}
		return r
	}, strings.ToUpper(number))
}

func carriageOf(s string) shipment.Carriage {
	switch s {
	case "air":
		return shipment.Air
	case "parcel":
		return shipment.Parcel
	}
	return shipment.Ocean // a forwarder's number with nothing known about it: the most patient
}
