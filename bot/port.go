package bot

import (
	"context"
	"errors"
	"time"

	"xiaobao/bot/flow"
)

// An Adapter connects one network. It translates and never thinks: no branch on content, no state of a conversation.
type Adapter interface {
	// Name is the network's name: the Network of every Place and User it makes.
	Name() string
	// Run connects and calls handle for every thing that happens, until ctx ends. It acknowledges to the network only
	// after handle returned nil; when handle fails it lets the network deliver again, or tells the person it failed.
	Run(ctx context.Context, handle func(context.Context, Incoming) error) error
	// Send makes d visible. It may be called again with the same d.ID after a crash or a lost answer and must not show it
	// twice. It returns an error made by Never, Shut, Later or Ambiguous, or any other error, which means: try again soon.
	Send(ctx context.Context, d Delivery) (Receipt, error)
	// Capabilities says what can be shown at a place. It is data, asked for on every turn, and must not block.
	Capabilities(Place) Capabilities
}

// Capabilities are what a place can show, and its limits. Zero means "not at all" for a feature and "no limit" for a number.
type Capabilities struct {
	Buttons    int  // buttons per message; 0: actions become numbered lines
	ButtonText int  // graphemes per button label
	Options    int  // options per select; more are paged; 0: numbered lines
	Search     bool // a select can ask for options while somebody types (see Action.Search)
	Fields     int  // fields per form; more become pages; 0: asked one by one
	Text       int  // characters per message; longer text is split at paragraphs
	Edits      bool // a message can be replaced in place
	Threads    bool // a message can be put under a card, as its history; elsewhere nothing is said with Message.Under
	Blocks     bool // blocks are shown; otherwise only Text
	Files      int  // bytes per file; 0: no files, their text is shown as paste blocks
	Echo       bool // the place shows what a person typed only when told so with Message.Echo (web)
	Private    bool // only the person and the bot read here
	Brief      bool // nothing can be said here any more a while after the person did something: they are asked where news shall go

	NewsAt []string // the kinds of places that the network opens for the news of whoever is here, when Direction is pressed: ToDirect ...
}

// A Delivery is one message on its way to one place.
type Delivery struct {
	ID      string // stable: the same on a repeated send; at most 25 characters of [0-9a-z], so that it can be a nonce
	Tenant  string
	Case    string
	Place   Place
	Message Message
	Echo    *Echo  // instead of a Message: what the person said, for a place that has Capabilities.Echo
	Call    *Call  // instead of a Message: work for another room (tickets, shipments, the case itself)
	Native  string // what the network called the card that Message.Key names, if it was sent before
	Under   string // what the network called the card that Message.Under names; empty: it was not sent (yet)
	Attempt int    // 1 for the first
	Doubt   bool   // an earlier attempt may have arrived, or got some of the way: it was Unsure, or whoever made it died
	Decided time.Time
}

// An Echo is what a person did, shown back to the room as the bot understood it. Anything secret is already masked.
type Echo struct {
	From User   `json:"from"`
	Text string `json:"text"`
}

// A Call is work for another room. It is done at least once; ID is the same when it is done again.
type Call struct {
	ID   string            `json:"id"`
	Name string            `json:"name"` // "ticket.open", "shipment.watch", "case.export" ...
	By   string            `json:"by"`   // User.Key of who asked
	From User              `json:"from"` // who asked, with the language they read
	At   Place             `json:"at"`   // where they asked
	Args map[string]string `json:"args,omitempty"`
	Body []byte            `json:"body,omitempty"` // a document that belongs to it, as JSON

	Facts map[string]flow.Value `json:"facts,omitempty"` // what sheets are made from (see flow.Call)
}

// A Receipt is what a network said about a message it took.
type Receipt struct {
	Native   string // its own id for the message; kept so that a card can be edited
	Fallback string // the fallback that was taken, if any: for the log
}

