package flow

import (
	"strings"
)

// engineVerbs are the things a person can do at any moment, typed or by button. patterns.yaml lists them; their words are
// the messages "verb.<name>" (the button) and "verb.<name>.also" (what may be typed).
var engineVerbs = []string{
	"hello", "next", "steps", "open", "help", "back", "undo", "cancel", "status", "repeat", "change", "why", "example", "skip",
	"skip_step", "reopen", "stuck", "language", "documents", "remake", "export", "erase", "invite", "invite_viewer", "join", "privacy",
	"notices", "quiet", "digest", "loud", "level", "snooze", "zone", "mute", "unmute", "only", "follow", "unfollow", "test_notice", "why_news",
	"track", "watch", "shipments", "shipment", "share", "shipments_csv", "import", "import_undo",
}

// verb does what a verb says. rest is what followed it, or the value of its button.
func (t *turn) verb(person, name, rest string) {
	if !looking[name] && t.onlyLooks(person) {
		return
	}
	l := t.live(person)
	switch name {
	case "hello":
		t.hello(person)
	case "next":
		t.goOn(person, l)
	case "steps":
		t.talk(person, func(k *Talk) { k.Stack, k.Listed = nil, true })
		t.menu(person)
	case "open":
		t.openStep(person, rest)
	case "help":
		t.help(person, l)
	case "back":
		t.back(person, l)
	case "undo":
		t.undo(person)
	case "cancel":
		t.cancel(person, l)
	case "status":
		t.status(person)
	case "repeat":
		t.resume(person)
	case "change":
		t.change(person, rest)
	case "why":
		t.why(person, l)
	case "example":
		t.example(person, l)
	case "skip":
		t.skip(person, l)
	case "skip_step":
		t.wantSkipStep(person, l, rest)
	case "reopen":
		t.reopen(person, l, rest)
	case "stuck":
		t.push(person, Frame{Kind: "stuck", Flow: l.flow})
	case "language":
		t.offerLanguage(person, rest)
	case "documents":
		t.documents(person)
	case "remake":
		t.remake(person)
	case "export":
		t.call(person, "case.export", nil)
		t.speak(person, Plain, Say("export.begun"))
	case "erase":
		t.push(person, Frame{Kind: "erase"})
	case "invite":
		t.call(person, "case.invite", map[string]string{"role": "member"})
	case "invite_viewer":
		t.call(person, "case.invite", map[string]string{"role": "viewer"})
	case "join":
		if rest == "" {
			t.push(person, Frame{Kind: "join"})
			return
		}
		t.join(person, rest)
	case "privacy":
		t.do(Speak{To: t.to(person), Lines: []Line{Say("privacy.kept"), Say("privacy.never"), Say("privacy.rights")}, Actions: []Action{verb("export"), verb("erase")}})
	case "track":
		if !t.tracked(person, rest, true) {
			t.speak(person, Plain, Say("numbers.none"))
		}
	case "watch":
		t.watch(person, rest)
	case "shipments":
		t.call(person, "shipment.list", map[string]string{"filter": t.b.filter(rest)})
	case "shipment":
		t.call(person, "shipment.show", map[string]string{"number": numberKey(rest)})
	case "shipments_csv":
		t.call(person, "shipment.export", nil)
	case "import":
		if rest == "" {
			t.call(person, "import.begin", nil)
			return
		}
		t.call(person, "import.apply", map[string]string{"id": rest})
	case "import_undo":
		t.call(person, "import.undo", map[string]string{"id": rest})
	case "share":
		t.call(person, "shipment.share", map[string]string{"number": numberKey(rest)})
	default:
		t.wish(person, name, rest)
	}
}

// call asks another room for something that no step waits for.
func (t *turn) call(person, name string, args map[string]string) {
	id := t.newID("call")
	t.s.Calls[id] = Asked{Name: name, Person: person, At: t.now.UTC()}
	t.do(Call{ID: id, Name: name, Person: person, Args: args})
}

// ask asks another room what a do node needs.
func (t *turn) ask(person, flow string, n *Node) {
	args := map[string]string{}
	for _, name := range sortedKeys(n.with) {
		args[name] = t.f.text(n.with[name])
	}
	id := t.newID("call")
	t.s.Calls[id] = Asked{Name: n.call, Person: person, Flow: flow, Node: n.ID, At: t.now.UTC()}
	t.do(Call{ID: id, Name: n.call, Person: person, Args: args})
}

