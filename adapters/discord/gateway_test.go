package discord

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"xiaobao/adapters/discord/discordtest"
	"xiaobao/bot"
)

// ears collects what an adapter hands over.
type ears struct {
	mu  sync.Mutex
	all []bot.Incoming
}

func (e *ears) handle(_ context.Context, in bot.Incoming) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, in)
	return nil
}

// heard are the texts that came, each as often as it came.
func (e *ears) heard() (out []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, in := range e.all {
		if t, ok := in.What.(bot.Text); ok {
			out = append(out, t.Text)
		}
	}
	return out
}

func (e *ears) inputs() []bot.Incoming {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.all)
}

func waitFor(s *discordtest.Server, e *ears, want ...string) {
	s.Wait(fmt.Sprintf("%q", want), func() bool {
		got := e.heard()
		slices.Sort(got)
		return slices.Equal(slices.Compact(got), slices.Sorted(slices.Values(want)))
	})
}

// F19: whatever happens to the connection, nothing that was said meanwhile is lost, and where Discord allows it the session goes
// on rather than begin anew.
func TestLinkEnds(t *testing.T) {
	for _, c := range []struct {
		name       string
		end        func(*discordtest.Server)
		identifies int // in all
		resumes    int
	}{
		{"op 7", (*discordtest.Server).Reconnect, 1, 1},
		{"op 9, resumable", func(s *discordtest.Server) { s.Invalid(true) }, 1, 1},
		{"op 9, not resumable", func(s *discordtest.Server) { s.Invalid(false) }, 2, 0},
		{"broken", (*discordtest.Server).Break, 1, 1},
		{"1000", func(s *discordtest.Server) { s.Close(1000) }, 1, 1},
		{"1006 by 1011", func(s *discordtest.Server) { s.Close(1011) }, 1, 1},
		{"4000", func(s *discordtest.Server) { s.Close(4000) }, 1, 1},
		{"4001", func(s *discordtest.Server) { s.Close(4001) }, 1, 1},
		{"4002", func(s *discordtest.Server) { s.Close(4002) }, 1, 1},
		{"4003", func(s *discordtest.Server) { s.Close(4003) }, 2, 0},
		{"4005", func(s *discordtest.Server) { s.Close(4005) }, 1, 1},
		{"4007", func(s *discordtest.Server) { s.Close(4007) }, 2, 0},
		{"4008", func(s *discordtest.Server) { s.Close(4008) }, 1, 1},
		{"4009", func(s *discordtest.Server) { s.Close(4009) }, 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, e := discordtest.New(t), &ears{}
			a, _ := connect(t, s, database(t), e.handle)
			s.Event("MESSAGE_CREATE", discordtest.Said(1, "before"))
			waitFor(s, e, "before")
			if p := a.Pulse(); p.Links != 1 || !p.Down.IsZero() {
				t.Errorf("connected, it says %+v", p)
			}
			c.end(s)
			if c.resumes > 0 { // it happens while nobody listens, and is told when the session goes on
				s.Event("MESSAGE_CREATE", discordtest.Said(2, "between"))
			} else {
				s.Wait("a new session", func() bool { return len(s.Identified()) == c.identifies && s.Links() == 1 })
				s.Event("MESSAGE_CREATE", discordtest.Said(2, "between"))
			}
			waitFor(s, e, "before", "between")
			if p := a.Pulse(); p.Links != 1 || !p.Down.IsZero() { // what was missed has come: the link counts
				t.Errorf("connected again, it says %+v", p)
			}
			if n := len(s.Identified()); n != c.identifies {
				t.Errorf("identified %d times, want %d", n, c.identifies)
			}
			if n := s.Resumed(); n != c.resumes {
				t.Errorf("resumed %d times, want %d", n, c.resumes)
			}
			for _, code := range s.Closes() {
				if code == 1000 || code == 1001 {
					t.Errorf("closed with %d, which ends the session", code)
				}
			}
		})
	}
}

