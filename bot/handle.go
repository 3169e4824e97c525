package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"xiaobao/bot/answer"
	"xiaobao/bot/flow"
)

// Handle takes one thing that happened and returns when what came of it is kept for good: state, replies and timers,
// all or nothing. What must leave is then on its way; Handle does not wait for a network. A thing that comes twice is
// applied once, and Handle returns nil both times. An error means nothing was kept: let the network deliver it again.
func (b *Bot) Handle(ctx context.Context, in Incoming) error {
	now := b.Now()
	for tries := 1; ; tries++ {
		k, role, err := b.key(ctx, in, now)
		if err != nil {
			return err
		}
		err = b.apply(ctx, k, role, in, now)
		if errors.Is(err, ErrMoved) && tries < 5 { // another process moved the user between the two
			continue
		}
		if errors.Is(err, ErrSeen) {
			b.repeats.Add(1)
			return nil
		}
		if err != nil {
			return fmt.Errorf("bot: handle %s: %w", k.Event, err)
		}
		return nil
	}
}

// apply makes the turn and sends what must leave.
func (b *Bot) apply(ctx context.Context, k Key, role string, in Incoming, now time.Time) error {
	seed, left := b.NewID(), !b.held.admit(ctx)
	if !left {
		defer b.held.release(1)
	}
	var came Turn
	think := func(f func(*turn)) func([]byte) (Turn, error) {
		return func(state []byte) (t Turn, err error) {
			defer func() {
				if r := recover(); r != nil {
					err = &panicked{r, debug.Stack()}
				}
			}()
			came, err = b.think(k, role, state, seed, in, now, f)
			came.Left = left
			return came, err
		}
	}
	b.turned.Store(now.UnixMicro())
	ds, err := b.Store.Apply(ctx, k, now, think((*turn).take))
	var p *panicked
	if errors.As(err, &p) {
		ref := b.NewID()
		ref = ref[:min(8, len(ref))]
		b.Log.ErrorContext(ctx, "a turn panicked", "ref", ref, "panic", fmt.Sprint(p.value), "place", in.To.String(), "case", k.Case, "event", k.Event, "stack", string(p.stack))
		ds, err = b.Store.Apply(ctx, k, now, think(func(t *turn) { t.trouble(ref) }))
	}
	if err != nil {
		return err
	}
	if b.Log.Enabled(ctx, slog.LevelDebug) {
		b.Log.DebugContext(ctx, "turn", "place", in.To.String(), "case", k.Case, "event", k.Event, "out", len(came.Out))
	}
	b.held.send(ds)
	return nil
}

// key finds the case, names the event, and says in which role whoever did it works on the case.
func (b *Bot) key(ctx context.Context, in Incoming, now time.Time) (k Key, role string, err error) {
	switch what := in.What.(type) {
	case News:
		return Key{Tenant: what.Tenant, Case: what.Case, Event: "news:" + in.ID}, "", nil
	case Lost:
		return Key{Tenant: what.Tenant, Case: what.Case, Event: in.ID}, "", nil
	case Woken:
		return Key{Tenant: what.Tenant, Case: what.Case, Event: in.ID}, "", nil
	case Returned:
		return Key{Tenant: what.Tenant, Case: what.Case, Event: in.ID}, "", nil
	}
	if in.From.ID == "" || in.ID == "" {
		return Key{}, "", errors.New("bot: an event without an id or a user")
	}
	m, err := b.Store.Enter(ctx, in.From, b.NewID(), now)
	if err != nil {
		return Key{}, "", fmt.Errorf("bot: find the case of an event: %w", err)
	}
	return Key{Tenant: in.From.Tenant(), Case: m.Case, Event: in.From.Network + ":" + in.ID, Who: in.From.ID}, m.Role, nil
}

// A turn is the thinking about one event. It may be thought twice and must come to the same both times.
type turn struct {
	bot   *Bot
	key   Key
	role  string // of whoever did it
	in    Incoming
	now   time.Time
	state flow.State
	out   []Outgoing
	wake  []Timer
	menus map[string][]Pick
}

