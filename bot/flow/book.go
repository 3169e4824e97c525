package flow

import "time"

// A Book is everything the engine knows about conversations: the ten steps, the sub-flows, the slots, the verbs. It is
// immutable once loaded and may be used from many goroutines.
type Book struct {
	flows    map[string]*Flow
	steps    []*Flow // the ten steps, in order
	slots    map[string]*SlotDef
	sheets   map[string]*SheetDef
	patterns patterns
	readers  map[string][]string   // slot: the slots that depend on it
	seen     map[string][]string   // slot: the sheets that show it
	fills    map[string][]holeSlot // message: the holes that slots fill
	words    vocabulary
	deps     Deps
}

// Deps are what the engine needs to know of other rooms, as pure functions. The flows room binds them.
type Deps struct {
	// Text is the template of a message in a language, and whether there is one.
	Text func(lang, id string) (string, bool)
	// Languages are the languages every message must exist in.
	Languages []string
	// Accepted are the lines that mean the message id when typed, in every language: its label and its ".also" lines.
	Accepted func(id string) []string
	// Check verifies an identifier of a kind; false when there is no such kind.
	Check func(kind string) (func(raw string) Verdict, bool)
	// Fact is a policy fact's value; empty when it is not established or too old at now.
	Fact func(key string, now time.Time) string
	// Source says whether a source id exists.
	Source func(id string) bool
	// Search looks a question up and says whether the entry found is a confident answer.
	Search func(query string) (entry string, confident bool)
	// Tracked finds the numbers to track in a text, in its order, and says what each is in a language; none when the text is
	// about something else.
	Tracked func(lang, text string) []Tracked
	// Calls are the names that other rooms answer to; nil: any name may be called.
	Calls []string
	// IsQuestion says whether a line reads like a question.
	IsQuestion func(line string) bool
}

// A Tracked is a number to track that was found in a text.
type Tracked struct {
	Number string
	Is     Line // whose it is, and what speaks against it
	Known  bool // somebody's format fits
}

// A Verdict is what a check says about an identifier.
type Verdict struct {
	Value    string // canonical
	Fault    *Line  // set when it cannot be right
	Warnings []Line
}

// A Flow is one declared conversation: one of the ten steps, or a sub-flow (Step is 0).
type Flow struct {
	ID       string
	Step     int
	Revision int
	File     string
	Nodes    []*Node

	index      map[string]int
	sheets     []*SheetDef
	replacedBy map[string]string
	again      []string // slots that are asked anew when the step is opened again, with the old value to keep
	forget     []string // slots whose value is dropped then
	line       int
}

// A Node is a stop in a flow.
type Node struct {
	ID      string
	Kind    string // tell, ask, form, confirm, decide, wait_for, do, sub, hand_off, done
	Line    int    // in the file
	Slots   []string
	When    *Expr
	Next    string
	Was     string
	Message string // the conventional message id, or say:
	Tone    Tone
	Sources []string
	Sheets  []string

	args   map[string]*Expr
	cases  []branch
	orElse string
	who    string
	until  *Expr
	sets   []setting
	ladder ladder
	call   string
	makes  []string // do: the sheets that another room makes, instead of call
	with   map[string]*Expr
	saves  []string
	sub    string
}

type branch struct {
	when *Expr
	next string
	line int
}

type setting struct{ slot, value string }

// A ladder is how long to wait before a reminder, an offer of help and a ticket. Zero: not at all.
type ladder struct{ remind, help, ticket Span }

// A SlotDef declares a slot.
type SlotDef struct {
	ID       string
	Type     string
	Kind     string // identifier kind, for id and list
	Options  []string
	Set      string // the option set's name, or the slot's own id
	Optional bool
	Privacy  string // public, business, personal
	Example  string
	Sources  []string
	File     string
	Line     int

	min, max   *float64
	integer    bool
	units      []string
	latin      bool
	columns    []*SlotDef
	checks     []slotCheck
	reads      []string
	suggest    *Expr
	optionWhen map[string]*Expr
	template   string // rows: the sheet that hands out an empty table to fill in
}

type slotCheck struct {
	name    string
	block   bool
	when    *Expr
	sources []string
	args    map[string]*Expr
}

// A SheetDef declares an output.
type SheetDef struct {
	ID      string // "register.readiness"
	Flow    string
	Step    int
	Files   []string
	Sources []string
	call    string // another room makes it
	parts   []partDef
	reads   []string
	line    int
}

type partDef struct {
	heading string // a message id
	when    *Expr
	facts   []string
	gaps    []string
	items   []itemDef
	dates   []dateDef
	table   *tableDef
	rows    string
	text    []string // message ids
	paste   []string // message ids
	data    *dataDef
	english bool
	args    map[string]*Expr // fill holes of the part's messages
}

type itemDef struct {
	message string
	when    *Expr
	done    *Expr
}

type dateDef struct {
	message string
	when    *Expr
	from    string // a date slot, or "today"
	add     Span
}

type tableDef struct {
	columns []string // message ids of the header
	rows    []tableRow
}

type tableRow struct {
	when  *Expr
	cells []string // message ids
}

// dataDef is a tree of JSON: an object, a list, or a leaf.
type dataDef struct {
	keys   []string
	fields []*dataDef
	list   []*dataDef
	leaf   *Expr
	rows   string // a rows slot: becomes a list of objects
}

// patterns.yaml
type patterns struct {
	nodes, answer, stack, held int
	tries, handOver            int
	verbs                      []verbDef
	byName                     map[string]*verbDef
	ladder                     ladder
	silence                    []Span
}

type verbDef struct {
	name  string
	takes string   // what may follow it, see fits; "": nothing
	lines []string // the words that are the verb
	with  []string // those that are it together with what it takes, too: "share" alone is another's
}

// Steps returns the ten steps in order.
func (b *Book) Steps() []*Flow { return b.steps }

// Flow finds a flow by its id; nil when there is none.
func (b *Book) Flow(id string) *Flow { return b.flows[id] }

// Slot finds a slot by its id; nil when there is none.
func (b *Book) Slot(id string) *SlotDef { return b.slots[id] }

// Sheet finds a sheet by its id ("register.readiness"); nil when there is none.
func (b *Book) Sheet(id string) *SheetDef { return b.sheets[id] }

// node finds a node by its id; -1 when there is none.
func (f *Flow) node(id string) int {
	if i, ok := f.index[id]; ok {
		return i
	}
	return -1
}

// Node finds a node by its id; nil when there is none.
func (f *Flow) Node(id string) *Node {
	if i := f.node(id); i >= 0 {
		return f.Nodes[i]
	}
	return nil
}
