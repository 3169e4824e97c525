package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"xiaobao/bot"
)

// gatewayInfo is where the gateway is, and how often it may be identified with.
type gatewayInfo struct {
	URL    string `json:"url"`
	Shards int    `json:"shards"`
	Limit  struct {
		Total       int   `json:"total"`
		Remaining   int   `json:"remaining"`
		Reset       int64 `json:"reset_after"`
		Concurrency int   `json:"max_concurrency"`
	} `json:"session_start_limit"`
}

func (c *client) gateway(ctx context.Context) (g gatewayInfo, err error) {
	err = c.do(ctx, call{method: "GET", path: "/gateway/bot", route: route{name: "GET /gateway/bot", ahead: true}}, &g)
	return g, err
}

// listen runs the shards that this process may run until ctx ends, or until one cannot go on.
func (a *Adapter) listen(ctx context.Context) error {
	var g gatewayInfo
	for try := 0; ; try++ {
		var err error
		if g, err = a.rest.gateway(ctx); err == nil && g.URL != "" {
			break
		}
		if a.rest.limits.refused() {
			return refusedToken()
		}
		if ctx.Err() != nil {
			return nil
		}
		a.Logger.WarnContext(ctx, "discord: no gateway yet", "error", err)
		if sleep(ctx, a.times.backOff(try)) != nil {
			return nil
		}
	}
	shards := a.Shards
	if shards <= 0 {
		shards = max(g.Shards, 1)
	}
	gate := &identifyGate{a: a}
	gate.set(g.Limit.Total, g.Limit.Remaining, g.Limit.Concurrency, a.Now().Add(time.Duration(g.Limit.Reset)*time.Millisecond))
	group, ctx := errgroup.WithContext(ctx)
	for n := range shards {
		s := &session{a: a, shard: n, shards: shards, base: g.URL, gate: gate}
		group.Go(func() error { return a.hold(ctx, s) })
	}
	if a.Forum.Channel != "" {
		group.Go(func() error { a.tend(ctx); return nil })
	}
	if a.Desk.Channel != "" {
		group.Go(func() error { a.attend(ctx); return nil })
	}
	group.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-a.rest.limits.halt:
			return refusedToken()
		}
	})
	return group.Wait()
}

// hold runs a shard while its lease is ours: of all processes with the same database only one acts for it.
func (a *Adapter) hold(ctx context.Context, s *session) error {
	name := "discord:" + a.identity().app + ":" + strconv.Itoa(s.shard)
	waiting := false
	for ctx.Err() == nil {
		until := a.Now().Add(a.times.lease)
		held, err := a.Leases.Lease(ctx, name, a.ID, a.Now(), until)
		if err != nil && ctx.Err() == nil {
			a.Logger.WarnContext(ctx, "discord: no lease", "shard", s.shard, "error", err)
		}
		if !held {
			if !waiting && err == nil {
				waiting = true
				a.Logger.InfoContext(ctx, "discord: another process is connected; waiting in case it ends", "shard", s.shard)
			}
			if sleep(ctx, a.times.lease/6) != nil {
				return nil
			}
			continue
		}
		waiting = false
		if err := a.serve(ctx, s, name, until); err != nil {
			return err
		}
	}
	return nil
}

// serve runs a shard and renews its lease meanwhile. It ends when the lease cannot be renewed in time.
func (a *Adapter) serve(ctx context.Context, s *session, name string, until time.Time) error {
	s.at = a.resumable(ctx, s)
	running, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- s.run(running) }()
	renew := time.NewTicker(a.times.lease / 3)
	defer renew.Stop()
	for {
		select {
		case err := <-ended:
			a.part(ctx, s, name)
			return err
		case <-ctx.Done():
			stop()
			err := <-ended
			a.part(ctx, s, name)
			return err
		case <-renew.C:
			next := a.Now().Add(a.times.lease)
			asking, cancel := context.WithTimeout(ctx, a.times.lease/4)
			held, err := a.Leases.Lease(asking, name, a.ID, a.Now(), next)
			cancel()
			switch {
			case held:
				until = next
			case err == nil, !a.Now().Add(a.times.lease / 3).Before(until):
				a.Logger.WarnContext(ctx, "discord: the lease went to another process", "shard", s.shard, "error", err)
				stop()
				<-ended
				return nil
			}
		}
	}
}

// resumeLife is how long a session is worth trying to resume after its process has ended.
const resumeLife = 5 * time.Minute

func sessionNote(s *session) string { return fmt.Sprintf("session:%d/%d", s.shard, s.shards) }

// resumable is the session that the process before this one left, if it is young.
func (a *Adapter) resumable(ctx context.Context, s *session) (at resumption) {
	body, err := a.Memory.Find(ctx, sessionNote(s), a.Now())
	if err != nil || body == nil || json.Unmarshal(body, &at) != nil {
		return resumption{}
	}
	if err := a.Memory.Drop(ctx, sessionNote(s)); err != nil { // it can be resumed once
		return resumption{}
	}
	return at
}