// What is asked of Discord is counted by route and answer, and how long first answers take: a second answer to one interaction (40060) is
// seen there as 400.
func TestCounted(t *testing.T) {
	o := newOutbox(t)
	p := discordtest.InServer("en-US").Command(1, "status")
	o.s.Do(p)
	o.s.Event("INTERACTION_CREATE", p) // as a second process with this token would see it
	o.s.Wait("both to be answered", func() bool {
		return len(o.s.Calls("POST /interactions/{interaction_id}/{interaction_token}/callback")) == 2
	})
	o.s.CloseDM(discordtest.DM)
	if _, got, _ := o.send(bot.Delivery{ID: "a", Message: text("m")}); got != bot.Refused {
		t.Errorf("a closed door: %q", got)
	}
	want := []bot.CallCount{
		{Method: "GET /applications/@me", Status: 200, Count: 1}, {Method: "POST /channels/{}/messages", Status: 403, Count: 1},
		{Method: "POST /interactions/{}/{}/callback", Status: 204, Count: 1}, {Method: "POST /interactions/{}/{}/callback", Status: 400, Count: 1},
	}
	var pulse bot.Pulse
	o.s.Wait("what is counted", func() bool {
		pulse = o.a.Pulse()
		return !slices.ContainsFunc(want, func(c bot.CallCount) bool { return !slices.Contains(pulse.Calls, c) })
	})
	acks := int64(0)
	for _, n := range pulse.Waits {
		acks += n
	}
	if acks != 2 || pulse.WaitsSum <= 0 {
		t.Errorf("%d first answers in %v", acks, pulse.WaitsSum)
	}
}

// A process is down while one of the sessions it keeps has no connection; shards that others hold are no matter.
func TestPulse(t *testing.T) {
	now := time.Unix(1764550800, 0)
	a := &Adapter{pulse: &pulse{now: func() time.Time { return now }}}
	steps := []struct {
		name string
		do   func()
		down bool
	}{
		{"it holds no shard", func() {}, false},
		{"a session begins", func() { a.pulse.session(1) }, true},
		{"it is connected", func() { a.pulse.link(1) }, false},
		{"another begins", func() { a.pulse.session(1) }, true},
		{"and is connected", func() { a.pulse.link(1) }, false},
		{"one breaks", func() { a.pulse.link(-1) }, true},
		{"and its shard goes to another process", func() { a.pulse.session(-1) }, false},
	}
	for _, s := range steps {
		s.do()
		if p := a.Pulse(); p.Down.IsZero() == s.down || s.down && !p.Down.Equal(now) {
			t.Errorf("%s: %+v", s.name, p)
		}
	}
}

// A link that is dead is noticed by a heartbeat that is not acknowledged; the session goes on and nothing is lost.
func TestZombie(t *testing.T) {
	s, e := discordtest.New(t), &ears{}
	s.Beat(60 * time.Millisecond)
	connect(t, s, database(t), e.handle)
	s.Event("MESSAGE_CREATE", discordtest.Said(1, "before"))
	waitFor(s, e, "before")
	s.Zombie()
	s.Event("MESSAGE_CREATE", discordtest.Said(2, "into the void"))
	waitFor(s, e, "before", "into the void")
	if len(s.Identified()) != 1 || s.Resumed() < 1 {
		t.Errorf("identified %d times, resumed %d times", len(s.Identified()), s.Resumed())
	}
}

// The first heartbeat comes at a random part of the interval.
func TestFirstHeartbeat(t *testing.T) {
	s := discordtest.New(t)
	const interval = 300 * time.Millisecond
	s.Beat(interval)
	connect(t, s, database(t), (&ears{}).handle)
	for n := 1; n <= 6; n++ {
		s.Wait("a heartbeat", func() bool { return len(s.FirstBeats()) == n })
		s.Reconnect()
	}
	beats := s.FirstBeats()
	slices.Sort(beats)
	if beats[len(beats)-1] > interval+100*time.Millisecond || beats[len(beats)-1]-beats[0] < 10*time.Millisecond {
		t.Errorf("the first heartbeats came after %v", beats)
	}
}

