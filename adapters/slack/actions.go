package slack

import (
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"xiaobao/adapters/slack/blockkit"
	"xiaobao/bot"
)

// quickOptions is how many options of a choice are shown as buttons: one press instead of two.
const quickOptions, quickLabel = 5, 30

// actions draws buttons and selects. Quiet ones gather behind three dots, where there are several.
func (d *drawer) actions() {
	var rows []slack.BlockElement
	var quiet []bot.Action
	primary := d.m.Form != nil
	if a, ok := d.jump(); ok {
		rows = append(rows, d.sel(a, 0))
	}
	for _, a := range d.m.Actions {
		switch {
		case len(a.Options) > 0 && a.Multi:
			rows = append(rows, d.several(a, len(rows))...)
		case len(a.Options) > 0 && quick(a.Options) && a.ID != bot.MoreAction:
			for _, o := range a.Options {
				b := a
				b.Options, b.Value, b.Label = nil, o.Value, o.Label
				if o.On {
					b.Label = "✓ " + o.Label
				}
				rows = append(rows, d.button(b, len(rows), &primary))
			}
		case len(a.Options) > 0:
			rows = append(rows, d.sel(a, len(rows)))
		case a.Style == bot.Quiet && a.Link == "" && a.Confirm == "" && len(packed(a)) <= blockkit.OptionValue:
			quiet = append(quiet, a)
		default:
			rows = append(rows, d.button(a, len(rows), &primary))
		}
	}
	rows = append(rows, d.quiet(quiet, len(rows), &primary)...)
	for len(rows) > 0 {
		n := min(len(rows), blockkit.Elements)
		d.add(slack.NewActionBlock("", rows[:n]...))
		rows = rows[n:]
	}
}

// jump is a select of the steps that are shown.
func (d *drawer) jump() (bot.Action, bool) {
	a := bot.Action{ID: "open", Label: d.words.say(d.m.Lang, "steps")}
	for _, i := range d.steps {
		if i.ID != "" && len(a.Options) < blockkit.Options {
			a.Options = append(a.Options, bot.Option{Value: i.ID, Label: i.Text})
		}
	}
	return a, len(a.Options) > 0
}

func quick(options []bot.Option) bool {
	if len(options) > quickOptions {
		return false
	}
	for _, o := range options {
		if utf8.RuneCountInString(o.Label) > quickLabel || o.Hint != "" {
			return false
		}
	}
	return true
}

func (d *drawer) quiet(actions []bot.Action, n int, primary *bool) []slack.BlockElement {
	switch {
	case len(actions) == 0:
		return nil
	case len(actions) == 1:
		return []slack.BlockElement{d.button(actions[0], n, primary)}
	}
	options := make([]*slack.OptionBlockObject, len(actions))
	for i, a := range actions {
		options[i] = slack.NewOptionBlockObject(packed(a), plainText(a.Label, blockkit.OptionText), nil)
	}
	id := actionID{kind: kindMenu, n: n}.String()
	if len(options) <= blockkit.Overflow {
		return []slack.BlockElement{slack.NewOverflowBlockElement(id, options...)}
	}
	options = options[:min(len(options), blockkit.Options)]
	return []slack.BlockElement{slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plainText(d.words.say(d.m.Lang, "more"), blockkit.Placeholder), id, options...)}
}

func (d *drawer) button(a bot.Action, n int, primary *bool) slack.BlockElement {
	id := actionID{kind: kindPress, n: n, action: a.ID, token: a.Token}
	b := slack.NewButtonBlockElement("", cutBytes(a.Value, blockkit.ButtonValue), plainText(a.Label, blockkit.ButtonText))
	switch {
	case a.Style == bot.Primary && !*primary:
		*primary = true
		b.Style = slack.StylePrimary
	case a.Style == bot.Dangerous:
		b.Style = slack.StyleDanger
	}
	if a.Link != "" {
		id.kind = kindLink
		if u, err := url.Parse(a.Link); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(a.Link) <= blockkit.URL {
			b.URL = a.Link
		}
	}
	b.ActionID = id.String()
	b.Confirm = d.confirm(a)
	return b
}

func (d *drawer) confirm(a bot.Action) *slack.ConfirmationBlockObject {
	if a.Confirm == "" {
		return nil
	}
	c := slack.NewConfirmationBlockObject(
		plainText(d.words.say(d.m.Lang, "confirm"), blockkit.ConfirmTitle), plainText(a.Confirm, blockkit.ConfirmText),
		plainText(a.Label, blockkit.ConfirmButton), plainText(d.words.say(d.m.Lang, "cancel"), blockkit.ConfirmButton))
	if a.Style == bot.Dangerous {
		c.Style = slack.StyleDanger
	}
	return c
}