// Outgoing is what a turn decided must leave: a Delivery before the store gave it a place in the queue.
type Outgoing struct {
	ID      string // see Delivery.ID
	Place   Place
	Message Message
	Echo    *Echo
	Call    *Call
	After   time.Time // not before; zero: now
}

// A Timer is a moment a case asked to be woken at. Setting it again under the same name moves it; a zero At removes it.
type Timer struct {
	Tenant string
	Case   string
	Name   string
	At     time.Time
}

// A Turn is what thinking about one event came to.
type Turn struct {
	State []byte // the case's next document; nil: unchanged
	Out   []Outgoing
	Wake  []Timer
	Left  bool // what must leave is left for Claim: whoever thought has its hands full
}

// A Key names the one event that Apply applies once.
type Key struct {
	Tenant string
	Case   string
	Event  string // "web:…", "timer:…", "call:…": unique for ever within the tenant
	Who    string // User.ID of whoever did it, who must still work on the case; empty when nobody did
}

// ErrSeen is what Store.Apply returns for an event that was applied before.
var ErrSeen = errors.New("bot: this event was applied before")

// ErrMoved is what Store.Apply may return when the user of the key works on another case by now: Join says on which.
var ErrMoved = errors.New("bot: the user works on another case by now")

// ErrGone is what a Store returns for a case, a code or a ticket that does not exist (any more).
var ErrGone = errors.New("bot: no such thing")

// Store keeps everything. It is declared here and implemented in store, for SQLite and for PostgreSQL. All of its methods
// may be called from several goroutines and from several processes. A method that returned nil has been synced to disk.
type Store interface {
	// Enter returns the case the user works on, and as what. If there is none, the user becomes the owner of a new one called
	// fresh.
	Enter(ctx context.Context, u User, fresh string, now time.Time) (Membership, error)

	// Apply reads the case's document (nil when it is new), thinks, and writes what came of it: the next document, what must
	// leave, the timers, and the key as seen, all or nothing. It returns ErrSeen when the key was seen; then it did not think,
	// or thought in vain. Events of one case are one queue; think may be called again when another process was faster, and must
	// be pure. Nobody may change the document or what think returned.
	// The deliveries are leased to the caller (see Claim), except those that stand behind an unsent one at their place or
	// lie in the future, or all of them when the turn says so: those are left for Claim.
	Apply(ctx context.Context, k Key, now time.Time, think func(state []byte) (Turn, error)) ([]Delivery, error)

	// Claim leases up to n due deliveries, oldest first, never one that stands behind an unsent one to the same place.
	// A lease ends by itself when its process dies; such a delivery comes back with the next Attempt.
	Claim(ctx context.Context, now time.Time, n int) ([]Delivery, error)
	// Settle records how deliveries went.
	Settle(ctx context.Context, now time.Time, s ...Settlement) error

	// Due returns timers that are due, oldest first, without removing them: the turn that handles one sets or removes it.
	Due(ctx context.Context, now time.Time, n int) ([]Timer, error)
	// NextDue is the earliest moment at which Claim or Due will have something, so that nobody needs to poll.
	NextDue(ctx context.Context, now time.Time) (at time.Time, ok bool, err error)
	// Wake rings when something came up that is due earlier than NextDue last said. It has one listener.
	Wake() <-chan struct{}
}

// A Settlement is how one delivery went.
type Settlement struct {
	Delivery Delivery
	Outcome  Outcome
	Native   string    // with Sent: remembered as the card's native id when the message has a Key
	Retry    time.Time // with Deferred and Unsure: when to try, or to look, again
	Reason   string    // with Refused: for the operator
}

// Outcome is how a delivery went.
type Outcome string

// The outcomes.
const (
	Sent     Outcome = "sent"
	Deferred Outcome = "later"     // try again at Retry
	Refused  Outcome = "never"     // kept for the operator to see and to replay
	Unsure   Outcome = "ambiguous" // it may have arrived; the adapter must reconcile before it sends again
)