// The close codes that only a person can mend end the program, and it says what to do.
func TestFatalCodes(t *testing.T) {
	for code, want := range map[int]string{4004: "Reset Token", 4010: "discord.shards", 4011: "discord.shards", 4012: "update", 4013: "update", 4014: "update"} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			s := discordtest.New(t)
			_, ended := connect(t, s, database(t), (&ears{}).handle)
			s.Wait("the connection", func() bool { return s.Links() == 1 })
			s.Close(code)
			select {
			case err := <-ended:
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("ended with %v", err)
				}
			case <-time.After(10 * time.Second):
				t.Error("it goes on")
			}
			if n := len(s.Identified()); n != 1 {
				t.Errorf("identified %d times", n)
			}
		})
	}
}

// A token that Discord refuses ends the program, and nothing is sent any more.
func TestRefusedToken(t *testing.T) {
	s := discordtest.New(t)
	s.Fail("GET /applications/@me", discordtest.Fault{Status: 503}, discordtest.Fault{Status: 401})
	_, ended := connect(t, s, database(t), (&ears{}).handle)
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "DISCORD_TOKEN") {
		t.Errorf("ended with %v", err)
	}
	s = discordtest.New(t)
	a, ended := connect(t, s, database(t), (&ears{}).handle)
	s.Wait("the connection", func() bool { return s.Links() == 1 })
	s.Fail("POST /channels/{channel_id}/messages", discordtest.Fault{Status: 401})
	a.Send(t.Context(), bot.Delivery{ID: "d1", Place: channel(), Message: text("x"), Attempt: 1})
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "DISCORD_TOKEN") {
		t.Errorf("ended with %v", err)
	}
	before := len(s.Calls(""))
	_, err := a.Send(t.Context(), bot.Delivery{ID: "d2", Place: channel(), Message: text("x"), Attempt: 1})
	if got, _ := bot.Fate(err, 1); got != bot.Deferred {
		t.Errorf("the outcome is %q", got)
	}
	if n := len(s.Calls("")); n != before {
		t.Errorf("%d calls after the token was refused", n-before)
	}
}

// The process that comes next goes on with the session of the one before: what was said in between is heard.
func TestRestartResumes(t *testing.T) {
	s, e, db := discordtest.New(t), &ears{}, database(t)
	_, _, stop := run(t, s, db, e.handle)
	s.Event("MESSAGE_CREATE", discordtest.Said(1, "before"))
	waitFor(s, e, "before")
	stop()
	s.Event("MESSAGE_CREATE", discordtest.Said(2, "while nobody was there"))
	connect(t, s, db, e.handle)
	waitFor(s, e, "before", "while nobody was there")
	if len(s.Identified()) != 1 || s.Resumed() != 1 {
		t.Errorf("identified %d times, resumed %d times", len(s.Identified()), s.Resumed())
	}
}

// Two processes on one database: one acts. When it ends the other takes over.
func TestTwoProcesses(t *testing.T) {
	s, db := discordtest.New(t), database(t)
	one, two := &ears{}, &ears{}
	short := func(a *Adapter) { a.times.lease = 600 * time.Millisecond }
	_, _, stop := run(t, s, db, one.handle, short)
	s.Wait("the connection", func() bool { return s.Links() == 1 })
	connect(t, s, db, two.handle, short)
	for n := range 20 {
		s.Event("MESSAGE_CREATE", discordtest.Said(n+1, fmt.Sprint("line ", n)))
	}
	s.Wait("all lines", func() bool { return len(one.heard()) == 20 })
	if got := two.heard(); len(got) > 0 {
		t.Errorf("both heard %q", got)
	}
	if n := s.Links(); n != 1 {
		t.Errorf("%d connections", n)
	}
	stop()
	s.Event("MESSAGE_CREATE", discordtest.Said(100, "after"))
	waitFor(s, two, "after")
}

