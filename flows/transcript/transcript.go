// Package transcript plays conversations that are written down in text files against a book, and writes what the bot says
// into them. A file has a section per language; docs/flows.md says what its lines mean. Between any two lines the case is
// written to JSON and read back, timers fire by the written clock, and what other rooms would answer is answered plainly.
package transcript

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"xiaobao/bot"
	"xiaobao/bot/flow"
)

// A Player plays transcripts.
type Player struct {
	Book    *flow.Book
	Words   bot.Words
	Library bot.Library
	Effect  func(flow.Effect) // optional: told of every effect, before it is written down

	// Calls are rooms that really answer, by the name of the call; optional. What they show is written down. Delivery.Decided
	// is the written time.
	Calls map[string]bot.CallFunc
}

// A Result is what playing one file came to.
type Result struct {
	Data    []byte          // the file with the bot's lines as they are now
	Visited map[string]bool // "flow.node" of every node that was reached
	Faults  []string        // what is wrong: an unknown button, sections whose traces differ
}

// Play plays every section of a file.
func (p *Player) Play(data []byte) Result {
	ar := txtar.Parse(data)
	out := Result{Visited: map[string]bool{}}
	var first []string
	var firstName string
	for i, f := range ar.Files {
		s := p.session(f.Name)
		ar.Files[i].Data = []byte(s.play(string(f.Data)))
		for n := range s.visited {
			out.Visited[n] = true
		}
		for _, fault := range s.faults {
			out.Faults = append(out.Faults, f.Name+": "+fault)
		}
		if i == 0 {
			first, firstName = s.trace, f.Name
		} else if at := differ(first, s.trace); at >= 0 {
			out.Faults = append(out.Faults, fmt.Sprintf("%s and %s part at message %d: %s, %s", firstName, f.Name, at+1, item(first, at), item(s.trace, at)))
		}
	}
	out.Data = txtar.Format(ar)
	return out
}

func differ(a, b []string) int {
	for i := range max(len(a), len(b)) {
		if item(a, i) != item(b, i) {
			return i
		}
	}
	return -1
}

func item(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "nothing"
}

// session is one section being played.
type session struct {
	*Player
	lang    string
	state   flow.State
	now     time.Time
	timers  map[string]time.Time
	actions []bot.Action // what can be pressed: of the live card first, then of the latest messages
	form    *bot.Form
	token   string
	out     strings.Builder
	trace   []string
	visited map[string]bool
	faults  []string
	line    int
	calls   int
}

const person = "web:local:seller"

func (p *Player) session(lang string) *session {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		zone = time.FixedZone("Asia/Shanghai", 8*3600)
	}
	return &session{
		Player: p, lang: lang, state: flow.State{Seed: "transcript"}, now: time.Date(2026, 12, 1, 9, 0, 0, 0, zone),
		timers: map[string]time.Time{}, visited: map[string]bool{},
	}
}

// play runs the commands of a section and returns it with the bot's lines. Lines of the bot begin with two spaces.
func (s *session) play(text string) string {
	values := map[string]string{}
	submit := func() {
		if len(values) > 0 {
			s.submit(values)
			values = map[string]string{}
		}
	}
	for n, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		s.line = n + 1
		if line == "" || strings.HasPrefix(line, "  ") {
			continue
		}
		if line[0] == '=' {
			slot, value, _ := strings.Cut(strings.TrimPrefix(line, "="), ":")
			values[strings.TrimSpace(slot)] = strings.ReplaceAll(strings.TrimSpace(value), `\n`, "\n")
			s.out.WriteString(line + "\n")
			continue
		}
		if len(values) > 0 && line[0] == '*' && !s.hasButton(strings.TrimSpace(line[1:])) {
			s.out.WriteString(line + "\n")
			submit()
			continue
		}
		submit()
		s.out.WriteString(line + "\n")
		rest := strings.TrimSpace(line[1:])
		switch line[0] {
		case '>':
			s.advance(flow.Said{By: s.by(), Text: strings.ReplaceAll(rest, `\n`, "\n")})
		case '<':
			s.advance(flow.Read{By: s.by(), Text: strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(rest)})
		case '*':
			s.press(rest)
		case '!':
			slot, value, _ := strings.Cut(rest, "=")
			s.advance(flow.Told{Source: "simulator", Slots: map[string]string{strings.TrimSpace(slot): strings.TrimSpace(value)}})
		case '@':
			s.clock(rest)
		case '#':
		default:
			s.fault("a line that begins with none of > < * = ! @ #")
		}
	}
	submit()
	return s.out.String()
}

func (s *session) fault(format string, args ...any) {
	s.faults = append(s.faults, fmt.Sprintf("line %d: ", s.line)+fmt.Sprintf(format, args...))
}

func (s *session) by() flow.By {
	return flow.By{Person: person, Name: "Lin", Place: "web|local|room|", Lang: s.lang, Zone: "Asia/Shanghai"}
}

func (s *session) hasButton(label string) bool {
	return slices.ContainsFunc(s.actions, func(a bot.Action) bool { return a.Label == label && len(a.Options) == 0 })
}

func (s *session) submit(values map[string]string) {
	s.advance(flow.Submitted{By: s.by(), Token: s.token, Values: values})
}

