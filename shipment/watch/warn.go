package watch

import (
	"context"
	"time"

	"xiaobao/shipment"
)

// A Warner knows of things that an operator should see to before they become faults.
type Warner interface {
	// Warnings lists them all, those that are well too, always with the same keys. The source may be asked, where that costs nothing.
	Warnings(ctx context.Context, now time.Time) ([]Warning, error)
}

// A Warning is said to the operator when its Mark has become another, and is on their page as long as there is one.
type Warning struct {
	Key     string // of what is looked at, within the source
	Mark    string // how near the end is; empty: far enough
	Kind    WarningKind
	Account string        // whose
	On      shipment.Date // when it ends, if that is a day
	Days    int           // from now; negative when it is over
	Left    int           // otherwise: how much is left
	Of      int           // of how much
}

// WarningKind says what comes to an end.
type WarningKind string

// What comes to an end.
const (
	Authorisation WarningKind = "authorisation" // the seller must give it again
	Secret        WarningKind = "secret"        // the app's must be replaced
	Quota         WarningKind = "quota"         // of numbers that can still be registered
)

// warnEvery is how often it is looked whether there is something to warn of.
const warnEvery = time.Hour

// warn looks after what comes to an end, in every process; whoever notes a mark first says it.
func (w *Watch) warn(ctx context.Context, f *follower, s Warner) {
	log := w.log.With("source", f.source.Name())
	w.repeat(ctx, f.warns, log, func() (time.Duration, error) {
		list, err := s.Warnings(ctx, w.now())
		if err != nil { // the source does not answer, which those who ask it for numbers tell
			log.DebugContext(ctx, "looking for what comes to an end failed", "error", err)
			return warnEvery, nil
		}
		now := []Warning{}
		for _, x := range list {
			fresh, err := w.store.Warned(ctx, f.source.Name()+" "+x.Key, x.Mark)
			if err != nil {
				return 0, err
			}
			if x.Mark == "" {
				continue
			}
			now = append(now, x)
			if fresh {
				log.WarnContext(ctx, "something comes to an end: see the operators' page on sources", x.attributes()...)
			}
		}
		f.warnings.Store(&now)
		return warnEvery, nil
	})
}

func (x Warning) attributes() []any {
	list := []any{"what", x.Kind}
	if x.Account != "" {
		list = append(list, "account", x.Account)
	}
	if x.On.IsZero() {
		return append(list, "left", x.Left, "of", x.Of)
	}
	return append(list, "on", x.On.String(), "days", x.Days)
}
