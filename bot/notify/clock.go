package notify

import "time"

func (p Preferences) zone() *time.Location {
	if p.Zone == nil {
		return time.UTC
	}
	return p.Zone
}

// quiet reports whether t lies in the quiet hours, by what a clock on the person's wall shows.
func (p Preferences) quiet(t time.Time) bool {
	from, to := wrap(p.Quiet.From), wrap(p.Quiet.To)
	t = t.In(p.zone())
	minute := t.Hour()*60 + t.Minute()
	if from <= to {
		return from <= minute && minute < to
	}
	return from <= minute || minute < to
}

func wrap(minute int) int { return ((minute % 1440) + 1440) % 1440 }

// outOfQuiet is t, or the end of the quiet hours that t lies in. Clocks that are put forward or back are a trap: 02:30
// may not exist, or exist twice. So the end is computed, and then looked for minute by minute around it.
func (p Preferences) outOfQuiet(t time.Time) time.Time {
	if !p.quiet(t) {
		return t
	}
	end := p.clock(t, wrap(p.Quiet.To), 0)
	if !end.After(t) {
		end = p.clock(t, wrap(p.Quiet.To), 1)
	}
	try := t
	if early := end.Add(-3 * time.Hour); early.After(t) {
		try = early // a change of clocks moves the end by less than this
	}
	local := try.In(p.zone())
	try = try.Add(-time.Duration(local.Second())*time.Second - time.Duration(local.Nanosecond()))
	for range 2 * 1440 {
		try = try.Add(time.Minute)
		if !p.quiet(try) {
			break
		}
	}
	return try
}

// nextDigest is the first digest after t, moved out of the quiet hours.
func (p Preferences) nextDigest(t time.Time) time.Time {
	local := t.In(p.zone())
	for days := range 9 {
		at := p.clock(t, wrap(p.Digest.Minute), days)
		if p.Digest.Every == Weekly && at.Weekday() != p.Digest.Day && p.clock(t, 720, days).Weekday() != p.Digest.Day {
			continue
		}
		if at = p.outOfQuiet(at); at.After(t) {
			return at
		}
	}
	return local.AddDate(0, 0, 1) // not reached: within nine days there is every weekday, later than t
}

// clock is a minute of the local clock, some days after t's. A minute that is skipped that night is the one an hour on or
// before, as time.Date has it.
func (p Preferences) clock(t time.Time, minute, days int) time.Time {
	l := t.In(p.zone())
	return time.Date(l.Year(), l.Month(), l.Day()+days, minute/60, minute%60, 0, 0, p.zone())
}