func (b *Bot) think(k Key, role string, state []byte, seed string, in Incoming, now time.Time, f func(*turn)) (Turn, error) {
	t := &turn{bot: b, key: k, role: role, in: in, now: now, out: make([]Outgoing, 0, 4)}
	var err error
	if len(state) == 0 {
		switch in.What.(type) {
		case Lost, News, Woken, Returned:
			return Turn{}, nil // the case was erased meanwhile
		}
		t.state = flow.State{Spec: flow.Spec, Seed: seed}
	} else if t.state, err = b.states.read(k.Case, state); err != nil {
		return Turn{}, fmt.Errorf("read the case: %w", err)
	}
	f(t)
	next, err := b.states.write(k.Case, t.state)
	if err != nil {
		return Turn{}, fmt.Errorf("write the case: %w", err)
	}
	return Turn{State: next, Out: t.out, Wake: t.wake}, nil
}

// take does what the event asks for.
func (t *turn) take() {
	by := t.by()
	switch t.in.What.(type) {
	case Text, File:
		if t.late(by) {
			t.sayLate(by)
			return
		}
		defer t.tookLate(by)
	}
	switch what := t.in.What.(type) {
	case Text:
		t.echo(what.Text)
		if p, ok := t.picked(by.Person, what.Text); ok {
			t.advance(t.chosen(by, p))
			return
		}
		t.advance(flow.Said{By: by, Text: what.Text})
	case Press:
		t.advance(t.chosen(by, Unpack(what)))
	case Submit:
		t.advance(flow.Submitted{By: by, Token: what.Token, Values: t.filled(by, what)})
	case File:
		t.file(by, what)
	case Direct:
		t.direct(by, what)
	case Woken:
		t.woken(what)
	case Returned:
		t.returned(what)
	case Lost:
		t.lost(what)
	case News:
		t.news(what)
	}
}

func (t *turn) by() flow.By {
	return flow.By{Person: t.in.From.Key(), Name: t.in.From.Name, Place: t.in.To.String(), Lang: t.in.From.Language, Zone: t.in.From.Zone, Looks: t.role == Viewer, Singly: t.bot.capabilities(t.in.To).Fields == 0}
}

func (t *turn) chosen(by flow.By, p Press) flow.Chose {
	return flow.Chose{By: by, Token: p.Token, Action: p.Action, Values: p.Values}
}

// local is now where a person lives.
func (t *turn) local(person string) time.Time {
	zone := t.state.People[person].Zone
	if zone == "" {
		zone = t.in.From.Zone
	}
	return t.now.In(zoneOf(zone))
}

// advance thinks, and turns the effects into what must leave.
func (t *turn) advance(e flow.Event) {
	now := t.local(t.in.From.Key())
	switch e := e.(type) {
	case flow.Answered:
		now = t.local(e.Person)
	case flow.TimePassed, flow.Told, flow.Shut:
		now = t.local(t.somebody())
	}
	var effects []flow.Effect
	defer func() { t.askWhere(effects) }()
	t.state, effects = t.bot.Book.Advance(t.state, e, now)
	asks := map[string]bool{}
	for _, e := range effects {
		if a, ok := e.(flow.Ask); ok {
			asks[a.To.Person] = true
		}
	}
	for _, e := range effects {
		switch e := e.(type) {
		case flow.Call:
			t.call(e)
		case flow.Wake:
			t.timer(e.Name, e.At)
		case flow.Wish:
			t.wish(e)
		case flow.Notices:
			t.notices(e)
		case flow.Reason:
			t.reason(e)
		case flow.Sample:
			t.sample(e)
		default:
			t.show(e, asks)
		}
	}
}

// somebody is a person of the case whose clock counts when nobody in particular did something.
func (t *turn) somebody() string {
	best := ""
	for p, k := range t.state.People {
		if k.Zone != "" && (best == "" || p < best) {
			best = p
		}
	}
	return best
}

// show renders an effect and fits it to where it goes.
func (t *turn) show(e flow.Effect, asks map[string]bool) {
	to, m, ok := t.bot.render.render(e)
	if !ok {
		return
	}
	place, ok := ParsePlace(to.Place)
	if !ok {
		return // someone who was never seen: a colleague who has not come yet
	}
	c := t.bot.capabilities(place)
	if !c.Edits && passing(e, asks[to.Person]) {
		return
	}
	if _, closed := e.(flow.Close); closed && (m.Text != "" || len(m.Blocks) > 0) && t.in.From.ID != "" {
		m.Done = &Stamp{By: t.in.From.Name, At: t.now}
	}
	t.post(place, m, c)
}

