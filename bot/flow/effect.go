package flow

import "time"

// An Effect is something that should be done: Speak, Ask, Close, Spine, Show, Explain, Call, Wake, Wish, Notices, Reason, Sample.
type Effect interface{ effect() }

// To is the person an effect is for, the place they were last seen at, and the language they read.
type To struct {
	Person string
	Name   string
	Place  string
	Lang   string
	Zone   string // IANA name; empty: not known
}

// Speak says lines, one paragraph each. Sources are ids of knowledge sources, shown small with their date.
type Speak struct {
	To      To
	Tone    Tone
	Lines   []Line
	Items   []Item // a list below the lines
	Sources []string
	Actions []Action
	Urgent  bool
	How     bool // it says how to talk with the bot
}

// Tone is how serious a line is. The words say the same.
type Tone string

// The tones.
const (
	Plain Tone = ""
	Good  Tone = "good"
	Warn  Tone = "warn"
	Bad   Tone = "bad"
)

// Ask shows a prompt: the one thing the bot waits for from this person. Token names the prompt and its card; it is the same
// when the prompt is shown again unchanged and new as soon as it was answered.
type Ask struct {
	To       To
	Token    string
	Step     int    // 1 to 10; 0 outside the steps
	Flow     string // its title is the message "step.<flow>"
	Node     string
	At, Of   int // question At of Of in this step; 0: not counted
	Part     int // field Part of Parts, where the fields of a form are asked one at a time; 0: not counted
	Parts    int
	Lead     []Line // what to say first, one paragraph each: what was wrong, what is known
	LeadTone Tone
	Question []Line  // the question itself, one paragraph each
	Facts    []Fact  // what is known, for confirmation
	Items    []Item  // a checklist, for a node that waits
	Fields   []Field // what may be answered; more than one: a form
	Sources  []string
	Actions  []Action
	Urgent   bool
}

// Close ends a card: its buttons go, and Line says what became of it.
type Close struct {
	To    To
	Token string
	Lines []Line
	Facts []Fact
}

// Spine shows the ten steps and where they stand. It is one card per person, replaced in place.
type Spine struct {
	To      To
	Steps   []StepState
	Next    string // the flow to go on with; empty when all is done
	Actions []Action
	Redraw  bool // a step moved: only the card that is there is brought up to date, nobody asked to see it
}

// StepState is one of the ten steps on the spine.
type StepState struct {
	Flow   string
	Step   int
	Status Status
	Note   []Line // who is waited on and since when, why it was skipped
}

// Show shows a sheet: something to use outside the chat. Files are the forms in which it is also attached.
type Show struct {
	To      To
	Sheet   Sheet
	Files   []string // "md", "csv", "json"
	Actions []Action
}

// A Sheet is a finished output of a step, in words that have not been said yet.
type Sheet struct {
	ID      string // unique in the book: "register.readiness"
	Flow    string
	Step    int
	Title   Line
	Made    time.Time
	Parts   []Part
	Sources []string
}

// A Part is one section of a sheet. Exactly one of Facts, Items, Table, Paste, Data is used, after Heading and Text.
type Part struct {
	Heading *Line
	Text    []Line
	Facts   []Fact
	Items   []Item
	Table   *Table
	Paste   []Line // one line each, to be copied as they are
	Data    []byte // JSON, for other programs
	English bool   // say it in English whatever the reader reads: it goes to somebody else
}

// A Table has a header and rows of lines.
type Table struct {
	Head []Line
	Rows [][]Line
}

// A Fact is a label and a value; Missing when it is not known yet.
type Fact struct {
	Label   Line
	Value   Line // the message "value" with the hole Value, or another
	Missing bool
}

// An Item is one line of a list. Mark is "", "open", "done" or "missing".
type Item struct {
	Line Line
	Mark string
}

// A Field is one thing that may be answered. Kind is the slot's type.
type Field struct {
	Slot     string
	Type     string // see the types in slots.yaml
	Label    Line
	Ask      Line // the question, for a place that asks the fields one by one
	Help     *Line
	Example  string // locale-free, as it would be typed
	Sample   *Line  // an example in the reader's language, where there is one
	Value    string // prefilled: what is known, as it would be typed
	Fault    *Line
	Options  []Option
	Optional bool
	Max      int
}

