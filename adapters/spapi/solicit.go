package spapi

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Asked is what became of asking one buyer.
type Asked string

// What may become of it. Amazon decides whether an order may be asked about: once, and only for some days after the delivery.
const (
	AskedNow    Asked = "asked"    // Amazon sends the request, in the buyer's language
	AskedNot    Asked = "not_now"  // Amazon does not allow it: asked before, too early, too late, or not an order of this store
	AskedUnsure Asked = "unsure"   // the connection broke after it was sent; it is never sent again by itself
	AskedDenied Asked = "denied"   // the authorisation does not allow it
	AskedFailed Asked = "failed"   // Amazon did not answer: it may be tried later
	AskedFault  Asked = "no_order" // it is no number of an order
)

// orderForm is what an order's number looks like.
var orderForm = regexp.MustCompile(`^[0-9]{3}-[0-9]{7}-[0-9]{7}$`)

const solicitation = "productReviewAndSellerFeedback"

// Ask asks the buyer of an order for seller feedback and a product review, where Amazon allows it at this moment, and says what became of
// it. Amazon writes the message; nothing can be added to it. It is asked first whether it is allowed, so that a second call is harmless.
func (s *Source) Ask(ctx context.Context, order string) (Asked, error) {
	order = strings.TrimSpace(order)
	if !orderForm.MatchString(order) {
		return AskedFault, nil
	}
	if err := s.allStopped(); err != nil {
		return AskedDenied, err
	}
	worst, err := AskedNot, error(nil)
	for _, a := range s.accounts {
		for _, m := range a.Marketplaces {
			may, failed := a.mayAsk(ctx, order, m)
			if failed == nil && may {
				failed = a.ask(ctx, order, m)
				if failed == nil {
					return AskedNow, nil
				}
				var f *Fault
				if errors.As(failed, &f) && f.HTTP == 0 {
					return AskedUnsure, failed
				}
			}
			switch {
			case ctx.Err() != nil:
				return AskedFailed, ctx.Err()
			case failed == nil, nothing(failed):
			case errors.Is(failed, ErrDenied), errors.Is(failed, ErrStopped):
				if worst == AskedNot {
					worst, err = AskedDenied, failed
				}
			default:
				worst, err = AskedFailed, failed
			}
		}
	}
	return worst, err
}

// mayAsk reports whether Amazon allows a solicitation for an order now: an empty list of actions says no.
func (a *account) mayAsk(ctx context.Context, order, marketplace string) (bool, error) {
	var answer struct {
		Links struct {
			Actions []struct {
				Name string `json:"name"`
			} `json:"actions"`
		} `json:"_links"`
	}
	err := a.do(ctx, request{
		operation: "getSolicitationActionsForOrder", path: "/solicitations/v1/orders/" + url.PathEscape(order), query: url.Values{"marketplaceIds": {marketplace}},
		apart: true,
	}, &answer)
	return slices.ContainsFunc(answer.Links.Actions, func(x struct {
		Name string `json:"name"`
	}) bool {
		return x.Name == solicitation
	}), err
}

func (a *account) ask(ctx context.Context, order, marketplace string) error {
	return a.do(ctx, request{
		operation: "createProductReviewAndSellerFeedbackSolicitation", method: http.MethodPost, once: true, apart: true,
		path: "/solicitations/v1/orders/" + url.PathEscape(order) + "/solicitations/" + solicitation, query: url.Values{"marketplaceIds": {marketplace}},
	}, nil)
}
