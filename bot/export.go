package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"xiaobao/bot/flow"
)

// An exported case is everything kept about it, in words its owner can read.
type exported struct {
	About     string            `json:"about"`
	Made      time.Time         `json:"made"`
	Case      string            `json:"case"`
	Answers   []exportedAnswer  `json:"answers"`
	Steps     []exportedStep    `json:"steps"`
	Documents []exportedSheet   `json:"documents,omitempty"`
	People    []exportedPerson  `json:"people"`
	Notes     map[string]string `json:"notes,omitempty"`
}

type exportedAnswer struct {
	ID      string     `json:"id"`
	Label   string     `json:"label"`
	Text    string     `json:"text"` // as it is read
	Value   flow.Value `json:"value"`
	By      string     `json:"by,omitempty"`
	At      time.Time  `json:"at"`
	Earlier []earlier  `json:"earlier,omitempty"`
	Step    string     `json:"step,omitempty"`
}

type earlier struct {
	Text string    `json:"text"`
	By   string    `json:"by,omitempty"`
	At   time.Time `json:"at"`
}

type exportedStep struct {
	ID      string    `json:"id"`
	Title   string    `json:"title"`
	Status  string    `json:"status"`
	Started time.Time `json:"started,omitzero"`
	Since   time.Time `json:"waitingSince,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	Reason  string    `json:"reason,omitempty"`
}

type exportedSheet struct {
	ID    string    `json:"id"`
	Title string    `json:"title"`
	Made  time.Time `json:"made"`
}

type exportedPerson struct {
	User     string    `json:"user"`
	Name     string    `json:"name,omitempty"`
	Role     string    `json:"role,omitempty"`
	Language string    `json:"language,omitempty"`
	Zone     string    `json:"zone,omitempty"`
	Seen     time.Time `json:"lastSeen,omitzero"`
}

// export writes down everything kept about a case, for the one who asked.
func (b *Bot) export(ctx context.Context, d Delivery) (Returned, error) {
	data, err := b.Cases.Read(ctx, d.Tenant, d.Case)
	if errors.Is(err, ErrGone) {
		return Returned{}, nil
	}
	if err != nil {
		return Returned{}, fmt.Errorf("read a case: %w", err)
	}
	members, err := b.Cases.Members(ctx, d.Tenant, d.Case)
	if err != nil {
		return Returned{}, fmt.Errorf("list the members of a case: %w", err)
	}
	var s flow.State
	if err := json.Unmarshal(data, &s); err != nil {
		return Returned{}, Never(fmt.Errorf("read a case: %w", err))
	}
	p := b.render.reader(flow.To{Lang: d.Call.From.Language, Zone: d.Call.From.Zone})
	out, err := json.MarshalIndent(p.export(s, d.Case, members, b.Now()), "", "  ")
	if err != nil {
		return Returned{}, Never(fmt.Errorf("write an export: %w", err))
	}
	return Returned{Case: d.Case, Files: []Document{{Name: "xiaobao-export.json", Type: "application/json", Data: append(out, '\n'), Note: p.ui("export_note")}}}, nil
}

func (p reader) export(s flow.State, id string, members []Member, now time.Time) exported {
	name := func(by string) string {
		if k, ok := s.People[by]; ok && k.Name != "" {
			return k.Name
		}
		return by
	}
	e := exported{About: p.ui("export_note"), Made: now.UTC(), Case: id, Answers: []exportedAnswer{}, Steps: []exportedStep{}, People: []exportedPerson{}, Notes: map[string]string{}}
	for _, slot := range slices.Sorted(maps.Keys(s.Slots)) {
		v := s.Slots[slot]
		a := exportedAnswer{ID: slot, Label: p.named("slot."+slot+".label", slot), Text: p.valueText(slot, v.Value), Value: v.Value, By: name(v.By), At: v.At, Step: v.Flow}
		for _, o := range v.Was {
			a.Earlier = append(a.Earlier, earlier{p.valueText(slot, o.Value), name(o.By), o.At})
		}
		e.Answers = append(e.Answers, a)
	}
	for _, f := range slices.Sorted(maps.Keys(s.Steps)) {
		st := s.Steps[f]
		e.Steps = append(e.Steps, exportedStep{f, p.named("step."+f, f), string(st.Status), st.Started, st.Since, st.Ended, st.Reason})
	}
	for _, sheet := range slices.Sorted(maps.Keys(s.Sheets)) {
		e.Documents = append(e.Documents, exportedSheet{sheet, p.named("sheet."+sheet, sheet), s.Sheets[sheet].At})
	}
	seen := map[string]bool{}
	for _, m := range members {
		key := m.User.Key()
		k := s.People[key]
		seen[key] = true
		e.People = append(e.People, exportedPerson{key, m.User.Name, m.Role, k.Lang, k.Zone, k.Seen})
	}
	for _, key := range slices.Sorted(maps.Keys(s.People)) {
		if k := s.People[key]; !seen[key] {
			e.People = append(e.People, exportedPerson{key, k.Name, "", k.Lang, k.Zone, k.Seen})
		}
	}
	for name, note := range s.Notes {
		if !strings.HasPrefix(name, menuNote) && !strings.HasPrefix(name, pushedNote) {
			e.Notes[name] = note
		}
	}
	return e
}

// named is a message, or the id itself when nothing is called that.
func (p reader) named(message, id string) string {
	if p.words.Has(p.to.Lang, message) {
		return p.say(flow.Say(message))
	}
	return id
}

func (p reader) valueText(slot string, v flow.Value) string {
	one := func(s string) string { return p.named("option."+slot+"."+s, s) }
	switch {
	case len(v.Rows) > 0:
		lines := make([]string, len(v.Rows))
		for i, r := range v.Rows {
			lines[i] = strings.Join(r, "; ")
		}
		return strings.Join(lines, "\n")
	case len(v.List) > 0 && v.Unit != "":
		return strings.Join(v.List, " × ") + " " + v.Unit
	case len(v.List) > 0:
		texts := make([]string, len(v.List))
		for i, s := range v.List {
			texts[i] = one(s)
		}
		return strings.Join(texts, ", ")
	}
	return join(" ", one(v.Text), v.Unit)
}
