package landedcost

import "slices"

// Review lists what of the card cannot be used on a day: not yet in force and nothing before it, no longer in force and
// nothing after it, not looked at for too long, or looked at in the future. Such entries are refused when they are needed.
func (c *Card) Review(on Day) []Problem {
	r := &reader{}
	look := func(what string, most int, all ...*Stamp) {
		covered := false
		for _, s := range all {
			covered = covered || s.covers(on)
		}
		for _, s := range all {
			switch {
			case s.Checked > on:
				r.note(s.line, "%s was checked on %s, which has not come yet", what, s.Checked)
			case s.covers(on) && int(on-s.Checked) > most:
				r.note(s.line, "%s was last checked on %s, %d days ago; the card allows %d", what, s.Checked, on-s.Checked, most)
			case covered || s.covers(on):
			case on < s.From:
				r.note(s.line, "%s is in force from %s on and nothing is before", what, s.From)
			default:
				r.note(s.line, "%s was in force until %s and nothing follows", what, s.To)
			}
		}
	}
	for key, list := range c.facts {
		look("the fact "+key, c.MaxAge, stamps(list, func(f *Fact) *Stamp { return &f.Stamp })...)
	}
	for key, list := range c.fx {
		look("the exchange rate "+key[0]+"/"+key[1], c.FXMaxAge, stamps(list, func(x *Exchange) *Stamp { return &x.Stamp })...)
	}
	for _, list := range c.tariffs {
		t := &list[0]
		byID := map[string][]*Stamp{}
		for i := range t.Duties {
			byID[t.Duties[i].ID] = append(byID[t.Duties[i].ID], &t.Duties[i].Stamp)
		}
		for id, all := range byID {
			look("the duty "+id+" on "+t.HS+" in "+t.Country, c.MaxAge, all...)
		}
	}
	byID := map[string][]*Stamp{}
	for i := range c.routes {
		rt := &c.routes[i]
		byID[rt.ID] = append(byID[rt.ID], &rt.Stamp)
		look("the freight of "+rt.ID, c.MaxAge, &rt.Main.Stamp)
		for k := range rt.Charges {
			look("the charge "+rt.ID+"."+rt.Charges[k].ID, c.MaxAge, &rt.Charges[k].Stamp)
		}
		if rt.Cover != nil {
			look("the insurance of "+rt.ID, c.MaxAge, &rt.Cover.Stamp)
		}
	}
	for id, all := range byID {
		look("the route "+id, c.MaxAge, all...)
	}
	slices.SortFunc(r.problems, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		if a.What < b.What {
			return -1
		}
		return 1
	})
	return slices.Compact(r.problems)
}

func stamps[T any](list []T, of func(*T) *Stamp) []*Stamp {
	out := make([]*Stamp, len(list))
	for i := range list {
		out[i] = of(&list[i])
	}
	return out
}
