// Package spapitest is an Amazon that stands in for the real one: a web server with the token endpoint and the operations that
// package spapi uses, behaving as Amazon's documents say, with their shapes, pages, quotas and errors, and with every fault a
// network adds. It keeps shipments that a test or a demonstration moves along.
//
//	s := spapitest.New(time.Now)
//	defer s.Close()
//	s.Put(spapitest.Shipment{ID: "FBA15DJ9S3J5", Status: "SHIPPED", …})
//	s.Break("getShipments", 2, spapitest.Quota)
//
// Numbers and secrets are invented. What it cannot know is how Amazon really behaves where the documents are silent.
package spapitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// The authorisation that works until Revoke.
const (
	ClientID     = "amzn1.application-oa2-client.stand-in"
	ClientSecret = "amzn1.oa2-cs.v1.stand-in"
	RefreshToken = "Atzr|stand-in"
)

// US and CA are the marketplaces of its region.
const (
	US = "ATVPDKIKX0DER"
	CA = "A2EUQ1WTGCTBG2"
)

// An Item is a line of a shipment.
type Item struct {
	SKU               string
	Shipped, Received int
}

// A Shipment is an FBA shipment. Plan and Inbound are its ids in version 2024-03-20; without them it is only known to v0.
type Shipment struct {
	ID, Marketplace, Status, Centre string
	Items                           []Item
	Plan, Inbound                   string
	Parcels                         []string // tracking numbers of its boxes
	Bill                            string   // bill of lading
	Window                          [2]string
}

// A Milestone is an event of the Tracking API.
type Milestone struct {
	At, Code, SubCode, Text string
	City, Region, Country   string
}

// A Tracked is what the Tracking API knows under a number, the oldest milestone first.
type Tracked struct {
	Milestones []Milestone
	ETA        string // end of the estimated interval
	Estimated  string // when the estimate was made
}

// A Break is a way to fail.
type Break int

// The ways to fail. Slow answers after the request was given up; Half closes the connection in the middle of the answer; Torn
// sends whole but broken JSON; GBK answers in GBK; FalseSuccess says 200 and holds only an error; Reset closes the connection at once; BadToken refuses the token once.
const (
	Quota Break = iota + 1
	QuotaWait
	Down
	Unavailable
	Slow
	Half
	Torn
	GBK
	Huge
	Reset
	BadToken
	NoRole
	Invalid
	FalseSuccess
)

// Server is the stand-in. All of its methods may be called while it serves.
type Server struct {
	*httptest.Server
	now func() time.Time

	mu         sync.Mutex
	shipments  map[string]Shipment
	order      []string // ids as they were put, the oldest first
	tracked    map[string]Tracked
	parcels    map[string]json.RawMessage
	awd        map[string]json.RawMessage
	topics     map[string]json.RawMessage
	solicit    map[string]bool // orders that may be asked
	asked      map[string]int  // solicitations sent
	breaks     map[string][]Break
	denied     map[string]bool
	buckets    map[string]*bucket
	limits     map[string][2]float64
	calls      map[string]int
	tokens     map[string]token
	minted     int
	revoked    string // the error that the token endpoint answers
	grantless  bool   // the Tracking API takes only grantless tokens
	release    chan struct{}
	subscribed []string
	unpaced    bool
}

type token struct {
	ends  time.Time
	scope string
}

// New starts a server whose clock is now.
func New(now func() time.Time) *Server {
	s := &Server{
		now: now, shipments: map[string]Shipment{}, tracked: map[string]Tracked{}, parcels: map[string]json.RawMessage{},
		awd: map[string]json.RawMessage{}, topics: map[string]json.RawMessage{}, solicit: map[string]bool{}, asked: map[string]int{},
		breaks: map[string][]Break{}, denied: map[string]bool{}, buckets: map[string]*bucket{}, calls: map[string]int{},
		tokens: map[string]token{}, release: make(chan struct{}),
		limits: map[string][2]float64{
			"getShipments": {2, 30}, "getShipmentItemsByShipmentId": {2, 30}, "getShipmentItems": {2, 30}, "listInboundPlans": {2, 6},
			"getInboundPlan": {2, 6}, "getShipment": {2, 6}, "listShipmentBoxes": {2, 30}, "getTracking": {80, 100}, "getShipmentTracking": {1, 2},
			"getSolicitationActionsForOrder": {1, 5}, "createProductReviewAndSellerFeedbackSolicitation": {1, 5}, "getItemReviewTopics": {1, 2},
			"getMarketplaceParticipations": {0.016, 15}, "getInboundShipment": {2, 2}, "createDestination": {1, 5}, "createSubscription": {1, 5},
		},
	}
	s.Server = httptest.NewServer(s.routes())
	return s
}

// Close stops the server and lets go of whoever waits for a slow answer.
func (s *Server) Close() {
	close(s.release)
	s.Server.Close()
}

// TokenURL is the address of its token endpoint.
func (s *Server) TokenURL() string { return s.URL + "/auth/o2/token" }

// Put keeps a shipment, new or changed.
func (s *Server) Put(x Shipment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x.Marketplace == "" {
		x.Marketplace = US
	}
	if _, ok := s.shipments[x.ID]; !ok {
		s.order = append(s.order, x.ID)
	}
	s.shipments[x.ID] = x
}

// Track keeps what the Tracking API says under a number.
func (s *Server) Track(number string, t Tracked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tracked[number] = t
}

// Parcel, AWD and Topics keep the documents of Shipping v2, of AWD, and of Customer Feedback.
func (s *Server) Parcel(number, document string) {
	s.keep(s.parcels, number, document)
}