// Cases is what the bot asks of the store about whole cases. The same type implements it.
type Cases interface {
	// Invite keeps a one-time code for joining a case in a role until it expires.
	Invite(ctx context.Context, tenant, caseID, code, role string, expires time.Time) error
	// Redeem moves the user into the case of a code and uses the code up. ErrGone: unknown, used or expired.
	Redeem(ctx context.Context, u User, code string, now time.Time) (caseID string, err error)
	// Members lists who works on a case.
	Members(ctx context.Context, tenant, caseID string) ([]Member, error)
	// CaseOf is the case that a user works on. ErrGone: none.
	CaseOf(ctx context.Context, u User) (caseID string, err error)
	// Read returns the case's document as it stands.
	Read(ctx context.Context, tenant, caseID string) ([]byte, error)
	// Erase removes the case and everything kept about it: document, outbox, timers, tickets, shipments, chat log, members.
	Erase(ctx context.Context, tenant, caseID string) error
}

// The roles a user can have in a case.
const (
	Owner     = "owner"  // opened it
	Colleague = "member" // was invited to work on it
	Viewer    = "viewer" // was invited to look: may neither answer nor change anything
)

// A Membership is the case a user works on, and in which role.
type Membership struct{ Case, Role string }

// A Member is a user in a case.
type Member struct {
	User  User
	Role  string // Owner, Colleague, Viewer
	Since time.Time
}

// Tickets is where questions for a human are kept. The same type implements it.
type Tickets interface {
	// OpenTicket keeps t; a second call with the same ID changes nothing.
	OpenTicket(ctx context.Context, t Ticket) error
	// OpenTickets lists the unanswered ones, oldest first.
	OpenTickets(ctx context.Context, n int) ([]Ticket, error)
	// Ticket finds one. ErrGone when there is none.
	Ticket(ctx context.Context, id string) (Ticket, error)
	// CloseTicket records the answer; false when somebody was faster.
	CloseTicket(ctx context.Context, id, by, answer string, now time.Time) (bool, error)
	// Unanswered counts a question nobody could answer (already cleaned and masked).
	Unanswered(ctx context.Context, tenant, lang, question string, now time.Time) error
	// UnansweredTop lists the most frequent ones.
	UnansweredTop(ctx context.Context, n int) ([]Unanswered, error)
	// Refusals lists deliveries that were refused, newest first.
	Refusals(ctx context.Context, n int) ([]Refusal, error)
	// Replay puts a refused delivery back into the queue.
	Replay(ctx context.Context, id string, now time.Time) error
}

// A Ticket is a question handed to a human, with the evidence pack as the bot collected it.
type Ticket struct {
	ID       string
	Tenant   string
	Case     string
	Person   string // User.Key
	Name     string
	Lang     string
	Flow     string
	Node     string
	Question string
	Pack     Message // the evidence pack, rendered in the operator's language
	Opened   time.Time
	Answered time.Time
	By       string
	Answer   string
}

// Unanswered is a question that found no answer, and how often.
type Unanswered struct {
	Lang     string
	Question string
	Count    int
	Last     time.Time
}

// A Refusal is a delivery that cannot be made.
type Refusal struct {
	ID     string
	Place  Place
	Text   string // the first words of it
	Reason string
	At     time.Time
}

// Log keeps what a place that belongs to us (the web chat) has shown, so that it is there after a reload. The store
// implements it; adapters declare the part they use.
type Log interface {
	// Post appends an entry, or replaces the one with the same key at the place. The same id twice is one entry.
	// It returns the entry's position: every change gets a new, higher one.
	Post(ctx context.Context, p Place, caseID, id, key string, at time.Time, body []byte) (seq int64, err error)
	// Since lists entries changed after seq, in the order they are shown, at most n of the newest.
	Since(ctx context.Context, p Place, seq int64, n int) ([]Entry, error)
}

// An Entry is one line of a Log.
type Entry struct {
	Seq   int64 // changes when the entry is replaced
	Order int64 // does not change: where the entry stands
	Key   string
	At    time.Time
	Body  []byte
}
