package spapitest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// createDestination and createSubscription keep what was subscribed; see Subscriptions.
func (s *Server) createDestination(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name string
		Spec struct {
			EventBridge struct{ Region, AccountID string } `json:"eventBridge"`
			SQS         struct{ ARN string }
		} `json:"resourceSpecification"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil || (in.Spec.EventBridge.AccountID == "") == (in.Spec.SQS.ARN == "") || strings.HasSuffix(in.Spec.SQS.ARN, ".fifo") {
		fault(w, 400, "InvalidInput", "The destination is not valid.", "")
		return
	}
	answer(w, 200, object{"payload": object{"destinationId": "destination-" + in.Spec.EventBridge.AccountID + in.Spec.SQS.ARN, "name": in.Name, "resource": object{}}})
}

func (s *Server) createSubscription(w http.ResponseWriter, r *http.Request) {
	var in struct{ PayloadVersion, DestinationID string }
	if json.NewDecoder(r.Body).Decode(&in) != nil || !strings.HasPrefix(in.DestinationID, "destination-") {
		fault(w, 400, "InvalidInput", "The subscription is not valid.", "")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subscribed = append(s.subscribed, r.PathValue("type")+" "+in.PayloadVersion+" "+in.DestinationID)
	answer(w, 200, object{"payload": object{"subscriptionId": "subscription-1", "payloadVersion": in.PayloadVersion, "destinationId": in.DestinationID}})
}

// Subscriptions lists what was subscribed: type, version and destination.
func (s *Server) Subscriptions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.subscribed)
}
