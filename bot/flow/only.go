package flow

import (
	"slices"
	"strings"
)

// A choice is of which shipments somebody wants to hear: all of them when it holds none.
type choice struct {
	numbers  []string
	sorts    []string // of Filters
	own      bool
	doubtful bool // nobody's format fits any of the numbers
}

// commas stand between the parts of a choice.
var commas = strings.NewReplacer("，", ",", "、", ",", ";", ",", "；", ",", "和", ",", "\n", ",", " and ", ",", " & ", ",")

// choice reads "late, exceptions", "1Z5R89390357567127 and mine", "全部"; false when there is something else in it.
func (b *Book) choice(lang, text string) (c choice, ok bool) {
	if b.means("notices.off", text) {
		return c, true
	}
	known := false
	for part := range strings.SplitSeq(commas.Replace(text), ",") {
		part = strings.TrimSpace(part)
		switch filter := b.filter(part); {
		case part == "":
		case filter == Filters[0]:
			return choice{}, true
		case filter != "":
			if !slices.Contains(c.sorts, filter) {
				c.sorts = append(c.sorts, filter)
			}
		case part == "mine" || b.means("notices.only_mine", part):
			c.own = true
		default:
			found := b.deps.Tracked(lang, part)
			if len(found) == 0 {
				return c, false
			}
			for _, n := range found {
				known = known || n.Known
				if !slices.Contains(c.numbers, n.Number) {
					c.numbers = append(c.numbers, n.Number)
				}
			}
		}
	}
	c.numbers = c.numbers[:min(len(c.numbers), mostTracked)]
	c.doubtful = len(c.numbers) > 0 && !known
	return c, len(c.numbers)+len(c.sorts) > 0 || c.own
}

// readOnly reads of which shipments somebody, or a place, wants to hear, and says it with a message. Whoever names numbers wants
// them followed.
func (t *turn) readOnly(w Wish, text, message string) bool {
	c, ok := t.b.choice(t.s.People[w.Person].Lang, text)
	if !ok {
		return false
	}
	w.Numbers, w.Sorts, w.Own = c.numbers, c.sorts, c.own
	var items []Arg
	for _, s := range c.sorts {
		items = append(items, Word("", "filter."+s))
	}
	if c.own {
		items = append(items, Word("", "notices.only_mine"))
	}
	for _, n := range c.numbers {
		items = append(items, Text("", n))
		if !t.s.People[w.Person].Looks {
			t.call(w.Person, "shipment.watch", map[string]string{"number": n})
		}
	}
	if len(items) == 0 {
		t.wished(w, Say("notices.only_off"))
		return true
	}
	t.wished(w, Say(message, Several("Items", items...)))
	return true
}
