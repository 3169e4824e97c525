package main

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"

	"xiaobao/adapters/aftership"
	"xiaobao/adapters/spapi"
	"xiaobao/adapters/track17"
	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// tracking looks at those who tell about parcels: whether their keys work, how much an account may still register, and where they
// post to. It registers nothing.
func (p *patient) tracking(ctx context.Context) (found []bot.Finding, err error) {
	c := p.config
	source := func(name string) flow.Arg { return flow.Text("Source", name) }
	judge := func(name string, err error) bot.Finding {
		why := oneLine(err)
		if reason, ok := watch.IsStop(err); ok {
			why = reason
		}
		return p.found(bot.Wrong, "source_bad", source(name), flow.Text("Why", why))
	}
	if key := os.Getenv("XIAOBAO_17TRACK_KEY"); key != "" {
		q, err := track17.New(track17.Config{Key: key, Base: c.Track17.URL, Now: p.out.now}).Quota(ctx)
		left := []flow.Arg{source("17TRACK"), flow.Number("Remain", strconv.Itoa(q.Remain)), flow.Number("Total", strconv.Itoa(q.Total))}
		switch {
		case err != nil:
			found = append(found, judge("17TRACK", err))
		case q.Low():
			found = append(found, p.found(bot.Doubtful, "source_quota_low", left...))
		default:
			found = append(found, p.found(bot.Fine, "source_quota", left...))
		}
	}
	if key := os.Getenv("XIAOBAO_AFTERSHIP_KEY"); key != "" {
		if err := aftership.New(aftership.Config{Key: key, Base: c.AfterShip.URL, Now: p.out.now}).Ping(ctx); err != nil {
			found = append(found, judge("AfterShip", err))
		} else {
			found = append(found, p.found(bot.Fine, "source", source("AfterShip")))
		}
	}
	carriers, err := newCarriers(c, p.out.now, newLog(p.out.errs, c.Log))
	if err != nil {
		return append(found, p.found(bot.Wrong, "source_setup", flow.Text("Why", oneLine(err)))), nil
	}
	found = append(found, p.amazon(ctx, carriers.amazon)...)
	base := strings.TrimSuffix(c.Public, "/")
	for _, h := range carriers.hooks {
		at := h.Name() + "/main"
		if h.Name() == "hook" {
			at = "hook/web:local"
		}
		if base == "" {
			found = append(found, p.found(bot.Doubtful, "hook_inside", flow.Word("Source", "ui.source."+h.Name()), flow.Text("Path", hookRoot+at)))
			continue
		}
		found = append(found, p.found(bot.Fine, "hook", flow.Word("Source", "ui.source."+h.Name()), flow.Text("Where", base+hookRoot+at)))
	}
	return found, nil
}

// amazon looks at Amazon's accounts: the login, and what each may be used for. A role that is missing is for the operator to judge.
func (p *patient) amazon(ctx context.Context, s *spapi.Source) (found []bot.Finding) {
	if s == nil {
		return nil
	}
	for _, f := range s.Check(ctx) {
		account, topic := flow.Text("Account", f.Account), flow.Word("Topic", "doctor.amazon."+string(f.Topic))
		switch {
		case f.Err == nil:
			found = append(found, p.found(bot.Fine, "amazon", account, topic))
		case spapi.NotSetUp(f.Err):
		case f.Topic == spapi.TopicLogin:
			found = append(found, p.found(bot.Wrong, "amazon_bad", account, flow.Text("Why", oneLine(f.Err))))
		case errors.Is(f.Err, spapi.ErrDenied) && f.Role != "":
			found = append(found, p.found(bot.Doubtful, "amazon_role", account, topic, flow.Text("Role", f.Role)))
		case errors.Is(f.Err, spapi.ErrDenied):
			found = append(found, p.found(bot.Doubtful, "amazon_role_unnamed", account, topic))
		default:
			found = append(found, p.found(bot.Doubtful, "amazon_later", account, topic, flow.Text("Why", oneLine(f.Err))))
		}
	}
	for _, e := range s.Ends(shipment.DateOf(p.out.now()), 30) {
		found = append(found, p.found(bot.Doubtful, "amazon_ends", flow.Text("Account", e.Account), flow.Date("On", e.On.String())))
	}
	return found
}
