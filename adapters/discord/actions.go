package discord

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"

	dg "github.com/bwmarrin/discordgo"

	"xiaobao/bot"
)

// quickOptions is how many options of a choice are shown as buttons: one press instead of two.
const quickOptions, quickLabel = 5, 34

// actions draws buttons and selects. Quiet ones gather in a menu, where there are several.
func (d *drawer) actions() {
	if d.m.Expect == bot.Typed && d.m.Form == nil {
		d.buttons(component{Type: dg.ButtonComponent, Style: int(dg.PrimaryButton), Label: d.say(d.m.Lang, "answer"), CustomID: d.id(actionID{kind: kindType})})
	}
	if a, ok := d.jump(); ok {
		d.sel(a)
	}
	var quiet []bot.Action
	primary := d.m.Form != nil || d.m.Expect == bot.Typed
	for _, a := range d.m.Actions {
		switch {
		case len(a.Options) > 0 && quick(a) && len(d.m.Actions) <= 4:
			for _, o := range a.Options {
				b := a
				b.Options, b.Value, b.Label = nil, o.Value, o.Label
				if o.On {
					b.Label = "✓ " + o.Label
				}
				d.button(b, &primary)
			}
		case len(a.Options) > 0:
			d.sel(a)
		case a.Style == bot.Quiet && a.Link == "" && a.Confirm == "" && len(quiet) < mostOptions && units(packed(a)) <= optionText:
			if !slices.ContainsFunc(quiet, func(o bot.Action) bool { return packed(o) == packed(a) }) {
				quiet = append(quiet, a)
			}
		default:
			d.button(a, &primary)
		}
	}
	if d.shares && len(d.steps) > 0 {
		d.buttons(component{Type: dg.ButtonComponent, Style: int(dg.SecondaryButton), Label: d.say(d.m.Lang, "share"), CustomID: d.id(actionID{kind: kindShare, n: d.count()})})
	}
	if len(quiet) == 1 {
		d.button(quiet[0], &primary)
	} else if len(quiet) > 1 {
		menu := component{Type: dg.SelectMenuComponent, Placeholder: oneLine(d.say(d.m.Lang, "more"), placeholder), CustomID: d.id(actionID{kind: kindMenu, n: len(d.rows)})}
		for _, a := range quiet {
			menu.Options = append(menu.Options, option{Label: oneLine(a.Label, optionText), Value: packed(a)})
		}
		d.row(menu)
	}
}

func (d *drawer) row(c ...component) {
	d.rows = append(d.rows, component{Type: dg.ActionsRowComponent, Components: c})
}

// buttons puts a button into the last row of buttons that has room, or into a new one.
func (d *drawer) buttons(b component) {
	if n := len(d.rows); n > 0 {
		last := &d.rows[n-1]
		if len(last.Components) < mostRow && last.Components[0].Type == dg.ButtonComponent {
			last.Components = append(last.Components, b)
			return
		}
	}
	d.row(b)
}

// jump is a select of the steps that are shown.
func (d *drawer) jump() (bot.Action, bool) {
	a := bot.Action{ID: "open", Label: d.say(d.m.Lang, "steps")}
	for _, i := range d.steps {
		if i.ID != "" && len(a.Options) < mostOptions {
			a.Options = append(a.Options, bot.Option{Value: i.ID, Label: i.Text})
		}
	}
	return a, len(a.Options) > 0
}

func quick(a bot.Action) bool {
	if len(a.Options) > quickOptions || a.Multi || a.ID == bot.MoreAction {
		return false
	}
	return !slices.ContainsFunc(a.Options, func(o bot.Option) bool { return units(o.Label) > quickLabel || o.Hint != "" })
}

func (d *drawer) button(a bot.Action, primary *bool) {
	b := component{Type: dg.ButtonComponent, Style: int(dg.SecondaryButton), Label: oneLine(a.Label, labelText)}
	switch {
	case a.Style == bot.Primary && !*primary:
		*primary = true
		b.Style = int(dg.PrimaryButton)
	case a.Style == bot.Dangerous:
		b.Style = int(dg.DangerButton)
	}
	if a.Link != "" {
		address, ok := webAddress(a.Link)
		if !ok {
			d.paragraph("", a.Label+d.say(d.m.Lang, "colon")+a.Link)
			return
		}
		b.Style, b.URL = int(dg.LinkButton), address
		d.buttons(b)
		return
	}
	id := actionID{kind: kindPress, n: d.count(), action: a.ID, token: a.Token, value: a.Value}
	if a.Confirm != "" {
		id.kind = kindConfirm
	}
	b.CustomID = d.id(id)
	if a.Confirm != "" {
		if d.out.confirms == nil {
			d.out.confirms = map[string]string{}
		}
		d.out.confirms[b.CustomID] = a.Confirm
	}
	d.buttons(b)
}

