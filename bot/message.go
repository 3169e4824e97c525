// Package bot is the middle of the house: it knows what a message is, what it needs of a network (Adapter) and of a
// database (Store), turns what happened in a chat into one durable turn of a case (Handle), and sees to it that what was
// decided leaves exactly once (Deliver). It thinks with bot/flow and bot/notify and touches nothing itself.
//
// One turn, from a click to the reply:
//
//	Incoming ──► Handle ──► Store.Apply ( state ──► flow.Advance ──► state', effects ──► rendered, fitted ) commit
//	                                                                                        │
//	          Adapter.Send ◄── Deliver ◄── the turn's deliveries, leased to this process ◄──┘
//	                 │
//	                 └──► Receipt ──► Store.Settle
package bot

import (
	"time"

	"xiaobao/bot/flow"
)

// A Place is one room in one network. Only that network's adapter looks inside; everyone else compares it.
type Place struct {
	Network   string `json:"network"`             // the adapter's name: "web", "console", "slack", "discord"
	Workspace string `json:"workspace,omitempty"` // the tenant inside the network: a Slack team, a Discord guild, "local"
	Room      string `json:"room,omitempty"`      // a channel, a direct message, a web room
	Thread    string `json:"thread,omitempty"`    // a thread in the room; empty for the room itself
}

// A User is someone in a network, as that network names them.
type User struct {
	Network   string `json:"network"`
	Workspace string `json:"workspace,omitempty"`
	ID        string `json:"id"`
	Name      string `json:"name,omitempty"`     // what to call them; not unique, may change
	Language  string `json:"language,omitempty"` // a BCP 47 tag the network reported; a hint, not a choice
	Zone      string `json:"zone,omitempty"`     // an IANA time zone the network reported
}

// Tenant is the installation boundary a user belongs to. Every query carries it.
func (u User) Tenant() string { return u.Network + ":" + u.Workspace }

// Key names the user across all networks: it is the person of bot/flow.
func (u User) Key() string { return u.Network + ":" + u.Workspace + ":" + u.ID }

// An Incoming is one thing that happened in a chat. ID makes a repeat recognisable: the same ID is applied once.
type Incoming struct {
	ID   string // unique per network for ever: a message id, an interaction id, an id the page made
	At   time.Time
	From User
	To   Place
	What Input
}

// An Input is what happened: Text, Press, Submit, File, Direct.
type Input interface{ input() }

// Text is something a person typed, as it came: uncleaned, of any length.
type Text struct{ Text string }

// Press is a button or an option that was chosen. Everything but Action may be empty.
type Press struct {
	Token  string   // the prompt it belongs to; empty for a button that is valid at any time
	Action string   // see Action.ID
	Values []string // the options chosen, or the button's own value
}

// Submit is a form that was sent.
type Submit struct {
	Token  string
	Values map[string]string // by field id; several choices are separated by "\n"
	Files  map[string]File   // by field id, for fields with Field.File: what stands in one follows what was typed
}

// File is a file that was handed over. Only small text files are looked into; anything else is refused kindly.
type File struct {
	Name string
	Type string
	Data []byte
}

// Direct is a place that the network has opened for a person's news, or why it could not, because they asked for it. A network makes it
// after it has looked who reads there, and never from what somebody sent.
type Direct struct {
	Kind  string // ToDirect, ToThread, ToChannel
	There Place  // zero: it could not be opened
	Fault string // see flow.Directed
}

func (Direct) input() {}
func (Text) input()   {}
func (Press) input()  {}
func (Submit) input() {}
func (File) input()   {}

// A Message is one thing to show. Text stands alone (a notification, a screen reader, a network without blocks);
// Blocks tell the same better. Key names the card it is: a later message with the same Key at the same place replaces it.
type Message struct {
	Text    string   `json:"text"`
	Blocks  []Block  `json:"blocks,omitempty"`
	Actions []Action `json:"actions,omitempty"`
	Form    *Form    `json:"form,omitempty"`
	Key     string   `json:"key,omitempty"`
	Under   string   `json:"under,omitempty"`   // the key of a card at the place whose history it belongs to: see Capabilities.Threads
	Last    bool     `json:"last,omitempty"`    // the card stays as it is now: no later message has its Key
	Done    *Stamp   `json:"done,omitempty"`    // who finished the card, and when
	Lang    string   `json:"lang,omitempty"`    // BCP 47, for the reader and for screen readers
	For     string   `json:"for,omitempty"`     // the user (User.Key) it is meant for, in a room with several
	ForName string   `json:"forName,omitempty"` // what to call them
	Notify  Notify   `json:"notify,omitempty"`
	Expect  Expect   `json:"expect,omitempty"` // what is waited for from the reader
	How     bool     `json:"how,omitempty"`    // it says how to talk with the bot: where not all that is typed is heard, the network adds what is
}