func (t *turn) greet(person string) {
	var languages []Action
	for _, lang := range t.b.deps.Languages {
		if lang != t.s.People[person].Lang {
			languages = append(languages, Action{Verb: "language", Value: lang, Label: Say("language." + lang)})
		}
	}
	t.do(Speak{To: t.to(person), Lines: []Line{Say("hello.who"), Say("hello.never"), Say("hello.how")}, Actions: languages, How: true})
	t.spine(person)
}

func (t *turn) hello(person string) {
	t.speak(person, Plain, Say("hello.again"))
	t.resume(person)
}

// goOn continues whatever is open, or begins the next step.
func (t *turn) goOn(person string, l live) {
	if l.kind != "" && l.kind != "wait_for" {
		t.prompt(person)
		return
	}
	if next := t.nextFlow(); next != "" {
		t.start(person, next)
		return
	}
	if next := t.nextAgain(); next != "" {
		t.reopen(person, l, next)
		return
	}
	t.speak(person, Good, Say("step.all_done"))
	t.menu(person)
}

func (t *turn) openStep(person, which string) {
	if t.b.flows[which] != nil {
		t.start(person, which)
		return
	}
	if n, ok := stepNumber(which); ok && n <= len(t.b.steps) {
		t.start(person, t.b.steps[n-1].ID)
		return
	}
	t.menu(person)
}

// help says what can be done here and now.
func (t *turn) help(person string, l live) {
	lines := []Line{Say("help.intro")}
	if l.kind != "" && l.flow != "" {
		lines = []Line{Say("help.here", Word("Title", "step."+l.flow))}
	}
	var items []Item
	for _, v := range []string{"back", "change", "why", "example", "skip", "skip_step", "undo", "cancel", "status", "steps", "documents", "stuck", "language", "invite", "invite_viewer", "track", "shipments", "notices", "export", "erase"} {
		items = append(items, Item{Line: Say("help.verb", Word("Verb", "verb."+v), Word("What", "help."+v))})
	}
	t.do(Speak{To: t.to(person), Lines: append(lines, Say("help.ask")), Items: items, How: true,
		Actions: []Action{verb("next"), verb("status"), verb("documents"), verb("stuck"), verb("privacy")}})
}

func (t *turn) status(person string) {
	done := 0
	for _, f := range t.b.steps {
		if s := t.s.Steps[f.ID].Status; s == Finished || s == Skipped {
			done++
		}
	}
	var items []Item
	for _, f := range t.b.steps {
		st := t.s.Steps[f.ID]
		switch st.Status {
		case Waiting:
			if n := t.here(f.ID); n != nil {
				items = append(items, Item{Line: Say("status.waiting", Word("Title", "step."+f.ID), Word("Who", "who."+n.who), Time("Since", st.Since))})
			}
		case Active:
			at, of := t.count(f.ID)
			items = append(items, Item{Line: Say("status.active", Word("Title", "step."+f.ID), Number("At", itoa(at)), Number("Of", itoa(of)))})
		}
	}
	for _, note := range sortedKeys(t.s.Notes) {
		if ticket, ok := strings.CutPrefix(note, "ticket:"); ok && t.s.Notes[note] == "open" {
			items = append(items, Item{Line: Say("status.ticket", Text("Ticket", ticket))})
		}
	}
	var lines []Line
	if len(items) == 0 {
		lines = []Line{Say("status.count", Number("Done", itoa(done)), Number("Of", itoa(len(t.b.steps))))}
	}
	t.do(Speak{To: t.to(person), Lines: lines, Items: items})
	t.spine(person)
	if l := t.live(person); l.kind != "" {
		t.prompt(person)
	}
}

// change changes an earlier answer: the one that was named, or one to be chosen.
func (t *turn) change(person, rest string) {
	named := t.slotsNamed(t.changeable(person), rest)
	if slot := t.unansweredNamed(rest); slot != "" && len(named) == 0 {
		named = []string{slot}
	}
	t.pick(person, named...)
}

// remake makes every document again that is out of date.
func (t *turn) remake(person string) {
	ids := t.stales(func(string, Made) bool { return true })
	switch {
	case len(t.s.Sheets) == 0:
		t.speak(person, Plain, Say("documents.none"))
		t.resume(person)
		return
	case len(ids) == 0:
		t.speak(person, Plain, Say("documents.current"))
		t.resume(person)
		return
	}
	t.show(person, ids...)
}