// count makes custom ids unique in their message.
func (d *drawer) count() (n int) {
	for _, r := range d.rows {
		n += len(r.Components)
	}
	return n
}

func (d *drawer) sel(a bot.Action) {
	zero := 1
	s := component{Type: dg.SelectMenuComponent, Placeholder: d.placeholder(a), CustomID: d.id(actionID{kind: kindPress, n: d.count(), action: a.ID, token: a.Token}), Options: options(a.Options[:min(len(a.Options), mostOptions)])}
	if a.Multi {
		s.MinValues, s.MaxValues = &zero, len(s.Options)
	}
	d.row(s)
}

// placeholder is a select's label, with what is chosen now: Discord would not tell of choosing the same again.
func (d *drawer) placeholder(a bot.Action) string {
	label := a.Label
	if label == "" {
		label = d.say(d.m.Lang, "choose")
	}
	var on []string
	for _, o := range a.Options {
		if o.On {
			on = append(on, "✓ "+o.Label)
		}
	}
	if len(on) > 0 {
		label += " (" + strings.Join(on, " ") + ")"
	}
	return oneLine(label, placeholder)
}

// options are the options of a select. A value that is too long for Discord is replaced by its position: then the label comes
// back as if it had been typed.
func options(in []bot.Option) []option {
	seen := map[string]bool{}
	out := make([]option, len(in))
	for i, o := range in {
		value := o.Value
		if units(value) > optionText || value == "" || seen[value] || strings.HasPrefix(value, byLabel) {
			value = byLabel + strconv.Itoa(i)
		}
		seen[value] = true
		out[i] = option{Label: oneLine(o.Label, optionText), Value: value}
		if clean(o.Hint) != "" {
			out[i].Description = oneLine(o.Hint, optionText)
		}
	}
	return out
}

// byLabel begins the value of an option that is known by its label.
const byLabel = "\u00b7"

// An actionID is what stands in a custom_id, so that a press can be read without remembering anything. It proves nothing: what
// somebody may do is read from the store.
type actionID struct {
	kind   kind
	n      int // makes it unique in its message
	action string
	token  string
	value  string
}

// A kind says what a press on a component means.
type kind string

const (
	kindPress   kind = "a" // the action, with the value or the options chosen
	kindMenu    kind = "m" // the option chosen is a packed action
	kindForm    kind = "f" // opens the form of the token
	kindType    kind = "t" // opens a window to answer in
	kindConfirm kind = "c" // asks first
	kindNo      kind = "n" // no, after that
	kindShare   kind = "s" // shows a redacted copy to the room
	kindShelf   kind = "h" // stands for one that was too long
)

// idVersion begins every custom_id, so that cards of another version of this program are told apart.
const idVersion = "v1"

func (a actionID) String() string {
	return idVersion + ":" + string(a.kind) + strconv.Itoa(a.n) + ":" + url.QueryEscape(a.action) + ":" + url.QueryEscape(a.token) + ":" + url.QueryEscape(a.value)
}

func parseActionID(s string) (actionID, bool) {
	parts := strings.Split(s, ":")
	if len(parts) != 5 || parts[0] != idVersion || len(parts[1]) < 2 {
		return actionID{}, false
	}
	n, err := strconv.Atoi(parts[1][1:])
	if err != nil {
		return actionID{}, false
	}
	for i := range parts {
		if parts[i], err = url.QueryUnescape(parts[i]); err != nil {
			return actionID{}, false
		}
	}
	return actionID{kind: kind(parts[1][:1]), n: n, action: parts[2], token: parts[3], value: parts[4]}, true
}

// id writes a custom_id; one that is too long goes on the shelf.
func (d *drawer) id(a actionID) string {
	s := a.String()
	if units(s) <= customIDText {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	short := actionID{kind: kindShelf, n: a.n, token: hex.EncodeToString(sum[:12])}.String()
	if d.out.shelf == nil {
		d.out.shelf = map[string]string{}
	}
	d.out.shelf[short] = s
	return short
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
