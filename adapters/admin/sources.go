package admin

import (
	"net/http"
	"time"
)

// A Source is where tracking events come from, and how it stands with it.
type Source struct {
	Name     string
	Followed int       // numbers that are looked at
	Pushed   int       // events that it told by itself since the program began
	Answered time.Time // the last time it answered; zero: not yet
	Failures int       // calls in a row that failed
	Until    time.Time // it is left alone until then; zero: it is not
	Stopped  string    // why it must not be asked, in English; empty: it may
	Since    time.Time // since when
	Warnings []Warning // what comes to an end
}

// A Warning says that something of a source comes to an end: a day, or what is left of a quota.
type Warning struct {
	Kind     string // authorisation, secret or quota
	Account  string
	On       string // the day; empty: it is a quota
	Over     bool   // it was before today
	Left, Of int
}

// A Code is one that a source used and its table does not know.
type Code struct {
	Source  string
	Code    string
	Times   int
	Latest  time.Time
	Example string // in the source's words
}

func (p *pages) sources(w http.ResponseWriter, r *http.Request) {
	sources, codes, err := p.Sources(r.Context())
	if err != nil {
		p.trouble(w, r, "report on sources", err)
		return
	}
	p.show(w, r, "sources.html", view{Sources: sources, Codes: codes})
}