// Shards: each has its own session; two processes share them.
func TestShards(t *testing.T) {
	s, db := discordtest.New(t), database(t)
	s.Shards(3)
	connect(t, s, db, (&ears{}).handle)
	s.Wait("three connections", func() bool { return s.Links() == 3 })
	if n := len(s.Identified()); n != 3 {
		t.Errorf("identified %d times", n)
	}
}

// Identifications have a budget. When it is used up the program waits for the next day's; and one that keeps failing slows down.
func TestIdentifyBudget(t *testing.T) {
	now := opening
	a := &Adapter{Config: Config{Now: func() time.Time { return now }}, times: defaultTimes()}
	g := &identifyGate{a: a}
	g.set(1000, 0, 1, now.Add(3*time.Hour))
	if d := g.wait(0); d != 3*time.Hour {
		t.Errorf("with an empty budget it waits for %v", d)
	}
	g = &identifyGate{a: a}
	g.set(1000, 1000, 1, now.Add(24*time.Hour))
	count := 0
	for end := now.Add(24 * time.Hour); now.Before(end); {
		if d := g.wait(0); d > 0 {
			now = now.Add(d)
			continue
		}
		count++
	}
	if count > 760 {
		t.Errorf("%d identifications in a day", count)
	}
	g = &identifyGate{a: a}
	g.set(1000, 1000, 16, now.Add(24*time.Hour))
	for shard := range 16 {
		if d := g.wait(shard); d > 0 {
			t.Errorf("shard %d waits for %v, and belongs to a group of its own", shard, d)
		}
	}
	if d := g.wait(16); d != 5*time.Second {
		t.Errorf("the next of a group waits for %v", d)
	}
}

// Events that came twice, late, broken, or that nobody has heard of.
func TestStrangeEvents(t *testing.T) {
	s, e := discordtest.New(t), &ears{}
	connect(t, s, database(t), e.handle)
	s.Event("MESSAGE_CREATE", discordtest.Said(2, "second"), true)
	s.Event("MESSAGE_CREATE", discordtest.Said(1, "first"))
	for _, raw := range []string{
		`not json`, `{"op":0}`, `{"op":0,"t":"INTERACTION_CREATE","s":900,"d":{"id":5}}`, `{"op":0,"t":"MESSAGE_CREATE","s":901,"d":[]}`,
		`{"op":0,"t":"HOLOGRAM_PROJECT","s":902,"d":{"x":1}}`, `{"op":99,"d":{}}`, `{"op":11}`, `{"op":10,"d":{"heartbeat_interval":1}}`, `{"op":0,"t":"READY","s":903,"d":null}`,
	} {
		s.Raw(raw)
	}
	s.Event("GUILD_MEMBERS_CHUNK_OF_THE_FUTURE", map[string]any{"a": []any{1, "b", nil}})
	own := discordtest.Said(5, "a bot's")
	own["author"] = map[string]any{"id": discordtest.Stranger, "bot": true}
	s.Event("MESSAGE_CREATE", own)
	server := discordtest.Said(6, "said in a server")
	server["guild_id"] = discordtest.Guild
	s.Event("MESSAGE_CREATE", server)
	joined := discordtest.Said(7, "")
	joined["type"] = 7
	s.Event("MESSAGE_CREATE", joined)
	s.Event("MESSAGE_CREATE", discordtest.Said(8, "last"))
	waitFor(s, e, "second", "first", "last")
	ids := map[string]int{}
	for _, in := range e.inputs() {
		ids[in.ID]++
	}
	if ids["m-1200000000000000002"] != 2 || len(ids) != 3 {
		t.Errorf("a message that comes twice must have the same id both times: %v", ids)
	}
	if n := len(s.Identified()); n != 1 {
		t.Errorf("identified %d times", n)
	}
}