// AWD keeps the document of an AWD shipment.
func (s *Server) AWD(id, document string) { s.keep(s.awd, id, document) }

// Topics keeps what Customer Feedback says about an ASIN.
func (s *Server) Topics(asin, document string) { s.keep(s.topics, asin, document) }

func (s *Server) keep(m map[string]json.RawMessage, key, document string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m[key] = json.RawMessage(document)
}

// AllowSolicitation makes an order one whose buyer may be asked, once.
func (s *Server) AllowSolicitation(order string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.solicit[order] = true
}

// Solicited is how often a buyer was asked.
func (s *Server) Solicited(order string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[order]
}

// Break makes the next n requests of an operation ("token" is one) fail.
func (s *Server) Break(operation string, n int, how Break) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		s.breaks[operation] = append(s.breaks[operation], how)
	}
}

// Mend takes back what Break left.
func (s *Server) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.breaks = map[string][]Break{}
}

// Deny takes an operation away from the account, or gives it back.
func (s *Server) Deny(operation string, denied bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied[operation] = denied
}

// Revoke makes the token endpoint answer with an error: invalid_grant, invalid_client, unauthorized_client; empty mends it.
func (s *Server) Revoke(code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = code
	s.tokens = map[string]token{}
}

// Grantless makes the Tracking API take only grantless tokens.
func (s *Server) Grantless() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grantless = true
}

// Pace changes an operation's rate and burst; its answers say so.
func (s *Server) Pace(operation string, perSecond, burst float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits[operation] = [2]float64{perSecond, burst}
	delete(s.buckets, operation)
}

// Unpaced takes all quotas away: for demonstrations on a clock that runs.
func (s *Server) Unpaced() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unpaced = true
}

// Calls is how many requests an operation got, refused ones too. Of "token" it is how many tokens were asked for.
func (s *Server) Calls(operation string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[operation]
}

// AllCalls is the requests of all operations, tokens too.
func (s *Server) AllCalls() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		n += c
	}
	return n
}

// bucket is a quota as Amazon describes it.
type bucket struct {
	tokens float64
	at     time.Time
}

// admit takes a token of an operation's quota; s.mu is held.
func (s *Server) admit(operation string) bool {
	l := s.limits[operation]
	b := s.buckets[operation]
	now := s.now()
	if b == nil {
		b = &bucket{l[1], now}
		s.buckets[operation] = b
	}
	b.tokens = min(l[1], b.tokens+now.Sub(b.at).Seconds()*l[0])
	b.at = now
	if s.unpaced {
		return true
	}
	if b.tokens < 0.999 {
		return false
	}
	b.tokens--
	return true
}

func (s *Server) mint(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.calls["token"]++
	how := s.next("token")
	revoked := s.revoked
	s.mu.Unlock()
	if how != 0 && s.broken(w, r, how, "token") {
		return
	}
	lwa := func(status int, code, text string) {
		answer(w, status, map[string]string{"error": code, "error_description": text, "request_id": "r-1"})
	}
	if err := r.ParseForm(); err != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		lwa(400, "invalid_request", "The request is missing a required parameter")
		return
	}
	f, scope := r.PostForm, ""
	switch {
	case revoked == "invalid_client" || f.Get("client_id") != ClientID || f.Get("client_secret") != ClientSecret:
		lwa(401, "invalid_client", "Client authentication failed")
		return
	case revoked == "unauthorized_client":
		lwa(400, "unauthorized_client", "The client is not authorised")
		return
	case f.Get("grant_type") == "client_credentials":
		scope = f.Get("scope")
		if scope != "sellingpartnerapi::notifications" && scope != "sellingpartnerapi::shipments:track" {
			lwa(400, "invalid_scope", "The scope is not valid")
			return
		}
	case f.Get("grant_type") != "refresh_token":
		lwa(400, "unsupported_grant_type", "The grant type is not supported")
		return
	case revoked == "invalid_grant" || f.Get("refresh_token") != RefreshToken:
		lwa(400, "invalid_grant", "The request has an invalid grant parameter : refresh_token. User may have revoked or didn't grant the permission.")
		return
	}
	s.mu.Lock()
	s.minted++
	t := fmt.Sprintf("Atza|stand-in-%d", s.minted)
	s.tokens[t] = token{s.now().Add(time.Hour), scope}
	s.mu.Unlock()
	out := map[string]any{"access_token": t, "token_type": "bearer", "expires_in": 3600}
	if scope == "" {
		out["refresh_token"] = RefreshToken
	}
	answer(w, 200, out)
}

// next takes the next fault of an operation; s.mu is held.
func (s *Server) next(operation string) Break {
	list := s.breaks[operation]
	if len(list) == 0 {
		return 0
	}
	s.breaks[operation] = list[1:]
	return list[0]
}

// page cuts a list at a token that is a position.
func page[T any](list []T, token string, size int) (part []T, next string, ok bool) {
	at := 0
	if token != "" {
		if _, err := fmt.Sscanf(token, "page-%d", &at); err != nil || at > len(list) {
			return nil, "", false
		}
	}
	end := min(at+size, len(list))
	if end < len(list) {
		next = fmt.Sprintf("page-%d", end)
	}
	return list[at:end], next, true
}

// plans lists the ids of the plans, the newest first; s.mu is held.
func (s *Server) plans() (list []string) {
	for _, id := range slices.Backward(s.order) {
		if p := s.shipments[id].Plan; p != "" && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}