// why says why a question is asked; when none is, why the last news was told.
func (t *turn) why(person string, l live) {
	if l.kind == "" {
		t.wish(person, "why_news", "")
		return
	}
	if len(l.slots) == 0 || l.kind == "known" {
		t.speak(person, Plain, Say("why.nothing"))
		t.resume(person)
		return
	}
	asked := t.asked(person, l)
	var items []Item
	var sources []string
	for _, slot := range asked {
		items = append(items, Item{Line: Say("why.item", Word("Label", "slot."+slot+".label"), Word("Why", "slot."+slot+".why"))})
		sources = append(sources, t.b.slots[slot].Sources...)
	}
	if len(items) == 1 {
		t.do(Speak{To: t.to(person), Lines: []Line{t.line("slot." + asked[0] + ".why")}, Sources: sources})
	} else {
		t.do(Speak{To: t.to(person), Items: items, Sources: sources})
	}
	t.prompt(person)
}

func (t *turn) example(person string, l live) {
	if len(l.slots) == 0 || l.kind == "known" {
		t.speak(person, Plain, Say("why.nothing"))
		t.resume(person)
		return
	}
	t.speak(person, Plain, t.exampleLines(t.asked(person, l))...)
	t.prompt(person)
}

// stuckWith hands a question to a human, with the evidence pack.
func (t *turn) stuckWith(person string, l live, question string) {
	t.closeLive(person, nil, Say("close.sent"))
	t.pop(person)
	t.openTicket(person, l.frame.Flow, t.here(l.frame.Flow), question)
	t.showPack(person, l.frame.Flow, question)
	t.resume(person)
}

func (t *turn) openTicket(person, flow string, n *Node, question string) {
	args := map[string]string{"question": question, "flow": flow, "lang": t.s.People[person].Lang}
	if n != nil {
		args["node"] = n.ID
	}
	pack := t.pack(flow, question)
	id := t.newID("call")
	t.s.Calls[id] = Asked{Name: "ticket.open", Person: person, At: t.now.UTC()}
	t.do(Call{ID: id, Name: "ticket.open", Person: person, Args: args, Pack: &pack})
}

func (t *turn) eraseNow(person string) {
	t.closeLive(person, nil, Say("close.done"))
	t.pop(person)
	t.call(person, "case.erase", nil)
}

func (t *turn) join(person, code string) {
	t.call(person, "case.join", map[string]string{"code": strings.ToUpper(strings.Join(strings.Fields(code), ""))})
}

func (t *turn) offerLanguage(person, which string) {
	if lang := t.b.languageIn(which); lang != "" {
		t.language(person, lang)
		return
	}
	var actions []Action
	for _, lang := range t.b.deps.Languages {
		actions = append(actions, Action{Verb: "language", Value: lang, Label: Say("language." + lang)})
	}
	t.do(Speak{To: t.to(person), Lines: []Line{Say("language.which")}, Actions: actions})
}

// language changes a person's language; the open card and the ten steps are drawn again in their place.
func (t *turn) language(person, lang string) {
	t.talk(person, func(k *Talk) { k.Lang, k.Chosen = lang, true })
	t.speak(person, Plain, Say("language.now"))
	t.spine(person)
	t.redraw(person)
}

// documents lists what was made and what can be made.
func (t *turn) documents(person string) {
	var actions []Action
	stale := 0
	for _, f := range t.b.steps {
		for _, d := range f.sheets {
			if m, made := t.s.Sheets[d.ID]; made {
				label := Say("sheet." + d.ID)
				if m.Stale {
					stale++
					label = Say("button.make_again", Word("Title", "sheet."+d.ID))
				}
				actions = append(actions, Action{Verb: "make", Value: d.ID, Label: label})
			}
		}
	}
	if len(actions) == 0 {
		t.speak(person, Plain, Say("documents.none"))
		t.resume(person)
		return
	}
	lines := []Line{Say("documents.list", Number("Count", itoa(len(actions))))}
	if stale > 0 {
		lines = append(lines, Say("sheet.stale", Number("Count", itoa(stale))))
	}
	t.do(Speak{To: t.to(person), Lines: lines, Actions: actions})
}
