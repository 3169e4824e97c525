// Package timeline shows where a shipment is to whoever has the link: a page without an account and without a script, in both
// languages, that works on a phone. A link is a note with an unguessable name; it ends by itself, and with the case.
//
// The page tells no more than the card does: numbers, statuses, places and times; nothing about people.
package timeline

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/shipment/watch"
)

// Root is where the pages are: mount the handler there.
const Root = "/t/"

// lasts is how long a link works.
const lasts = 30 * 24 * time.Hour

// mostListed is how many shipments one list shows.
const mostListed = 500

// Notes is where links are kept. The store has it.
type Notes interface {
	Keep(ctx context.Context, name string, about bot.User, body []byte, now, until time.Time) error
	Find(ctx context.Context, name string, now time.Time) ([]byte, error)
}

// Config is what the pages need, all of it.
type Config struct {
	Notes     Notes
	Shipments watch.Lister
	Words     bot.Words
	Languages []string // the first one is shown to whoever reads neither
	Base      string   // the address of the server, without a slash at the end
	Now       func() time.Time
	NewID     func() string // unguessable
	Logger    *slog.Logger
}

// Pages makes links and serves them. It implements watch.Links.
type Pages struct {
	Config
	html *template.Template
}

var _ watch.Links = (*Pages)(nil)

//go:embed page
var pageFS embed.FS

// New makes the pages. It fails only when what is embedded in the program is broken.
func New(c Config) (*Pages, error) {
	html, err := template.ParseFS(pageFS, "page/*.html")
	if err != nil {
		return nil, fmt.Errorf("timeline: %w", err)
	}
	return &Pages{c, html}, nil
}

// A link is what a note says.
type link struct {
	Tenant string `json:"tenant"`
	Case   string `json:"case"`
	Number string `json:"number,omitempty"` // empty: all shipments of the case
	Zone   string `json:"zone,omitempty"`
}

// Share makes a link. See watch.Links. A call that is done again makes another link; both work.
func (p *Pages) Share(ctx context.Context, d bot.Delivery, number string) (url string, ends time.Time, err error) {
	body, err := json.Marshal(link{d.Tenant, d.Case, number, d.Call.From.Zone})
	if err != nil {
		return "", ends, fmt.Errorf("timeline: write a link: %w", err)
	}
	name, now := p.NewID(), p.Now()
	ends = now.Add(lasts)
	if err := p.Notes.Keep(ctx, name, d.Call.From, body, now, ends); err != nil {
		return "", ends, fmt.Errorf("timeline: keep a link: %w", err)
	}
	return p.Base + Root + name, ends, nil
}

// ServeHTTP serves GET /t/{name}, with ?lang= and, for a list, ?filter= and ?number=.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "text/html; charset=utf-8")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	v := view{pages: p, lang: p.language(r), name: strings.TrimPrefix(r.URL.Path, Root), query: r.URL.Query()}
	l, err := p.find(r.Context(), v.name)
	if err == nil {
		err = v.fill(r.Context(), l)
	}
	switch {
	case errors.Is(err, bot.ErrGone):
		v.gone()
		w.WriteHeader(http.StatusNotFound)
	case err != nil:
		p.Logger.ErrorContext(r.Context(), "a timeline could not be shown", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	if err := p.html.ExecuteTemplate(w, "page.html", v.page()); err != nil {
		p.Logger.DebugContext(r.Context(), "a timeline was not read to its end", "error", err)
	}
}

func (p *Pages) find(ctx context.Context, name string) (l link, err error) {
	if len(name) < 16 || len(name) > 64 || strings.Contains(name, "/") {
		return l, bot.ErrGone
	}
	body, err := p.Notes.Find(ctx, name, p.Now())
	switch {
	case err != nil:
		return l, fmt.Errorf("timeline: find a link: %w", err)
	case body == nil:
		return l, bot.ErrGone
	}
	if err := json.Unmarshal(body, &l); err != nil {
		return l, fmt.Errorf("timeline: read a link: %w", err)
	}
	return l, nil
}

// language is the one that was asked for, or else the first one the browser names that there is.
func (p *Pages) language(r *http.Request) string {
	wanted := append([]string{r.URL.Query().Get("lang")}, strings.Split(r.Header.Get("Accept-Language"), ",")...)
	for _, tag := range wanted {
		tag, _, _ = strings.Cut(strings.TrimSpace(tag), ";")
		for _, lang := range p.Languages {
			if len(tag) >= 2 && strings.EqualFold(tag[:2], lang[:2]) {
				return lang
			}
		}
	}
	return p.Languages[0]
}

func (p *Pages) say(lang, id string, args ...flow.Arg) string {
	return p.Words.Say(lang, "", flow.Say(id, args...))
}
