package spapi

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// A Topic is something an account may be used for, as Check tries it.
type Topic string

// The topics, in the order in which Check tries them.
const (
	TopicLogin         Topic = "login"
	TopicStore         Topic = "store"
	TopicFBA           Topic = "fba"
	TopicPlans         Topic = "plans"
	TopicTracking      Topic = "tracking"
	TopicAWD           Topic = "awd"
	TopicShipping      Topic = "shipping"
	TopicSolicitations Topic = "solicitations"
	TopicFeedback      Topic = "feedback"
)

// A Finding is what Check found about one topic of one account.
type Finding struct {
	Account string
	Topic   Topic
	Role    string // the developer role Amazon names for it; empty: none was found to be named
	Err     error  // nil: it works
	Mend    string // with a login that failed: what to do, in English
	Detail  string // of the store: the marketplaces it sells in
}

// Check tries what each account may be used for, with requests that change nothing. It asks for things that do not exist, and takes
// "no such thing" for an answer: the account may ask.
func (s *Source) Check(ctx context.Context) []Finding {
	ctx = hurry(ctx)
	var list []Finding
	for _, a := range s.accounts {
		_, err := a.token(ctx, scopeSeller)
		f := Finding{Account: a.Name, Topic: TopicLogin, Err: err}
		var fault *Fault
		if errors.As(err, &fault) && fault.Kind == ErrStopped {
			f.Mend = mend(fault)
		}
		list = append(list, f)
		if err != nil {
			continue
		}
		names, err := a.stores(ctx)
		list = append(list, Finding{Account: a.Name, Topic: TopicStore, Role: limits["getMarketplaceParticipations"].role, Err: err, Detail: strings.Join(names, " ")})
		for _, try := range []struct {
			topic     Topic
			operation string
			do        func() error
		}{
			{TopicFBA, "getShipments", func() error {
				return a.do(ctx, request{operation: "getShipments", path: "/fba/inbound/v0/shipments", query: url.Values{
					"QueryType": {"SHIPMENT"}, "MarketplaceId": {a.Marketplaces[0]}, "ShipmentIdList": {"FBA0000000"},
				}, market: a.Marketplaces[0]}, nil)
			}},
			{TopicPlans, "listInboundPlans", func() error { _, err := a.listPlans(ctx, "", 1); return err }},
			{TopicTracking, "getShipmentTracking", func() error { _, err := a.getTracking(ctx, "aftn", "AFTN0"); return err }},
			{TopicAWD, "getInboundShipment", func() error { _, err := a.getAWD(ctx, "STAR-00000000"); return err }},
			{TopicShipping, "getTracking", func() error {
				if a.Business == "" {
					return errNotSetUp
				}
				_, err := a.getShipping(ctx, "TBA000000000000", "")
				return err
			}},
			{TopicSolicitations, "getSolicitationActionsForOrder", func() error { _, err := a.mayAsk(ctx, "000-0000000-0000000", a.Marketplaces[0]); return err }},
			{TopicFeedback, "getItemReviewTopics", func() error { _, err := a.getTopics(ctx, "B000000000", a.Marketplaces[0]); return err }},
		} {
			err := try.do()
			if nothing(err) {
				err = nil
			}
			list = append(list, Finding{Account: a.Name, Topic: try.topic, Role: limits[try.operation].role, Err: err})
			if ctx.Err() != nil {
				return list
			}
		}
	}
	return list
}

// errNotSetUp is told of what an account does not name.
var errNotSetUp = errors.New("not set up")

// NotSetUp reports an error that only says that an account does not name what would be asked.
func NotSetUp(err error) bool { return errors.Is(err, errNotSetUp) }

// stores lists the marketplaces an account sells in.
func (a *account) stores(ctx context.Context) (names []string, err error) {
	var answer struct {
		Payload []struct {
			Marketplace struct {
				ID      string `json:"id"`
				Country string `json:"countryCode"`
			} `json:"marketplace"`
			Participation struct {
				Participating bool `json:"isParticipating"`
				Suspended     bool `json:"hasSuspendedListings"`
			} `json:"participation"`
		} `json:"payload"`
	}
	err = a.do(ctx, request{operation: "getMarketplaceParticipations", path: "/sellers/v1/marketplaceParticipations"}, &answer)
	for _, p := range answer.Payload {
		if p.Participation.Participating {
			names = append(names, short(p.Marketplace.Country))
		}
	}
	return names, err
}