// An Option is one choice. Accept are the messages whose lines are accepted for it besides its label.
type Option struct {
	Value string
	Label Line
	On    bool
}

// An Action is a button. Verb says what pressing it does; a verb with a Token belongs to one prompt.
type Action struct {
	Verb    string
	Token   string
	Value   string
	Label   Line
	Style   string // "", "primary", "danger", "quiet"
	Link    string
	Confirm *Line
	Options []Option // a select instead of a button
	Search  bool     // the options can be searched for by what they are called, under the name of the verb
	Multi   bool
}

// Explain answers a question with an entry of the knowledge base.
type Explain struct {
	To      To
	Entry   string // "question:F13", "term:12", "code:FBA_INB_0004"
	Actions []Action
}

// Call asks another room to do something; Answered comes back. ID is the same when the same turn is thought again.
type Call struct {
	ID     string
	Name   string
	Person string
	Args   map[string]string
	Pack   *Sheet           // the evidence pack of a ticket
	Facts  map[string]Value // what sheets are made from: the slots they read, as far as they are known
}

// Wake asks for TimePassed{Name} at At. Setting it again moves it; a zero At removes it.
type Wake struct {
	Name string
	At   time.Time
}

// A Wish is what a person, or a place that follows the case, wants of notifications. Cards are drawn again whatever is
// wished. Kind says which of the other fields count; see the constants.
type Wish struct {
	Person  string
	Place   string // the place it is for, if it is for a place that follows the case and not for the person
	Kind    WishKind
	About   string    // Mute, Snooze: a shipment's number, in capitals; empty: all of them
	From    int       // Quiet: minutes after midnight; From equal to To: no quiet hours
	To      int       // Quiet
	Every   string    // Digest: "", "day", "week"; Level: "all", "important", "problems"
	Day     int       // Digest: the day of the week, Sunday is 0
	Minute  int       // Digest: after midnight
	Until   time.Time // Snooze
	On      bool      // Loud; Only: as well as what is heard of already, where that is narrowed
	Numbers []string  // Only: shipments' numbers, in capitals
	Sorts   []string  // Only: of Filters
	Own     bool      // Only: those that Person began to follow
}

// WishKind is the kind of a Wish.
type WishKind string

// The kinds of wishes.
const (
	Mute     WishKind = "mute"     // About: no pushes about it
	Unmute   WishKind = "unmute"   // all pushes again, no snooze
	Hear     WishKind = "hear"     // all pushes again, but what was muted by itself
	Quiet    WishKind = "quiet"    // From, To: no pushes in these hours
	Digest   WishKind = "digest"   // Every, Day, Minute: ordinary news comes together
	Loud     WishKind = "loud"     // On: what cannot wait may come in quiet hours
	Snooze   WishKind = "snooze"   // About, Until: no pushes until then
	Level    WishKind = "level"    // Every: how much is pushed
	Only     WishKind = "only"     // Numbers, Sorts, Own, On: it hears of no other shipments; none of them: of all
	Follow   WishKind = "follow"   // Place: it hears of the case's shipments
	Unfollow WishKind = "unfollow" // Place: not any more
)

// Notices shows what a person, or the place, wishes of notifications now, with buttons to change it.
type Notices struct {
	To      To
	Place   string // see Wish.Place
	Actions []Action
}

// Reason tells a person why they were told the last piece of news, about a shipment or about any.
type Reason struct {
	To      To
	About   string
	Actions []Action
}

// Sample sends a notification that says it is a test, the way a real one would come, to where they come.
type Sample struct {
	To    To
	Place string // see Wish.Place
	Said  bool   // the person was told already that it comes
}

func (Wish) effect()    {}
func (Notices) effect() {}
func (Reason) effect()  {}
func (Sample) effect()  {}
func (Speak) effect()   {}
func (Ask) effect()     {}
func (Close) effect()   {}
func (Spine) effect()   {}
func (Show) effect()    {}
func (Explain) effect() {}
func (Call) effect()    {}
func (Wake) effect()    {}