// part leaves the session for the process that comes next, and gives the lease back.
func (a *Adapter) part(ctx context.Context, s *session, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if body, err := json.Marshal(s.at); err == nil && s.at.ID != "" {
		if err := a.Memory.Keep(ctx, sessionNote(s), bot.User{}, body, a.Now(), a.Now().Add(resumeLife)); err != nil {
			a.Logger.WarnContext(ctx, "discord: the session was not left for the next process", "error", err)
		}
	}
	if err := a.Leases.Release(ctx, name, a.ID); err != nil {
		a.Logger.WarnContext(ctx, "discord: the lease was not given back", "error", err)
	}
}

// event takes one event of the gateway. What is not named here does not concern us, whatever it is.
func (a *Adapter) event(ctx context.Context, name string, data json.RawMessage) {
	switch name {
	case "INTERACTION_CREATE":
		i, err := parse(data)
		if err != nil {
			a.Logger.WarnContext(ctx, "discord: an interaction could not be read", "error", err)
		}
		if i.ID == "" || i.Token == "" || !a.begin() {
			return
		}
		go func() {
			defer a.busy.Done()
			ctx := context.WithoutCancel(ctx)
			a.receive(ctx, i, func(ctx context.Context, c callback) error { return a.callback(ctx, i, c) })
		}()
	case "MESSAGE_CREATE", "MESSAGE_UPDATE":
		if a.overheard(ctx, data) {
			return // said in a server, where only replies in the forum are looked at
		}
		if name == "MESSAGE_CREATE" {
			a.said(ctx, data)
		}
	default:
		a.forumEvent(ctx, name, data)
	}
}

// callback answers an interaction over REST. It is tried once more when no answer came: a repetition is told by 40060.
func (a *Adapter) callback(ctx context.Context, i interaction, c callback) error {
	ctx, cancel := context.WithTimeout(ctx, 2500*time.Millisecond)
	defer cancel()
	one := call{method: "POST", path: "/interactions/" + i.ID + "/" + i.Token + "/callback", body: c, route: route{name: "POST /interactions/{}/{}/callback", major: i.ID, free: true, ahead: true}}
	err := a.rest.do(ctx, one, nil)
	var e *apiError
	if errors.As(err, &e) && (e.Status == 0 || e.Status >= 500) {
		again := a.rest.do(ctx, one, nil)
		if code(again) == errAnswered {
			return nil // the first had arrived
		}
		return again
	}
	return err
}

// A directMessage is what somebody wrote to the bot.
type directMessage struct {
	ID      string       `json:"id"`
	Channel string       `json:"channel_id"`
	Guild   string       `json:"guild_id"`
	Author  account      `json:"author"`
	Webhook string       `json:"webhook_id"`
	Type    int          `json:"type"`
	Content string       `json:"content"`
	Time    time.Time    `json:"timestamp"`
	Files   []sharedFile `json:"attachments"`
}

// readMessage says what a message means; an empty occurrence for what does not concern us: our own, other bots', what was said in
// a server, what is no message.
func readMessage(data []byte, self identity) (occurrence, error) {
	var m directMessage
	if err := json.Unmarshal(data, &m); err != nil {
		return occurrence{}, fmt.Errorf("discord: read a message: %w", err)
	}
	if !isID(m.ID) || !isID(m.Channel) || !isID(m.Author.ID) || m.Guild != "" || m.Author.Bot || m.Webhook != "" || m.Author.ID == self.user || m.Type != 0 && m.Type != 19 {
		return occurrence{}, nil
	}
	o := occurrence{id: "m-" + m.ID, user: makeUser(m.Author.ID, m.Author.called(), ""), place: makeDirect(m.Channel), files: m.Files}
	if text := strings.TrimSpace(m.Content); text != "" {
		o.inputs = []bot.Input{bot.Text{Text: m.Content}}
	} else if len(m.Files) == 0 {
		return occurrence{}, nil
	}
	return o, nil
}

// said hands over what somebody wrote to the bot. Discord delivers it once, so keeping it is tried several times, in the order in
// which people wrote.
func (a *Adapter) said(ctx context.Context, data json.RawMessage) {
	o, err := readMessage(data, a.identity())
	if err != nil {
		a.Logger.WarnContext(ctx, "discord: a message could not be read", "error", err)
		return
	}
	if o.id == "" || !a.begin() {
		return
	}
	a.recent.hear(o.place)
	a.lanes.run(o.place.Room, func() {
		defer a.busy.Done()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*a.times.whole)
		defer cancel()
		if err := a.people.reached(ctx, o.user.ID, o.place.Room); err != nil {
			a.Logger.WarnContext(ctx, "discord: a contact was not noted", "error", err)
		}
		for try := 0; ; try++ {
			err := a.give(ctx, o, o.inputs, o.files)
			if err == nil {
				return
			}
			a.Logger.ErrorContext(ctx, "discord: a message was not kept", "error", err, "attempt", try+1)
			if try >= 4 || sleep(ctx, a.times.backOff(try)) != nil {
				break
			}
		}
		m := a.plain(a.words.say(o.user.Language, "failed"), 0)
		m.Nonce, m.Enforce = nonce(o.id+"f"), true
		if err := a.rest.do(ctx, call{method: "POST", path: "/channels/" + o.place.Room + "/messages", body: &m, route: route{name: "POST /channels/{}/messages", major: o.place.Room, ahead: true}}, nil); err != nil {
			a.Logger.WarnContext(ctx, "discord: nobody was told of a failure", "error", err)
		}
	})
}