// A Stamp says who did something, and when.
type Stamp struct {
	By string    `json:"by,omitempty"` // what to call them
	At time.Time `json:"at"`
}

// Expect says what a prompt waits for, so that a place can put the cursor where it belongs and knows whether a typed
// number is an answer or picks an action.
type Expect string

// What a message waits for.
const (
	Nothing Expect = ""
	Choice  Expect = "choice" // one of the actions
	Typed   Expect = "typed"  // a line, a paste or a form
)

// Notify says how loudly a message arrives.
type Notify string

// The three ways a message arrives.
const (
	Normal Notify = ""       // as any message
	Silent Notify = "silent" // no sound, no badge: an edited card
	Urgent Notify = "urgent" // needs a person now
)

// A Block is one part of a message's body. Kind says which of the other fields count; see the Kind constants.
type Block struct {
	Kind  Kind      `json:"kind"`
	Text  string    `json:"text,omitempty"`
	Tone  Tone      `json:"tone,omitempty"`
	Facts []Fact    `json:"facts,omitempty"`
	Items []Item    `json:"items,omitempty"`
	Table *Table    `json:"table,omitempty"`
	File  *Document `json:"file,omitempty"`
	Drawn *Document `json:"drawn,omitempty"` // for Picture: the same as SVG, for a place that can show one
	Link  string    `json:"link,omitempty"`  // for Note: where the source can be read
}

// Kind is the kind of a Block.
type Kind string

// The kinds of blocks. Text never contains markup: an adapter escapes all of it.
const (
	Heading   Kind = "heading"   // Text
	Paragraph Kind = "paragraph" // Text, Tone; line breaks count
	Facts     Kind = "facts"     // Facts: label and value
	List      Kind = "list"      // Items: a bullet list, or a checklist when an item has a Mark
	Grid      Kind = "table"     // Table
	Paste     Kind = "paste"     // Text to copy as it is (monospaced, with a copy button where there is one)
	Note      Kind = "note"      // Text in small print: a source, a date, a caveat; Link when it can be read somewhere
	Attached  Kind = "file"      // File to download
	Picture   Kind = "picture"   // File: a PNG to look at, Drawn; Text tells the same to whoever cannot see it
	Progress  Kind = "progress"  // Items: the ten steps, with Mark
	Divider   Kind = "divider"
)

// Tone colours a paragraph; the words must tell the same without the colour.
type Tone string

// The tones.
const (
	Plain Tone = ""
	Good  Tone = "good"
	Warn  Tone = "warn"
	Bad   Tone = "bad"
)

// A Fact is a label and its value.
type Fact struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// An Item is one line of a list.
type Item struct {
	Text string `json:"text"`
	Mark Mark   `json:"mark,omitempty"`
	ID   string `json:"id,omitempty"`   // for Progress: the step's flow id, so that a page can make it a button
	Here bool   `json:"here,omitempty"` // for Progress: of the steps being worked on, the one the reader is in
}

// Mark is the state of a list item.
type Mark string

// The marks of a checklist and of the ten steps.
const (
	NoMark  Mark = ""
	Open    Mark = "open"    // not yet
	Active  Mark = "active"  // being worked on
	Waiting Mark = "waiting" // somebody else's turn
	Done    Mark = "done"
	Skipped Mark = "skipped"
	Missing Mark = "missing" // needed and not there
)

// A Table has a header and rows of the same length.
type Table struct {
	Head []string   `json:"head"`
	Rows [][]string `json:"rows"`
}

// A Document is a file that leaves. Name is plain ASCII and sorts by step.
type Document struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Data []byte `json:"data,omitempty"`
	Note string `json:"note,omitempty"` // what it is, in the reader's language
}

// An Action is something to press or to choose. With Options it is a select (Multi: several); with Link it opens a page;
// otherwise it is a button.
type Action struct {
	ID      string   `json:"id"`
	Token   string   `json:"token,omitempty"`
	Value   string   `json:"value,omitempty"`
	Label   string   `json:"label"`
	Style   Style    `json:"style,omitempty"`
	Link    string   `json:"link,omitempty"`
	Options []Option `json:"options,omitempty"`
	Multi   bool     `json:"multi,omitempty"`
	Search  bool     `json:"search,omitempty"`  // there are more options than these: Bot.Suggest finds them under ID while somebody types
	Confirm string   `json:"confirm,omitempty"` // a question to ask before it counts
}