// Ends lists the days on which authorisations and secrets end, of the accounts that name them, when they are at most that many days
// away from today.
func (s *Source) Ends(today shipment.Date, within int) []End {
	var list []End
	for _, a := range s.accounts {
		for _, e := range []End{{a.Name, "authorisation", a.Reauthorise, 0}, {a.Name, "secret", a.RotateSecret, 0}} {
			if e.On.IsZero() {
				continue
			}
			if e.Days = e.On.Days(today); e.Days <= within {
				list = append(list, e)
			}
		}
	}
	return list
}

// warnDays are how many days before an end an operator is warned of it, the nearest first.
var warnDays = []int{7, 14, 30}

// Warnings are of what Ends lists. See watch.Warner.
func (s *Source) Warnings(_ context.Context, now time.Time) ([]watch.Warning, error) {
	var list []watch.Warning
	for _, e := range s.Ends(shipment.DateOf(now), warnDays[len(warnDays)-1]) {
		x := watch.Warning{Key: e.What + " " + e.Account, Kind: watch.WarningKind(e.What), Account: e.Account, On: e.On, Days: e.Days, Mark: e.On.String() + " over"}
		if e.Days >= 0 {
			i, _ := slices.BinarySearch(warnDays, e.Days)
			x.Mark = fmt.Sprint(e.On, " ", warnDays[i])
		}
		list = append(list, x)
	}
	return list, nil
}

// An End is the day on which something of an account ends.
type End struct {
	Account string
	What    string // "authorisation" or "secret"
	On      shipment.Date
	Days    int // from today; negative when it is over
}

// Detail is everything known of one FBA shipment.
type Detail struct {
	Account     string
	ID          string
	Status      string
	Centre      string
	Count       shipment.Count
	Plan        string
	Inbound     string
	Window      [2]string
	Numbers     []string // under which it travels
	Boxes       []Box
	Events      []shipment.Event
	Unanswered  []error // what could not be had
	Marketplace string
}

// Show asks for everything about an FBA shipment: for operators, and for the evidence of a claim. ErrUnknown when no account has it.
func (s *Source) Show(ctx context.Context, number string) (Detail, error) {
	ctx = hurry(ctx)
	id := parent(number)
	now := s.now()
	r := &round{Source: s, seen: now.UTC(), until: now.Add(longestPull), faults: map[string]error{}}
	found, failed := r.standings(ctx, []string{id})
	st, ok := found[id]
	if !ok {
		if failed[id] != nil {
			return Detail{}, failed[id]
		}
		return Detail{}, &Fault{Account: "any", Operation: "getShipments", Kind: ErrUnknown}
	}
	h := s.homeOf(id)
	d := Detail{Account: h.account.Name, ID: id, Status: st.Status, Centre: st.Centre, Marketplace: countryOf(h.marketplace)}
	missed := func(err error) {
		if err != nil {
			d.Unanswered = append(d.Unanswered, err)
		}
	}
	var err error
	d.Count, err = h.account.getItems(ctx, h.marketplace, id)
	missed(err)
	missed(h.account.find(ctx, map[string]time.Time{id: now}))
	spot, ok := h.account.walk.spot(id)
	if !ok {
		return d, nil
	}
	d.Plan, d.Inbound = spot.plan, spot.shipment
	d.Window = [2]string{spot.said.Window.Start, spot.said.Window.End}
	legs, _ := spot.said.legs()
	for _, l := range legs {
		d.Numbers = append(d.Numbers, l.number)
	}
	d.Boxes, err = h.account.getBoxes(ctx, spot.plan, spot.shipment)
	missed(err)
	d.Events, err = r.legs(ctx, h.account, shipment.Number{Number: id, Registered: now}, id)
	missed(err)
	return d, nil
}