// passing says whether an effect only tidies up cards, which a place where nothing can be edited has no use for: it would
// print the ten steps at every turn.
func passing(e flow.Effect, asked bool) bool {
	switch e := e.(type) {
	case flow.Spine:
		return asked || e.Redraw
	case flow.Close:
		return len(e.Facts) == 0
	}
	return false
}

// post fits a message and queues it.
func (t *turn) post(place Place, m Message, c Capabilities) {
	fitted := Fit(m, c, t.bot.Words)
	if c.Buttons == 0 && m.For != "" {
		t.remember(m, fitted.Menu)
	}
	for _, m := range fitted.Messages {
		t.queue(Outgoing{Place: place, Message: m})
	}
}

// queue gives what must leave its id: the same when the turn is thought again.
func (t *turn) queue(o Outgoing) {
	o.ID = outgoingID(t.key, len(t.out))
	t.out = append(t.out, o)
}

func (t *turn) timer(name string, at time.Time) {
	w := Timer{Tenant: t.key.Tenant, Case: t.key.Case, Name: name, At: at}
	if i := slices.IndexFunc(t.wake, func(o Timer) bool { return o.Name == name }); i >= 0 {
		t.wake[i] = w
		return
	}
	t.wake = append(t.wake, w)
}

// CallNetwork is the network of the places where calls wait: one queue for each case and name.
const CallNetwork = "call"

func (t *turn) call(e flow.Call) {
	k := t.state.People[e.Person]
	c := &Call{ID: e.ID, Name: e.Name, By: e.Person, Args: e.Args, Facts: e.Facts}
	c.From, _ = ParseUser(e.Person)
	c.From.Name, c.From.Language, c.From.Zone = k.Name, k.Lang, k.Zone
	c.At, _ = ParsePlace(k.Place)
	if e.Pack != nil {
		lang := t.bot.Operator
		m := t.bot.render.reader(flow.To{Lang: lang, Zone: k.Zone}).show(flow.Show{Sheet: *e.Pack})
		m.Lang = lang
		c.Body, _ = json.Marshal(m)
	}
	t.queue(Outgoing{Place: Place{Network: CallNetwork, Workspace: e.Name, Room: t.key.Case}, Call: c})
}

// echo shows what somebody typed back to the room, where the place does not do that by itself.
func (t *turn) echo(text string) {
	if !t.bot.capabilities(t.in.To).Echo {
		return
	}
	shown, _ := answer.Prose(mask(text), longestEcho)
	if shown != "" {
		t.queue(Outgoing{Place: t.in.To, Echo: &Echo{From: t.in.From, Text: shown}})
	}
}

// longestEcho is how many characters of a typed text are shown back.
const longestEcho = 4000

// remember keeps what typed lines stand for, for a person at a place without buttons.
func (t *turn) remember(m Message, menu []Pick) {
	note := menuNote + m.For
	if t.menus == nil {
		t.menus = map[string][]Pick{}
	}
	if m.Expect != Nothing {
		t.menus[note] = nil // a new prompt: older numbers no longer count
	}
	all := append(t.menus[note], menu...)
	if t.menus[note] = all; len(all) == 0 {
		if t.state.Notes[note] != "" && m.Expect != Nothing {
			t.note(note, "")
		}
		return
	}
	text, err := json.Marshal(all)
	if err == nil {
		t.note(note, string(text))
	}
}

func (t *turn) note(name, value string) {
	notes := make(map[string]string, len(t.state.Notes)+1)
	for k, v := range t.state.Notes {
		notes[k] = v
	}
	if value == "" {
		delete(notes, name)
	} else {
		notes[name] = value
	}
	t.state.Notes = notes
}

// picked finds the button that a typed line stands for.
func (t *turn) picked(person, text string) (Press, bool) {
	note := t.state.Notes[menuNote+person]
	if note == "" {
		return Press{}, false
	}
	var menu []Pick
	if json.Unmarshal([]byte(note), &menu) != nil {
		return Press{}, false
	}
	typed, _ := answer.Clean(text, 100)
	for i := len(menu) - 1; i >= 0; i-- { // the newest first
		p := menu[i]
		label, _ := answer.Clean(p.Label, 100)
		if p.Number > 0 && typed == fmt.Sprint(p.Number) || strings.EqualFold(typed, label) {
			press := Press{Token: p.Token, Action: p.Action}
			if p.Value != "" {
				press.Values = []string{p.Value}
			}
			return press, true
		}
	}
	return Press{}, false
}

