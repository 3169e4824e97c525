package slack

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"xiaobao/bot"
)

// Installing, for an app that several workspaces use:
//
//	/slack/install ──cookie, state──► Slack asks the person ──code, state──► /slack/oauth ──code──► oauth.v2.access
//	                                                                            │ state used up, cookie the same
//	                                                                            └──► tokens sealed and kept
//
// The state is random, good once and for ten minutes, and worthless without the cookie of the browser that began.
const (
	grantCookie = "xiaobao_slack"
	grantTime   = 10 * time.Minute
)

// Scopes are what the app asks for, as the manifest says it; doctor compares them with what a token has.
var Scopes = []string{"app_mentions:read", "chat:write", "commands", "files:read", "files:write", "im:history", "im:write", "users:read"}

// authorizePage is where Slack asks the person.
const authorizePage = "https://slack.com/oauth/v2/authorize"

func (a *Adapter) serveInstall(w http.ResponseWriter, r *http.Request) {
	state, secret := rand.Text(), rand.Text()+rand.Text()
	now := a.Now()
	if err := a.Vault.OpenGrant(r.Context(), state+"."+secret, now, now.Add(grantTime)); err != nil {
		a.Logger.ErrorContext(r.Context(), "slack: an installation was not begun", "error", err)
		a.page(w, r, http.StatusServiceUnavailable, "install_later", "")
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: grantCookie, Value: secret, Path: "/slack/", MaxAge: int(grantTime.Seconds()), HttpOnly: true,
		Secure: strings.HasPrefix(a.RedirectURL, "https:"), SameSite: http.SameSiteLaxMode,
	})
	q := url.Values{"client_id": {a.ClientID}, "scope": {strings.Join(Scopes, ",")}, "redirect_uri": {a.RedirectURL}, "state": {state}}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, a.authorize+"?"+q.Encode(), http.StatusFound)
}

func (a *Adapter) serveOAuth(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: grantCookie, Path: "/slack/", MaxAge: -1, HttpOnly: true, Secure: strings.HasPrefix(a.RedirectURL, "https:"), SameSite: http.SameSiteLaxMode})
	q := r.URL.Query()
	cookie, err := r.Cookie(grantCookie)
	if err != nil || q.Get("state") == "" || len(q["state"]) != 1 || strings.Contains(q.Get("state"), ".") {
		a.page(w, r, http.StatusBadRequest, "install_again", "")
		return
	}
	err = a.Vault.UseGrant(r.Context(), q.Get("state")+"."+cookie.Value, a.Now())
	switch {
	case errors.Is(err, bot.ErrGone):
		a.page(w, r, http.StatusBadRequest, "install_again", "")
		return
	case err != nil:
		a.Logger.ErrorContext(r.Context(), "slack: an installation was not finished", "error", err)
		a.page(w, r, http.StatusServiceUnavailable, "install_later", "")
		return
	case q.Get("error") != "" || q.Get("code") == "":
		a.page(w, r, http.StatusOK, "install_refused", "")
		return
	}
	ws, err := a.install(r.Context(), q.Get("code"))
	switch {
	case errors.Is(err, errNotInvited):
		a.page(w, r, http.StatusForbidden, "install_not_invited", "")
	case err != nil:
		a.Logger.ErrorContext(r.Context(), "slack: an installation failed", "error", redact(err))
		a.page(w, r, http.StatusBadGateway, "install_failed", "")
	case ws.org():
		a.page(w, r, http.StatusOK, "install_org", "")
	default:
		a.page(w, r, http.StatusOK, "install_done", "https://slack.com/app_redirect?"+url.Values{"app": {ws.app}, "team": {ws.team}}.Encode())
	}
}

// errNotInvited: this installation of Xiaobao serves named workspaces only.
var errNotInvited = errors.New("slack: the workspace is not among SLACK_WORKSPACES")

