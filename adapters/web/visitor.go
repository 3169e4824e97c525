package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"

	"xiaobao/bot"
)

// The cookies. userCookie is the person's only credential: whoever has it is that person. The last three are written by the
// page and only make it look right from the first moment.
const (
	userCookie  = "xiaobao_user"
	roomCookie  = "xiaobao_room"
	nameCookie  = "xiaobao_name"
	langCookie  = "xiaobao_lang"
	themeCookie = "xiaobao_theme"

	keepFor = 400 * 24 * 3600 // seconds: as long as browsers allow
)

var validRoom = regexp.MustCompile(`^[0-9a-z]{16,64}$`)

// visitor reads who asks and for which room. When either is missing it has answered.
func (a *Adapter) visitor(w http.ResponseWriter, r *http.Request) (room string, u bot.User, ok bool) {
	room = r.PathValue("room")
	if !validRoom.MatchString(room) {
		a.refuse(w, r, http.StatusNotFound, "error_gone", "")
		return "", bot.User{}, false
	}
	u, ok = a.user(r)
	if !ok {
		a.refuse(w, r, http.StatusUnauthorized, "error_who", "")
	}
	return room, u, ok
}

// user is the person the browser's cookie stands for. The id everybody may see is made from the cookie and does not lead
// back to it.
func (a *Adapter) user(r *http.Request) (bot.User, bool) {
	c, err := r.Cookie(userCookie)
	if err != nil || !validRoom.MatchString(c.Value) {
		return bot.User{}, false
	}
	return bot.User{
		Network:   Network,
		Workspace: Workspace,
		ID:        makeID(c.Value),
		Name:      cookieName(r),
		Language:  a.words.language(r),
	}, true
}

func makeID(secret string) string {
	sum := sha256.Sum256([]byte("xiaobao web user " + secret))
	return hex.EncodeToString(sum[:12])
}

func cookieName(r *http.Request) string {
	c, err := r.Cookie(nameCookie)
	if err != nil {
		return ""
	}
	name, err := url.QueryUnescape(c.Value)
	if err != nil {
		return ""
	}
	return cleanName(name)
}

// cleanName makes a name fit for one line: no control or direction characters, at most 40 graphemes.
func cleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		if r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\u200e' || r == '\u200f' || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	g := uniseg.NewGraphemes(s)
	for n := 0; g.Next(); n++ {
		if n == 40 {
			from, _ := g.Positions()
			return strings.TrimSpace(s[:from])
		}
	}
	return s
}

// serveHome leads to the person's own room, which is made on the first visit.
func (a *Adapter) serveHome(w http.ResponseWriter, r *http.Request) {
	if a.bounced(w, r) {
		return
	}
	room := ""
	if c, err := r.Cookie(roomCookie); err == nil && validRoom.MatchString(c.Value) {
		room = c.Value
	} else {
		room = a.NewID()
		setCookie(w, r, roomCookie, room)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, "/r/"+room, http.StatusSeeOther)
}

// serveRoom shows the page. A browser that was never here gets its cookie.
func (a *Adapter) serveRoom(w http.ResponseWriter, r *http.Request) {
	room := r.PathValue("room")
	if !validRoom.MatchString(room) {
		a.serveGone(w, r)
		return
	}
	if a.bounced(w, r) {
		return
	}
	if _, ok := a.user(r); !ok {
		setCookie(w, r, userCookie, a.NewID())
	}
	a.page.serve(w, view{
		Lang: a.words.language(r), Room: room, Name: cookieName(r), Theme: theme(r), Words: a.words,
	})
}

// serveGone answers for an address at which there is nothing.
func (a *Adapter) serveGone(w http.ResponseWriter, r *http.Request) {
	a.page.serveGone(w, view{Lang: a.words.language(r), Theme: theme(r), Words: a.words})
}

// theme is the one that was chosen in this browser; empty: as the system.
func theme(r *http.Request) string {
	if c, err := r.Cookie(themeCookie); err == nil && (c.Value == "light" || c.Value == "dark") {
		return c.Value
	}
	return ""
}

// bounced deals with the first step from another site. SameSite=Strict keeps our cookies back then, so that everybody
// would look new; a page of our own that goes straight on makes the second step ours.
func (a *Adapter) bounced(w http.ResponseWriter, r *http.Request) bool {
	if _, ok := a.user(r); ok || r.URL.Query().Has("here") {
		return false
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		a.page.serveBounce(w, r.URL.Path+"?here")
		return true
	}
	return false
}

func setCookie(w http.ResponseWriter, r *http.Request, name, value string) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: keepFor,
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode,
	})
}