// largestFile is how many bytes of a file are looked into.
const largestFile = 512 << 10

// file takes a small text file as if its text had been typed; anything else is refused kindly.
func (t *turn) file(by flow.By, f File) {
	for _, c := range t.bot.Files {
		if len(f.Data) <= largestFile && c.Is(f.Name, f.Data) {
			t.echo(f.Name)
			t.hand(by, c.Call, f)
			return
		}
	}
	if t.opened(by, f) {
		return
	}
	text, ok := readText(f.Data)
	if !ok || len(f.Data) > largestFile {
		t.unreadable(by, f)
		return
	}
	t.echo(f.Name)
	t.advance(flow.Read{By: by, Text: text})
}

// hand gives a file to another room.
func (t *turn) hand(by flow.By, call string, f File) {
	t.advance(flow.Handed{By: by, Call: call})
	for i := len(t.out) - 1; i >= 0; i-- {
		if c := t.out[i].Call; c != nil && c.Name == call && c.Body == nil {
			c.Body, _ = json.Marshal(map[string]any{"name": f.Name, "data": f.Data}) // text and bytes always can
			return
		}
	}
}

// to is who did this, as a reader, whether or not the engine knows them yet.
func (t *turn) to(by flow.By) flow.To {
	to := flow.To{Person: by.Person, Name: by.Name, Place: by.Place, Lang: by.Lang, Zone: by.Zone}
	if k, ok := t.state.People[by.Person]; ok {
		to.Lang, to.Zone = k.Lang, k.Zone
	}
	return to
}

func (t *turn) woken(w Woken) {
	t.timer(w.Name, time.Time{}) // gone, unless it is set again
	if person, ok := strings.CutPrefix(w.Name, heldTimer); ok {
		t.due(person)
		return
	}
	t.advance(flow.TimePassed{Name: w.Name})
}

func (t *turn) returned(r Returned) {
	person := r.Call.By
	if k, ok := t.state.People[person]; ok && r.Show != nil {
		show := *r.Show
		show.To = flow.To{Person: person, Name: k.Name, Place: k.Place, Lang: k.Lang, Zone: k.Zone}
		t.show(show, nil)
	}
	if k, ok := t.state.People[person]; ok && len(r.Files)+len(r.Shown) > 0 {
		if place, ok := ParsePlace(k.Place); ok {
			m := t.bot.render.reader(flow.To{Person: person, Name: k.Name, Lang: k.Lang, Zone: k.Zone}).message()
			m.Blocks = append(m.Blocks, r.Shown...)
			m.Text = r.Text
			if m.Text == "" {
				m.Text = textOf(r.Shown)
			}
			for _, f := range r.Files {
				m.Text = join("\n", m.Text, join(" – ", f.Name, f.Note))
				m.Blocks = append(m.Blocks, Block{Kind: Attached, File: &f})
			}
			m.Actions = r.Offers
			t.post(place, m, t.bot.capabilities(place))
		}
	}
	t.advance(flow.Answered{Call: r.Call.ID, Name: r.Call.Name, Person: person, Values: r.Values, Fault: r.Fault})
}

// trouble is said instead of a turn that broke. The state stays as it was, a timer that broke it is gone.
func (t *turn) trouble(ref string) {
	if w, ok := t.in.What.(Woken); ok {
		t.timer(w.Name, time.Time{})
	}
	if t.in.From.ID == "" {
		return
	}
	by := t.by()
	p := t.bot.render.reader(t.to(by))
	m := p.message()
	m.Text = p.ui("trouble", flow.Text("Ref", ref))
	t.queue(Outgoing{Place: t.in.To, Message: m})
}

// readText reads a text file as people have them: UTF-8, UTF-16 with a mark, or the GBK that Chinese Excel writes.
func readText(data []byte) (string, bool) {
	if slices.Contains(data, 0) && !(len(data) > 1 && (data[0] == 0xFF && data[1] == 0xFE || data[0] == 0xFE && data[1] == 0xFF)) {
		return "", false
	}
	text := decodeText(data)
	if !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) {
		return "", false
	}
	return text, true
}