// press presses a button or chooses an option by its label; several options of one select are separated by " + ".
func (s *session) press(label string) {
	for _, a := range s.actions {
		if a.Label == label && len(a.Options) == 0 {
			values := []string{a.Value}
			if a.Value == "" {
				values = nil
			}
			s.advance(flow.Chose{By: s.by(), Token: a.Token, Action: a.ID, Values: values})
			return
		}
		if len(a.Options) == 0 {
			continue
		}
		var values []string
		for _, part := range strings.Split(label, " + ") {
			if i := slices.IndexFunc(a.Options, func(o bot.Option) bool { return o.Label == part }); i >= 0 {
				values = append(values, a.Options[i].Value)
			}
		}
		if len(values) == len(strings.Split(label, " + ")) {
			s.advance(flow.Chose{By: s.by(), Token: a.Token, Action: a.ID, Values: values})
			return
		}
	}
	s.fault("there is no button %q", label)
}

// clock moves the time; timers that come due on the way fire once, at the new time.
func (s *session) clock(to string) {
	if span, ok := strings.CutPrefix(to, "+"); ok {
		sp, err := flow.ParseSpan(span)
		if err != nil {
			s.fault("%v", err)
			return
		}
		s.now = sp.After(s.now)
	} else {
		at, err := time.ParseInLocation("2006-01-02 15:04", to, s.now.Location())
		if err != nil {
			s.fault("%q is not a time such as 2026-12-01 09:00", to)
			return
		}
		s.now = at
	}
	var due []string
	for name, at := range s.timers {
		if !at.After(s.now) {
			due = append(due, name)
		}
	}
	sort.Strings(due)
	for _, name := range due {
		delete(s.timers, name)
		s.advance(flow.TimePassed{Name: name})
	}
}

// advance applies one event to the case as it was read back from JSON.
func (s *session) advance(e flow.Event) {
	data, err := json.Marshal(s.state)
	if err != nil {
		s.fault("write the case: %v", err)
		return
	}
	var state flow.State
	if err := json.Unmarshal(data, &state); err != nil {
		s.fault("read the case: %v", err)
		return
	}
	var effects []flow.Effect
	s.state, effects = s.Book.Advance(state, e, s.now)
	s.note()
	var calls []flow.Call
	for _, e := range effects {
		if s.Effect != nil {
			s.Effect(e)
		}
		s.trace = append(s.trace, traceOf(e)...)
		if a, ok := e.(flow.Ask); ok && a.Node == "known" {
			s.noteKnown(a)
		}
		switch e := e.(type) {
		case flow.Wake:
			if e.At.IsZero() {
				delete(s.timers, e.Name)
			} else {
				s.timers[e.Name] = e.At
			}
		case flow.Call:
			calls = append(calls, e)
		case flow.Close:
			s.write(e)
		default:
			s.show(e)
		}
	}
	for _, c := range calls {
		if a, ok := s.answer(c); ok {
			s.advance(a)
		}
	}
}

// note remembers which nodes were reached.
func (s *session) note() {
	for _, st := range s.state.Steps {
		for _, key := range st.Trail {
			for part := range strings.SplitSeq(key, ">") {
				s.visited[part] = true
			}
		}
		for _, at := range st.At {
			s.visited[at.Flow+"."+at.Node] = true
		}
	}
}

// noteKnown remembers the nodes whose questions were shown as answered already.
func (s *session) noteKnown(a flow.Ask) {
	for _, n := range s.Book.Flow(a.Flow).Nodes {
		for _, slot := range n.Slots {
			if slices.ContainsFunc(a.Facts, func(f flow.Fact) bool { return f.Label.ID == "slot."+slot+".label" }) {
				s.visited[a.Flow+"."+n.ID] = true
			}
		}
	}
}

// answer is what another room says to a call, or would say.
func (s *session) answer(c flow.Call) (flow.Answered, bool) {
	s.calls++
	a := flow.Answered{Call: c.ID, Name: c.Name, Person: c.Person, Values: map[string]string{}}
	if f := s.Calls[c.Name]; f != nil {
		s.really(f, c, &a)
		return a, true
	}
	switch c.Name {
	case "ticket.open":
		a.Values["ticket"] = fmt.Sprintf("T-%d", s.calls)
	case "case.invite":
		a.Values["code"] = "K7QF-2MZP"
	case "shipment.watch":
		a.Values["shipment_status"] = "pre_transit"
		a.Values["tracking_no"] = c.Args["number"]
		if strings.HasPrefix(c.Args["number"], "SIM") && len(c.Args["number"]) < 10 {
			a.Values["tracking_no"] = c.Args["number"] + "000000000042"
		}
	case "question.unanswered":
		return a, false
	}
	return a, true
}

// really asks a room, and writes down what it shows and hands over.
func (s *session) really(f bot.CallFunc, c flow.Call, a *flow.Answered) {
	k := s.state.People[c.Person]
	from := bot.User{Network: "web", Workspace: "local", ID: "seller", Name: k.Name, Language: k.Lang, Zone: k.Zone}
	r, err := f(context.Background(), bot.Delivery{Case: "transcript", Decided: s.now, Call: &bot.Call{ID: c.ID, Name: c.Name, By: c.Person, From: from, Args: c.Args, Facts: c.Facts}})
	if err != nil {
		s.fault("%s: %v", c.Name, err)
		a.Fault = "ui.call_failed"
		return
	}
	a.Values, a.Fault = r.Values, r.Fault
	for _, b := range r.Shown {
		s.block(b)
	}
	for _, f := range r.Files {
		s.block(bot.Block{Kind: bot.Attached, File: &f})
	}
	s.actions = append(s.actions, r.Offers...)
	s.buttons(r.Offers)
}
