package admin

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"

	"xiaobao/bot"
)

const (
	nameCookie = "xiaobao_operator"
	langCookie = "xiaobao_admin_lang"
	keepFor    = 400 * 24 * 3600 // seconds
)

//go:embed words.json
var wordsJSON []byte

var matcher = language.NewMatcher([]language.Tag{language.English, language.SimplifiedChinese})

func readWords() (map[string]map[string]string, error) {
	var w map[string]map[string]string
	if err := json.Unmarshal(wordsJSON, &w); err != nil {
		return nil, fmt.Errorf("admin: read words.json: %w", err)
	}
	return w, nil
}

// A view is what a page is made with.
type view struct {
	Status    int
	Lang      string
	Name      string // of the operator, as last typed
	Page      string // which of the lists
	Here      string // this page's address, to come back to
	Locked    bool   // there is a token, so one can leave
	Wrong     string // a word
	Done      string // what was just done
	Typed     string
	Tickets   []bot.Ticket
	Ticket    bot.Ticket
	Questions []bot.Unanswered
	Refusals  []bot.Refusal
	Sources   []Source
	Codes     []Code

	pages *pages
}

// W is a word in the operator's language, with %s filled.
func (v view) W(name string, args ...any) string {
	text, ok := v.pages.words[v.Lang][name]
	if !ok {
		return name
	}
	if len(args) > 0 {
		return fmt.Sprintf(text, args...)
	}
	return text
}

// Tracks reports whether there is a page about tracking sources.
func (v view) Tracks() bool { return v.pages.Sources != nil }

// When is a moment in this machine's time zone.
func (v view) When(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

// Ends says what of a source comes to an end.
func (v view) Ends(x Warning) string {
	switch {
	case x.On != "" && x.Over:
		return v.W("over_"+x.Kind, x.On)
	case x.On != "":
		return v.W("ends_"+x.Kind, x.On)
	case x.Left <= 0:
		return v.W("over_"+x.Kind, strconv.Itoa(x.Of))
	}
	return v.W("ends_"+x.Kind, strconv.Itoa(x.Left), strconv.Itoa(x.Of))
}

// Ago says roughly how long ago something was.
func (v view) Ago(t time.Time) string {
	d := v.pages.Now().Sub(t)
	switch {
	case d < time.Minute:
		return v.W("ago_now")
	case d < time.Hour:
		return v.W("ago_minutes", strconv.Itoa(int(d.Minutes())))
	case d < 48*time.Hour:
		return v.W("ago_hours", strconv.Itoa(int(d.Hours())))
	}
	return v.W("ago_days", strconv.Itoa(int(d.Hours()/24)))
}

// Step is what a flow is called.
func (v view) Step(flow string) string { return v.pages.Title(v.Lang, flow) }

// Speaks is what a language is called.
func (v view) Speaks(tag string) string {
	if strings.HasPrefix(tag, "zh") {
		return v.W("zh")
	}
	return v.W("en")
}

// Web says whether an address may be a link.
func (v view) Web(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http")
}

// Mark is the sign of a list item, and its word for those who do not see it.
func (v view) Mark(m bot.Mark) string {
	switch m {
	case bot.Done:
		return "✓"
	case bot.Missing:
		return "!"
	case bot.NoMark:
		return "·"
	}
	return "○"
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, name string, v view) {
	v.pages, v.Lang, v.Here, v.Locked = p, p.readerLanguage(r), r.URL.Path, p.Token != ""
	if r.Method != http.MethodGet {
		v.Here = Root
	}
	v.Page, _, _ = strings.Cut(name, ".")
	if v.Page == "ticket" {
		v.Page = "tickets"
	}
	for _, c := range r.CookiesNamed(nameCookie) { // the last one is the newest
		if s, err := url.QueryUnescape(c.Value); err == nil {
			v.Name = cleanLine(s)
		}
	}
	var b bytes.Buffer
	if err := p.html.ExecuteTemplate(&b, name, v); err != nil {
		p.Logger.Error("admin: page", "name", name, "err", err)
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if v.Status != 0 {
		w.WriteHeader(v.Status)
	}
	w.Write(b.Bytes())
}

// fail shows a page that says only what is wrong.
func (p *pages) fail(w http.ResponseWriter, r *http.Request, status int, wrong string) {
	p.show(w, r, "wrong.html", view{Status: status, Wrong: wrong})
}

// trouble is for what the operator cannot help; the log says why.
func (p *pages) trouble(w http.ResponseWriter, r *http.Request, doing string, err error) {
	p.Logger.Error("admin: "+doing, "err", err)
	p.fail(w, r, http.StatusServiceUnavailable, "trouble")
}

// file downloads a document of a ticket's evidence pack.
func (p *pages) file(w http.ResponseWriter, r *http.Request) {
	t, err := p.Tickets.Ticket(r.Context(), r.PathValue("id"))
	i, _ := strconv.Atoi(r.PathValue("block"))
	if err != nil || i < 0 || i >= len(t.Pack.Blocks) || t.Pack.Blocks[i].File == nil {
		p.fail(w, r, http.StatusNotFound, "gone")
		return
	}
	f := t.Pack.Blocks[i].File
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	w.Write(f.Data)
}

func (p *pages) css(w http.ResponseWriter, r *http.Request) {
	b, err := pagesFS.ReadFile("pages/admin.css")
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Write(b)
}

// language keeps the operator's choice and goes back to where they were.
func (p *pages) language(w http.ResponseWriter, r *http.Request) {
	lang, back := r.URL.Query().Get("to"), r.URL.Query().Get("back")
	if p.words[lang] != nil {
		setCookie(w, r, langCookie, lang, keepFor)
	}
	if !strings.HasPrefix(back, Root) || strings.Contains(back, "..") || strings.ContainsAny(back, "\\\r\n") {
		back = Root
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// readerLanguage is what the operator chose here or in the chat, or what the browser asks for.
func (p *pages) readerLanguage(r *http.Request) string {
	for _, name := range []string{langCookie, "xiaobao_lang"} {
		if c, err := r.Cookie(name); err == nil && p.words[c.Value] != nil {
			return c.Value
		}
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err == nil && len(tags) > 0 {
		if _, i, _ := matcher.Match(tags...); i == 1 {
			return "zh-Hans"
		}
	}
	return "en"
}

// cleanLine makes a name fit for one line.
func cleanLine(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }), " ")
	return string(slices.Clip([]rune(s)[:min(40, len([]rune(s)))]))
}

func encode(s string) string { return url.QueryEscape(s) }
