// Package admin is the operators' pages: questions that wait for a human, questions nobody could answer, deliveries
// that were refused, and how it stands with the tracking sources. Plain pages with plain forms; they work without a script and show what is the case when they are
// loaded.
//
// Whoever can open them can read what sellers asked and answer in the bot's name. Without a token they are therefore shown
// only to this machine itself; see guard.go.
package admin

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"xiaobao/bot"
)

// Root is where the pages are: mount the handler there.
const Root = "/admin/"

const mostListed = 200

// Tickets is what the pages ask of the store; bot.Tickets has it.
type Tickets interface {
	OpenTickets(ctx context.Context, n int) ([]bot.Ticket, error)
	Ticket(ctx context.Context, id string) (bot.Ticket, error)
	UnansweredTop(ctx context.Context, n int) ([]bot.Unanswered, error)
	Refusals(ctx context.Context, n int) ([]bot.Refusal, error)
	Replay(ctx context.Context, id string, now time.Time) error
}

// Config is what the pages need. Tickets and Answer are required.
type Config struct {
	Tickets Tickets
	// Answer brings an operator's answer to the person who asked and closes the ticket. bot.ErrAnswered: somebody was
	// faster; bot.ErrGone: there is no such ticket.
	Answer func(ctx context.Context, ticketID, operator, text string) error
	Title  func(lang, flow string) string // what a step is called; nil: its id
	Replay func()                         // called after a delivery was put back, so that it leaves at once; may be nil
	// Sources reports on the tracking sources and on the codes that no table knows; nil: there is no such page.
	Sources func(ctx context.Context) ([]Source, []Code, error)
	Token   string           // what operators type to get in; empty: only this machine gets in
	Now     func() time.Time // nil: time.Now
	Logger  *slog.Logger     // nil: slog.Default()
}

//go:embed pages
var pagesFS embed.FS

type pages struct {
	Config
	words map[string]map[string]string
	html  *template.Template
	tries *rate.Limiter // wrong tokens, of everybody together
}

// New makes the handler of everything below Root, "/admin" included. It fails only when what is embedded in the program is
// broken, or something required is missing.
func New(c Config) (http.Handler, error) {
	if c.Tickets == nil || c.Answer == nil {
		return nil, errors.New("admin: no tickets, or nothing to answer them with")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Title == nil {
		c.Title = func(_, flow string) string { return flow }
	}
	w, err := readWords()
	if err != nil {
		return nil, err
	}
	t, err := template.ParseFS(pagesFS, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("admin: read pages: %w", err)
	}
	p := &pages{Config: c, words: w, html: t, tries: rate.NewLimiter(rate.Every(5*time.Second), 5)}

	inside := http.NewServeMux()
	inside.HandleFunc("GET /admin/{$}", p.tickets)
	inside.HandleFunc("GET /admin/ticket/{id}", p.ticket)
	inside.HandleFunc("POST /admin/ticket/{id}", p.answer)
	inside.HandleFunc("GET /admin/ticket/{id}/file/{block}", p.file)
	inside.HandleFunc("GET /admin/questions", p.questions)
	inside.HandleFunc("GET /admin/refused", p.refused)
	inside.HandleFunc("POST /admin/refused/{id}", p.replay)
	if p.Sources != nil {
		inside.HandleFunc("GET /admin/sources", p.sources)
	}
	inside.HandleFunc("/admin/", func(w http.ResponseWriter, r *http.Request) { p.fail(w, r, http.StatusNotFound, "gone") })

	mux := http.NewServeMux()
	mux.HandleFunc("GET /admin/admin.css", p.css)
	mux.HandleFunc("GET /admin/language", p.language)
	mux.HandleFunc("POST /admin/login", p.login)
	mux.HandleFunc("POST /admin/logout", p.logout)
	mux.Handle("/admin/", p.guard(inside))
	mux.Handle("/admin", http.RedirectHandler(Root, http.StatusSeeOther))
	return http.NewCrossOriginProtection().Handler(headers(mux)), nil
}

func (p *pages) tickets(w http.ResponseWriter, r *http.Request) {
	open, err := p.Tickets.OpenTickets(r.Context(), mostListed)
	if err != nil {
		p.trouble(w, r, "list tickets", err)
		return
	}
	p.show(w, r, "tickets.html", view{Tickets: open, Done: r.URL.Query().Get("done")})
}

func (p *pages) ticket(w http.ResponseWriter, r *http.Request) {
	p.showTicket(w, r, http.StatusOK, "", "")
}

// showTicket shows a ticket with what was already typed as its answer, and what is wrong.
func (p *pages) showTicket(w http.ResponseWriter, r *http.Request, status int, typed, wrong string) {
	t, err := p.Tickets.Ticket(r.Context(), r.PathValue("id"))
	switch {
	case errors.Is(err, bot.ErrGone):
		p.fail(w, r, http.StatusNotFound, "gone")
		return
	case err != nil:
		p.trouble(w, r, "read a ticket", err)
		return
	}
	p.show(w, r, "ticket.html", view{Status: status, Ticket: t, Typed: typed, Wrong: wrong})
}

func (p *pages) answer(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 256<<10)
	if err := r.ParseForm(); err != nil {
		p.fail(w, r, http.StatusRequestEntityTooLarge, "answer_long")
		return
	}
	text, name := strings.TrimSpace(r.PostForm.Get("text")), cleanLine(r.PostForm.Get("name"))
	setCookie(w, r, nameCookie, encode(name), keepFor)
	r.AddCookie(&http.Cookie{Name: nameCookie, Value: encode(name)}) // for the page that is shown now
	if text == "" || name == "" {
		p.showTicket(w, r, http.StatusUnprocessableEntity, text, "answer_empty")
		return
	}
	id := r.PathValue("id")
	err := p.Answer(r.Context(), id, name, text)
	switch {
	case err == nil:
		p.Logger.Info("admin: ticket answered", "ticket", id)
		http.Redirect(w, r, Root+"?done="+id, http.StatusSeeOther)
	case errors.Is(err, bot.ErrAnswered):
		p.showTicket(w, r, http.StatusConflict, text, "answer_late")
	case errors.Is(err, bot.ErrGone):
		p.fail(w, r, http.StatusNotFound, "gone")
	default:
		p.Logger.Error("admin: answer", "ticket", id, "err", err)
		p.showTicket(w, r, http.StatusServiceUnavailable, text, "answer_failed")
	}
}

func (p *pages) questions(w http.ResponseWriter, r *http.Request) {
	top, err := p.Tickets.UnansweredTop(r.Context(), mostListed)
	if err != nil {
		p.trouble(w, r, "list questions", err)
		return
	}
	p.show(w, r, "questions.html", view{Questions: top})
}

func (p *pages) refused(w http.ResponseWriter, r *http.Request) {
	refusals, err := p.Tickets.Refusals(r.Context(), mostListed)
	if err != nil {
		p.trouble(w, r, "list refusals", err)
		return
	}
	p.show(w, r, "refused.html", view{Refusals: refusals, Done: r.URL.Query().Get("done")})
}

func (p *pages) replay(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if err := p.Tickets.Replay(r.Context(), id, p.Now()); err != nil && !errors.Is(err, bot.ErrGone) {
		p.trouble(w, r, "replay", err)
		return
	}
	p.Logger.Info("admin: delivery put back", "delivery", id)
	if p.Config.Replay != nil {
		p.Config.Replay()
	}
	http.Redirect(w, r, "/admin/refused?done="+id, http.StatusSeeOther)
}
