package flow

// An Event is something that happened to a case: Said, Chose, Handed, Read, Submitted, Answered, Told, TimePassed, Directed, Shut.
type Event interface{ event() }

// By is who did it and from where. Place is opaque to the engine: it is remembered as the person's place and handed back
// with every effect.
type By struct {
	Person string // unique across networks
	Name   string // what to call them
	Place  string
	Lang   string // what the network reported; used only until the person chooses
	Zone   string // IANA; used until the person chooses
	Looks  bool   // they were let into the case to look, not to answer or change anything
	Singly bool   // the place has no forms: their fields are asked one at a time
}

// Said is a line that a person typed.
type Said struct {
	By
	Text string
}

// Chose is a button that was pressed or an option that was chosen. A Token that is not the live prompt's is answered with
// the current prompt; an Action that is a verb of patterns.yaml counts whatever the token.
type Chose struct {
	By
	Token  string
	Action string
	Values []string
}

// Handed is a file that another room takes: Call is the name of the call for it. The file itself never comes here.
type Handed struct {
	By
	Call string
}

// Read is what stands in a file that somebody handed over. Where rows are asked for it waits for their word; else it counts as typed.
type Read struct {
	By
	Slot string // the rows slot that it was read for; empty: the one that is asked for, if any
	Text string // rows as they would be pasted
}

// Submitted is a form that was sent, or a pasted or uploaded table for a rows slot.
type Submitted struct {
	By
	Token  string
	Values map[string]string // by slot; several choices are separated by "\n"
}

// Answered is what a Call came to. Fault names a message when it failed.
type Answered struct {
	Call   string            // the Call's ID
	Name   string            // the Call's Name
	Person string            // who asked for it
	Values map[string]string // slots that are told by it, and texts named by the call ("text": a human's answer)
	Fault  string
}

// Told is what a source knows about the case: slots that nobody needs to type.
type Told struct {
	Source string
	Slots  map[string]string
}

// TimePassed is a Wake that came due. It may come late, and it may come twice.
type TimePassed struct{ Name string }

func (Said) event()       {}
func (Chose) event()      {}
func (Submitted) event()  {}
func (Handed) event()     {}
func (Read) event()       {}
func (Answered) event()   {}
func (Told) event()       {}
func (TimePassed) event() {}
