package spapi

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"xiaobao/shipment/watch"
)

// HookHeader carries the key that EventBridge was given for the webhook.
const HookHeader = "X-Xiaobao-Key"

// milestoneChanged is the one notification that is about tracking. There is none about the status of FBA shipments.
const milestoneChanged = "SHIPMENT_TRACKING_MILESTONE_CHANGED"

// Hook is the webhook for Amazon's notifications, by way of an EventBridge API destination that sends key in HookHeader. The
// notifications are not signed, so what they say is not believed: they only make the source be asked at once.
func (s *Source) Hook(key string) watch.Webhook { return hook{s, []byte(key)} }

type hook struct {
	source *Source
	key    []byte
}

// Name is Name.
func (h hook) Name() string { return Name }

// A notification as Amazon writes it. Older types begin their keys with capitals; encoding/json does not mind.
type notification struct {
	Type     string `json:"notificationType"`
	Metadata struct {
		ID string `json:"notificationId"`
	} `json:"notificationMetadata"`
	Payload struct {
		Changed struct {
			Detail struct {
				Identifier struct {
					AFTN      string `json:"aftn"`
					Container string `json:"containerNumber"`
					Bill      string `json:"houseBillOfLadingNumber"`
					Carrier   struct {
						Number string `json:"trackingNumber"`
					} `json:"carrierTracking"`
				} `json:"identifier"`
			} `json:"trackingDetail"`
		} `json:"shipmentTrackingMilestoneChangedNotification"`
	} `json:"payload"`
}

// Read takes a notification. See watch.Webhook.
func (h hook) Read(r *http.Request) (watch.Push, error) {
	if len(h.key) == 0 || subtle.ConstantTimeCompare([]byte(r.Header.Get(HookHeader)), h.key) != 1 {
		return watch.Push{}, watch.Forged()
	}
	body, err := watch.Body(r)
	if err != nil {
		return watch.Push{}, err
	}
	return h.source.Notified(body)
}

// Notified reads a notification, alone or in EventBridge's envelope. What is not about tracking, or cannot be read, is a *watch.Rejected.
func (s *Source) Notified(body []byte) (watch.Push, error) {
	var envelope struct {
		Detail json.RawMessage `json:"detail"`
	}
	body = watch.UTF8(body)
	if json.Unmarshal(body, &envelope) == nil && len(envelope.Detail) > 0 {
		body = envelope.Detail
	}
	var n notification
	if err := json.Unmarshal(body, &n); err != nil {
		return watch.Push{}, watch.Pointless("this is no notification of Amazon's")
	}
	if n.Type != milestoneChanged {
		return watch.Push{}, watch.Pointless("this type of notification is not about tracking")
	}
	var push watch.Push
	id := n.Payload.Changed.Detail.Identifier
	for _, number := range []string{id.AFTN, id.Container, id.Bill, id.Carrier.Number} {
		if number = strings.ToUpper(strings.TrimSpace(number)); number != "" && len(number) <= 40 {
			push.Look = append(append(push.Look, number), s.travellingAs(number)...)
		}
	}
	if len(push.Look) == 0 {
		return push, watch.Pointless("the notification names no number")
	}
	return push, nil
}

// travellingAs lists the FBA shipments that are known to travel under a number.
func (s *Source) travellingAs(number string) (ids []string) {
	for _, a := range s.accounts {
		ids = append(ids, a.walk.travellingAs(number)...)
	}
	return ids
}

func (w *walk) travellingAs(number string) (ids []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, s := range w.spots {
		if id != strings.ToUpper(s.said.Confirmation) {
			continue
		}
		legs, _ := s.said.legs()
		for _, l := range legs {
			if l.number == number {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

type object = map[string]any

// A Destination is where Amazon writes notifications to, at AWS.
type Destination struct{ resource object }

// EventBridge is an AWS account's, in a region.
func EventBridge(account, region string) Destination {
	return Destination{object{"eventBridge": object{"region": region, "accountId": account}}}
}

// SQS is a standard queue, by its ARN.
func SQS(arn string) Destination { return Destination{object{"sqs": object{"arn": arn}}} }

// Subscribe has every account tell a destination of milestones. Doing it again is told as
// Amazon tells it, mostly as a conflict. See docs/amazon.md for what is to be set up at AWS.
func (s *Source) Subscribe(ctx context.Context, to Destination) error {
	var failed []error
	for _, a := range s.accounts {
		failed = append(failed, a.subscribe(ctx, to))
	}
	return errors.Join(failed...)
}

func (a *account) subscribe(ctx context.Context, to Destination) error {
	var made struct {
		Payload struct {
			ID string `json:"destinationId"`
		} `json:"payload"`
	}
	err := a.do(ctx, request{
		operation: "createDestination", method: http.MethodPost, path: "/notifications/v1/destinations", scope: scopeNotifications, once: true,
		body: object{"name": "xiaobao", "resourceSpecification": to.resource},
	}, &made)
	if err != nil {
		return err
	}
	return a.do(ctx, request{
		operation: "createSubscription", method: http.MethodPost, path: "/notifications/v1/subscriptions/" + url.PathEscape(milestoneChanged), once: true,
		body: object{"payloadVersion": "2026-01-30", "destinationId": made.Payload.ID},
	}, nil)
}