// install exchanges a code for tokens and keeps them.
func (a *Adapter) install(ctx context.Context, code string) (*workspace, error) {
	r, err := a.oauth(ctx, map[string]string{"code": code, "redirect_uri": a.RedirectURL})
	if err != nil {
		return nil, err
	}
	g := grant{
		Access: r.Access, Refresh: r.Refresh, Expires: r.expires(a.Now()), Scopes: r.Scope, Team: r.Team.ID, Enterprise: r.Enterprise.ID, App: r.App,
		User: r.User, Name: r.Team.Name, By: r.By.ID,
	}
	if r.Org || g.Team == "" {
		g.Team, g.Name = "", r.Enterprise.Name
	}
	id := g.identity().id
	if id == "" || g.Access == "" || r.Kind != "bot" && r.Kind != "" {
		return nil, errors.New("slack: the answer to the code names no workspace")
	}
	api := a.newClient(g.Access)
	if len(a.Allowed) > 0 && !slices.Contains(a.Allowed, id) {
		if _, err := api.SendAuthRevokeContext(ctx, ""); err != nil {
			a.Logger.WarnContext(ctx, "slack: a token that is not wanted was not revoked", "workspace", id, "error", redact(err))
		}
		return nil, errNotInvited
	}
	who, err := api.AuthTestContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("slack: ask who we are: %w", err)
	}
	g.User, g.Bot = who.UserID, who.BotID
	sealed, err := a.seal(id, g)
	if err != nil {
		return nil, err
	}
	if err := a.Vault.KeepWorkspace(ctx, Network, id, sealed, a.Now()); err != nil {
		return nil, err
	}
	w := a.makeWorkspace(g, sealed)
	a.homes.put(w)
	a.Logger.InfoContext(ctx, "slack: installed", "workspace", id, "organization", w.org())
	return w, nil
}

// An access is what oauth.v2.access says.
type access struct {
	OK         bool   `json:"ok"`
	Error      string `json:"error"`
	Access     string `json:"access_token"`
	Kind       string `json:"token_type"`
	Scope      string `json:"scope"`
	User       string `json:"bot_user_id"`
	App        string `json:"app_id"`
	Refresh    string `json:"refresh_token"`
	Seconds    int64  `json:"expires_in"`
	Org        bool   `json:"is_enterprise_install"`
	Team       named  `json:"team"`
	Enterprise named  `json:"enterprise"`
	By         named  `json:"authed_user"`
}

type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (r access) expires(now time.Time) time.Time {
	if r.Seconds <= 0 {
		return time.Time{}
	}
	return now.Add(time.Duration(r.Seconds) * time.Second)
}

// oauth calls oauth.v2.access. The app's own id and secret travel in the header for that, and nothing secret in the address.
func (a *Adapter) oauth(ctx context.Context, arguments map[string]string) (access, error) {
	form := url.Values{}
	for name, value := range arguments {
		form.Set(name, value)
	}
	var out access
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.API+"oauth.v2.access", strings.NewReader(form.Encode()))
	if err != nil {
		return out, fmt.Errorf("slack: oauth.v2.access: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(a.ClientID), url.QueryEscape(a.ClientSecret))
	resp, err := a.http.Do(r)
	if err != nil {
		return out, fmt.Errorf("slack: oauth.v2.access: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return out, fmt.Errorf("slack: oauth.v2.access: %w", slack.StatusCodeError{Code: resp.StatusCode, Status: resp.Status})
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&out); err != nil {
		return out, fmt.Errorf("slack: oauth.v2.access: read the answer: %w", err)
	}
	if !out.OK {
		return out, fmt.Errorf("slack: oauth.v2.access: %w", slack.SlackErrorResponse{Err: out.Error})
	}
	return out, nil
}

var pageTemplate = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title></head>
<body><h1>{{.Title}}</h1><p>{{.Text}}</p>{{if .Link}}<p><a href="{{.Link}}">{{.Go}}</a></p>{{end}}</body></html>
`))

// page shows one of the adapter's own sentences in the language of the browser. Nothing of the request stands in it.
func (a *Adapter) page(w http.ResponseWriter, r *http.Request, status int, word, link string) {
	lang := "en"
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(r.Header.Get("Accept-Language"))), "zh") {
		lang = "zh-Hans"
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	err := pageTemplate.Execute(w, map[string]string{
		"Lang": lang, "Title": a.words.say(lang, word), "Text": a.words.say(lang, word+"_text"), "Link": link, "Go": a.words.say(lang, "install_go"),
	})
	if err != nil {
		a.Logger.DebugContext(r.Context(), "slack: a page was not read to its end", "error", err)
	}
}