// Style is how much an action stands out.
type Style string

// The styles.
const (
	Ordinary  Style = ""
	Primary   Style = "primary"
	Dangerous Style = "danger"
	Quiet     Style = "quiet" // help, back, skip: there when looked for
)

// An Option is one choice of a select or of a form's field.
type Option struct {
	Value string `json:"value"`
	Label string `json:"label"`
	Hint  string `json:"hint,omitempty"`
	On    bool   `json:"on,omitempty"` // already chosen
}

// A Form asks for several values at once. Where a place has no forms the fields are asked one by one (the flow does
// that: a typed line answers the first open field), so a form is never lost, only slower.
type Form struct {
	Token  string  `json:"token"`
	Title  string  `json:"title"`
	Send   string  `json:"send"` // the label of the button that sends it
	Fields []Field `json:"fields"`
}

// A Field is one input of a form.
type Field struct {
	ID       string    `json:"id"`
	Kind     FieldKind `json:"kind"`
	Label    string    `json:"label"`
	Ask      string    `json:"ask,omitempty"` // the question, where the fields are asked one by one
	Help     string    `json:"help,omitempty"`
	Example  string    `json:"example,omitempty"`
	Value    string    `json:"value,omitempty"` // prefilled, or what was sent and is wrong
	Fault    string    `json:"fault,omitempty"` // what is wrong with Value and what to do
	Options  []Option  `json:"options,omitempty"`
	Optional bool      `json:"optional,omitempty"`
	Max      int       `json:"max,omitempty"`  // characters
	File     bool      `json:"file,omitempty"` // a list: a file may be handed over for it, see Submit.Files
}

// FieldKind is the kind of a form's input.
type FieldKind string

// The kinds of fields.
const (
	LineField   FieldKind = "line"
	AreaField   FieldKind = "area"
	NumberField FieldKind = "number" // still text: units and currencies may stand beside it
	DateField   FieldKind = "date"   // 2006-01-02
	OneField    FieldKind = "one"    // one of Options
	ManyField   FieldKind = "many"   // several of Options
)

// News is what a source outside the chat has to say about a case: a shipment moved. The card is drawn again at every place
// that follows it; Push, if any, is said aloud when the person's preferences allow it now, and later otherwise.
type News struct {
	Case    string
	Tenant  string
	Key     string            // the card's key: "shipment:<number>"
	Card    flow.Sheet        // the card as it stands now
	Brief   flow.Line         // the card in one line, for a place where it cannot be replaced
	Anew    bool              // somebody asked for the card: it is shown at the bottom, and the old one says so
	Push    []flow.Line       // what changed, what it means, what to do; empty: only the card is drawn again
	Urgent  bool              // needs a person
	Trouble bool              // something goes wrong
	Routine bool              // an ordinary move: pushed only to those who want to hear of everything
	Sorts   []string          // which of flow.Filters it passes, or just has passed
	By      string            // User.Key of who began to follow it; empty: not known
	Asked   Place             // where somebody asked for the card; zero: nobody did
	Opens   string            // the step that can be begun now, while it has not been
	Source  string            // where it was heard, for the record
	Heard   time.Time         // when the source says it happened
	Told    map[string]string // slots of the case that follow from it
	If      map[string]string // it follows only while these slots have these values: a case may have several shipments
}

// Lost is a place that shut while something was on its way there (see Shut).
type Lost struct {
	Case    string
	Tenant  string
	Place   Place
	Why     string
	Message Message // what was on its way
}

// Woken is a timer that came due for a case.
type Woken struct {
	Case   string
	Tenant string
	Name   string
}

// Returned is what a Call came to.
type Returned struct {
	Case   string
	Tenant string
	Call   Call
	Values map[string]string
	Shown  []Block    // shown to the person who asked, in the language of Call.From
	Text   string     // what Shown says in short, for a notification; its paragraphs when empty
	Files  []Document // handed to the person who asked
	Offers []Action   // what to press below Shown: verbs, which count at any time
	Show   *flow.Show // a sheet for the person who asked, said in their language; its To is theirs
	Fault  string     // a message id when it failed
}

func (Lost) input()     {}
func (News) input()     {}
func (Woken) input()    {}
func (Returned) input() {}
