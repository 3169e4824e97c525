package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"xiaobao/adapters/spapi"
	"xiaobao/adapters/timeline"
	"xiaobao/bot"
	"xiaobao/flows"
	"xiaobao/landedcost"
	"xiaobao/shipment/intake"
	"xiaobao/shipment/watch"
	"xiaobao/store"
)

// house is the program put together: content, database, the bot in the middle, and what watches shipments.
type house struct {
	*content
	config Config
	log    *slog.Logger
	store  *store.Store
	bot    *bot.Bot
	watch  *watch.Watch
	hooks  http.Handler // what sources post to

	carriers *carriers

	timeline *timeline.Pages // nil where no page is served
}

// build opens the database and wires the rooms. The adapter is where people talk: the door to the network, which may need
// the database; others stand beside it.
func build(ctx context.Context, c Config, now func() time.Time, log *slog.Logger, network string, door func(*store.Store) (bot.Adapter, error), beside ...bot.Adapter) (*house, error) {
	setHeap(startHeap)
	k, err := loadContent(c.Flows, c.Words)
	if err != nil {
		return nil, err
	}
	if k.font, err = ownFont(c.Font); err != nil {
		return nil, err
	}
	cards, err := loadCards(c.Rates)
	if err != nil {
		return nil, err
	}
	carriers, err := newCarriers(c, now, log)
	if err != nil {
		return nil, err
	}
	networks := []string{network}
	for _, a := range beside {
		networks = append(networks, a.Name())
	}
	db, err := openStore(ctx, c.Database, networks...)
	if err != nil {
		return nil, err
	}
	d, err := door(db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	h := &house{content: k, config: c, log: log, store: db}
	var links watch.Links // where a page is served
	if c.Public != "" {
		h.timeline, err = timeline.New(timeline.Config{Notes: db.Notes("timeline"), Shipments: db, Words: k.words, Languages: k.words.Languages(), Base: c.Public, Now: now, NewID: newID, Logger: log})
		if err != nil {
			return nil, errors.Join(err, db.Close())
		}
		links = h.timeline
	}
	papers := k.newClerk(cards, flows.Library{Base: k.base})
	h.bot = bot.New(bot.Config{
		Book: k.book, Words: k.words, Library: flows.Library{Base: k.base},
		Store: db, Cases: db, Tickets: db, Adapters: append([]bot.Adapter{d}, beside...),
		Operator: c.Operators.Language, Now: now, NewID: newID, Log: log,
		Files:  []bot.FileCall{{Call: "import.preview", Is: intake.Is}},
		Open:   papers.Open(k.book),
		Rested: debug.FreeOSMemory, // after busy hours, too, the program is small at rest
	})
	h.carriers = carriers
	h.watch = watch.New(db, h.bot.Handle, now, log, carriers.sources...)
	h.hooks = h.watch.Hooks(carriers.hooks...)
	list := watch.List{Shipments: db, Links: links, Now: now}
	h.bot.Offer("shipment", list.Suggest)
	h.bot.Furnish(list.Home)
	tables := &intake.Intake{Watch: h.watch, Drafts: db.Notes("import"), Now: now}
	for _, calls := range []map[string]bot.CallFunc{h.watch.Calls(), tables.Calls(), list.Calls(), spapi.Calls(carriers.amazon), papers.Calls()} {
		for name, call := range calls {
			h.bot.Answer(name, call)
		}
	}
	tellOfCards(cards, landedcost.DayOf(now()), log)
	debug.FreeOSMemory() // what reading the content left behind; at rest the program is small
	tendHeap()
	return h, nil
}

// run runs everything until ctx ends or one part fails.
func (h *house) run(ctx context.Context, doors ...bot.Adapter) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.bot.Run(ctx) })
	g.Go(func() error { return h.watch.Run(ctx) })
	g.Go(func() error { return h.readQueue(ctx) })
	for _, d := range doors {
		g.Go(func() error { return d.Run(ctx, h.bot.Handle) })
	}
	err := g.Wait()
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, h.store.Close())
}

// openStore opens the database for a process that can send to the networks; without any it sends nothing anyway.
func openStore(ctx context.Context, dsn string, networks ...string) (*store.Store, error) {
	db, err := store.Open(ctx, dsn, store.Options{Networks: networks})
	if err != nil {
		return nil, fmt.Errorf("the database %s: %w", redactDSN(dsn), err)
	}
	return db, nil
}

// redactDSN hides the password in postgres://user:password@host.
func redactDSN(dsn string) string {
	scheme, rest, ok := strings.Cut(dsn, "://")
	at := strings.LastIndexByte(rest, '@')
	if !ok || at < 0 {
		return dsn
	}
	user, _, _ := strings.Cut(rest[:at], ":")
	return scheme + "://" + user + ":…" + rest[at:]
}

var idText = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// newID makes an unguessable name.
func newID() string {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the program instead
	return idText.EncodeToString(b[:])
}

func level(name string) (slog.Level, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(name)); err != nil {
		return l, fmt.Errorf("log: debug, info, warn or error, not %q", name)
	}
	return l, nil
}

func newLog(w io.Writer, name string) *slog.Logger {
	l, _ := level(name)
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l}))
}

// plainError turns the errors of the store into sentences that say what to do.
func plainError(err error) error {
	for _, hint := range []struct {
		is   error
		text string
	}{
		{store.ErrNewer, "it was made by a newer version of this program: run that one, or restore a backup from before"},
		{store.ErrLocked, "another program holds it: close that, or name another file with --database"},
		{store.ErrUnwritable, "it cannot be written: check the folder's permissions, or name another file with --database"},
		{store.ErrFull, "the disk is full: make room and start again; nothing that was answered is lost"},
		{store.ErrDamaged, "it is damaged: restore a backup (xiaobao backup makes them)"},
		{store.ErrUnreachable, "the database server does not answer: check the address and whether it runs"},
	} {
		if errors.Is(err, hint.is) {
			return fmt.Errorf("%w\n  %s", err, hint.text)
		}
	}
	return err
}
