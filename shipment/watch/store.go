package watch

import (
	"context"
	"time"

	"xiaobao/bot"
	"xiaobao/shipment"
)

// A Watched is a shipment that a case waits for.
type Watched struct {
	Tenant   string            `json:"-"`
	Case     string            `json:"-"`
	Version  int64             `json:"-"` // counted by the store
	Due      time.Time         `json:"-"` // when the shipment itself has something to be done: news, a card, a first look; zero: nothing
	Look     time.Time         `json:"-"` // when its source is to be asked again, or a little earlier; zero: never
	Shipment shipment.Shipment `json:"shipment"`
	Pending  []Pending         `json:"pending,omitempty"` // worked out, not yet handed over
	Silent   string            `json:"silent,omitempty"`  // key of the silence that was told last
	Again    string            `json:"again,omitempty"`   // the call that began it anew: what was told before counts no more
	Wanted   time.Time         `json:"wanted,omitzero"`   // its source said that there is something new: a look that begins later is due
	Told     bool              `json:"told,omitempty"`    // its source, a Registrar, was told of it
	Batch    string            `json:"batch,omitempty"`   // the table it came with
	By       string            `json:"by,omitempty"`      // bot.User.Key of who began to follow it; empty: not known
	Quiet    bool              `json:"quiet,omitempty"`   // it came with many others: no card before somebody should look, or asks
}

// Pending is news that must be handed over. Key is unique for the shipment.
type Pending struct {
	Key    string          `json:"key"`
	Change shipment.Change `json:"change,omitzero"` // Kind is empty when only the card is to be shown
	Shown  bool            `json:"shown,omitempty"` // a person asked to see the card
	At     bot.Place       `json:"at,omitzero"`     // where they are who asked for it; zero: nobody did
}

// Whose says whose shipments are meant: those of some sources, or, with Others, those of all other sources and of none.
type Whose struct {
	Sources []string
	Others  bool
}

// Store is what this room needs of a database. It is declared here and implemented in store; package watchtest is its suite.
type Store interface {
	Shipments
	Early
	Leases
	Ledger
}

// Shipments keeps what is watched.
type Shipments interface {
	// Shipment finds what a case watches under a number. bot.ErrGone when it watches no such number.
	Shipment(ctx context.Context, tenant, caseID, number string) (Watched, error)
	// WatchedAs lists what is watched under numbers, by all cases of all tenants, in any order.
	WatchedAs(ctx context.Context, numbers []string) ([]Watched, error)
	// PutShipment writes w, all of it but Version, if the version it has is still the stored one (0: there is none yet), and
	// reports whether it did. For a case that does not exist it returns bot.ErrGone.
	PutShipment(ctx context.Context, w Watched) (bool, error)
	// PutShipments does the same for several, each by itself and all in one transaction. What was changed meanwhile, or belongs
	// to a case that does not exist, is not written, which is no error.
	PutShipments(ctx context.Context, list []Watched) (written []bool, err error)
	// DropShipments removes what a case watches under numbers. Others are no error.
	DropShipments(ctx context.Context, caseID string, numbers []string) error
	// DueShipments lists at most n with a Due that is not after now, the earliest first.
	DueShipments(ctx context.Context, of Whose, now time.Time, n int) ([]Watched, error)
	// NextShipment is the earliest Due; false when nothing is ever due.
	NextShipment(ctx context.Context, of Whose) (time.Time, bool, error)

	// Stirred holds a token when another process may have written something that is due; nil where that cannot be heard.
	Stirred() <-chan struct{}
	// AnyShipment reports whether there is a shipment with a Due or a Look.
	AnyShipment(ctx context.Context) (bool, error)
	// Looks calls f for every shipment of a source that has a Look, sorted by number. f must not call the store.
	Looks(ctx context.Context, source string, f func(number string, look time.Time)) error
	// Following reports which of the numbers somebody follows with a source and a Look.
	Following(ctx context.Context, source string, numbers []string) (map[string]bool, error)
	// MoveLooks moves the Looks of what is watched under numbers of a source, and touches nothing else, not even the version. It
	// reports for which of them there was something to move.
	MoveLooks(ctx context.Context, source string, looks []Look) (moved []bool, err error)
}

// Early keeps what sources told by themselves about numbers that nobody follows yet: not for ever, and not everything.
type Early interface {
	// KeepEarly keeps events of numbers for the followers of a tenant; for those of all when it is empty. What is there already is no error.
	KeepEarly(ctx context.Context, tenant string, events []shipment.Event, now time.Time) error
	// Early lists what was kept about a number for the followers of a tenant, or for everybody.
	Early(ctx context.Context, tenant, number string) ([]shipment.Event, error)
}

// A Look is when a number is to be looked at.
type Look struct {
	Number string
	At     time.Time
}

// Leases lend names to one process at a time.
type Leases interface {
	// Lease takes or renews a lease until a moment; false while it is another holder's.
	Lease(ctx context.Context, name, holder string, now, until time.Time) (bool, error)
	// Release gives it back early.
	Release(ctx context.Context, name, holder string) error
}

// Ledger keeps what operators should know about sources.
type Ledger interface {
	// CountCodes adds to how often codes that no table knows were met.
	CountCodes(ctx context.Context, now time.Time, codes []Code) error
	// Codes lists them, the latest first.
	Codes(ctx context.Context, n int) ([]Code, error)
	// StopSource notes that a source must not be asked, and reports whether that is new: the reason was another, or there was none.
	StopSource(ctx context.Context, source, reason string, now time.Time) (bool, error)
	// StartSource takes the note away.
	StartSource(ctx context.Context, source string) error
	// StoppedSources lists the notes.
	StoppedSources(ctx context.Context) ([]Stopped, error)
	// Warned notes how near the end of something is, and reports whether that is new: the mark was another, or there was none.
	Warned(ctx context.Context, what, mark string) (bool, error)
}

// A Code is one that a source used and its table does not know.
type Code struct {
	Source  string
	Code    string
	Times   int
	First   time.Time
	Latest  time.Time
	Example string // in the source's words
}

// A Stopped source must not be asked until an operator acts.
type Stopped struct {
	Source string
	Reason string
	At     time.Time
}