func (d *drawer) sel(a bot.Action, n int) slack.BlockElement {
	if a.Search {
		s := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, d.placeholder(a), actionID{kind: kindPress, n: n, action: a.ID, token: a.Token}.String())
		s.MinQueryLength = new(int) // what there is without a word is shown at once
		return s
	}
	s := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, d.placeholder(a), actionID{kind: kindPress, n: n, action: a.ID, token: a.Token}.String(), options(a.Options)...)
	s.Confirm = d.confirm(a)
	return s
}

// several is a select of several options and the button that says they are all: Slack tells of every single change.
func (d *drawer) several(a bot.Action, n int) []slack.BlockElement {
	all := options(a.Options)
	s := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeStatic, d.placeholder(a), actionID{kind: kindValue, n: n}.String(), all...)
	for i, o := range a.Options {
		if o.On {
			s.InitialOptions = append(s.InitialOptions, all[i])
		}
	}
	send := slack.NewButtonBlockElement(actionID{kind: kindSend, n: n, action: a.ID, token: a.Token}.String(), "", plainText(d.words.say(d.m.Lang, "send"), blockkit.ButtonText))
	return []slack.BlockElement{s, send}
}

// placeholder is a select's label, with what is chosen now: Slack would not tell of choosing the same again.
func (d *drawer) placeholder(a bot.Action) *slack.TextBlockObject {
	label := a.Label
	if label == "" {
		label = d.words.say(d.m.Lang, "choose")
	}
	if !a.Multi {
		for _, o := range a.Options {
			if o.On {
				label += " (✓ " + o.Label + ")"
			}
		}
	}
	return plainText(label, blockkit.Placeholder)
}

// options are the options of a select. A value that is too long for Slack is replaced by its position: then the label comes
// back as if it had been typed.
func options(in []bot.Option) []*slack.OptionBlockObject {
	seen := map[string]bool{}
	out := make([]*slack.OptionBlockObject, len(in))
	for i, o := range in {
		value := o.Value
		if utf8.RuneCountInString(value) > blockkit.OptionValue || value == "" || seen[value] || strings.HasPrefix(value, byLabel) {
			value = byLabel + strconv.Itoa(i)
		}
		seen[value] = true
		var hint *slack.TextBlockObject
		if clean(o.Hint) != "" {
			hint = plainText(o.Hint, blockkit.OptionText)
		}
		out[i] = slack.NewOptionBlockObject(value, plainText(o.Label, blockkit.OptionText), hint)
	}
	return out
}

// byLabel begins the value of an option that is known by its label.
const byLabel = "\u00b7"

// An actionID is what stands in an element's action_id, so that a press can be read without remembering anything.
type actionID struct {
	kind   kind
	n      int // makes it unique in its message
	action string
	token  string
}

// A kind says what a press on an element means.
type kind string

const (
	kindPress kind = "a" // the action, with the value or the option chosen
	kindMenu  kind = "m" // the option chosen is a packed action
	kindSend  kind = "s" // the action, with the options chosen in the select of the same number
	kindValue kind = "v" // a select that waits for kindSend
	kindLink  kind = "l" // a page opened: nothing to do
	kindForm  kind = "f" // opens the form of the token
)

func (a actionID) String() string {
	return string(a.kind) + strconv.Itoa(a.n) + " " + url.QueryEscape(a.action) + " " + url.QueryEscape(a.token)
}

func parseActionID(s string) (actionID, bool) {
	parts := strings.Split(s, " ")
	if len(parts) != 3 || len(parts[0]) < 2 {
		return actionID{}, false
	}
	n, err := strconv.Atoi(parts[0][1:])
	action, err2 := url.QueryUnescape(parts[1])
	token, err3 := url.QueryUnescape(parts[2])
	if err != nil || err2 != nil || err3 != nil {
		return actionID{}, false
	}
	return actionID{kind: kind(parts[0][:1]), n: n, action: action, token: token}, true
}

// packed is an action as the value of an option.
func packed(a bot.Action) string {
	return url.QueryEscape(a.ID) + " " + url.QueryEscape(a.Token) + " " + url.QueryEscape(a.Value)
}

func unpack(s string) (bot.Press, bool) {
	parts := strings.Split(s, " ")
	if len(parts) != 3 {
		return bot.Press{}, false
	}
	for i := range parts {
		var err error
		if parts[i], err = url.QueryUnescape(parts[i]); err != nil {
			return bot.Press{}, false
		}
	}
	p := bot.Press{Action: parts[0], Token: parts[1]}
	if parts[2] != "" {
		p.Values = []string{parts[2]}
	}
	return p, true
}
