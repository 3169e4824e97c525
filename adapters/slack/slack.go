// Package slack is the bot in a Slack workspace: direct messages, mentions in channels, the command /xiaobao, buttons,
// selects and forms. It connects over Socket Mode, so it needs no public address: two tokens are all.
//
//	Slack ──WebSocket──► socket ──► read ──► handle, then the envelope is acknowledged
//	  ▲                                        │
//	  └──Web API◄── pace ◄── draw ◄── Send ◄── the outbox
//
// What arrives is acknowledged only when the bot has it; what Slack delivers again has the same Incoming.ID. What leaves is
// checked against every limit of Block Kit first (see blockkit) and carries its Delivery.ID as message metadata, so that a
// message whose answer was lost is looked for before it is sent again.
//
// Nothing is kept here but what may be forgotten: who people are, forms that can be opened, what was sent lately.
package slack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"xiaobao/bot"
	"xiaobao/seal"
)

// Network is the Network of every place and user this package makes.
const Network = "slack"

// Config is what an Adapter needs: a way in (AppToken, or SigningSecret) and a way out (BotToken, or what an app needs that
// several workspaces install).
type Config struct {
	BotToken      string // xoxb-…: the one workspace
	AppToken      string // xapp-…, with the scope connections:write: Socket Mode
	SigningSecret string // without AppToken: HTTP; see Handler

	// For an app that several workspaces install. All of it is needed then, except Allowed.
	ClientID     string
	ClientSecret string
	RedirectURL  string     // https://…/slack/oauth, as the manifest has it
	Allowed      []string   // teams and enterprises that may install; empty: all
	Keys         *seal.Ring // seals tokens, and what waits in the inbox
	Vault        Vault      // see Keep

	Inbox  Inbox            // see Keep; nil: what cannot be kept in time is left to Slack to deliver again
	API    string           // another base for everything, for tests and proxies: "http://127.0.0.1:1/api/"; empty: Slack's own
	Now    func() time.Time // nil: time.Now
	NewID  func() string    // random; names this process; nil: from crypto/rand
	Logger *slog.Logger     // nil: slog.Default()
}

// installs says whether several workspaces install the app.
func (c Config) installs() bool { return c.ClientID != "" }

// check lists what is missing.
func (c Config) check() error {
	var faults []error
	say := func(text string) { faults = append(faults, errors.New("slack: "+text)) }
	if c.BotToken != "" && !strings.HasPrefix(c.BotToken, botPrefix) {
		say("SLACK_BOT_TOKEN must be a bot token, which begins with xoxb-")
	}
	if c.AppToken != "" && !strings.HasPrefix(c.AppToken, appPrefix) {
		say("SLACK_APP_TOKEN must be an app-level token, which begins with xapp-")
	}
	if c.BotToken == "" && !c.installs() {
		say("SLACK_BOT_TOKEN is missing: copy it from OAuth & Permissions")
	}
	if c.AppToken == "" && c.SigningSecret == "" {
		say("SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) is missing: copy one from Basic Information")
	}
	if c.installs() {
		switch u, err := url.Parse(c.RedirectURL); {
		case err != nil || u.Host == "" || u.Path != "/slack/oauth" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || u.Scheme != "https" && !(u.Scheme == "http" && c.API != ""):
			say("SLACK_REDIRECT_URL must be https://…/slack/oauth, the same as in the app's manifest")
		}
		if c.ClientSecret == "" {
			say("SLACK_CLIENT_SECRET is missing: copy it from Basic Information")
		}
		if c.Keys == nil {
			say("XIAOBAO_KEY is missing: tokens of workspaces are kept sealed; make one with: openssl rand -base64 32")
		}
	}
	return errors.Join(faults...)
}

// Adapter is a Slack app in one workspace or in several.
type Adapter struct {
	Config
	http       *http.Client
	words      words
	homes      *workspaces
	people     *people
	forms      *forms
	pace       *pace
	sent       *journal
	socket     socket
	ghosts     ghosts
	health     *health
	pulse      *pulse
	tabs       *tabs
	homer      Homer       // see Show
	suggester  Suggester   // see Show
	process    string      // names this process among those on the same database
	authorize  string      // Slack's page that asks the person
	leaving    chan string // workspaces that took the app out
	known      atomic.Bool // all workspaces were read: what is not there now is not installed
	desk       atomic.Pointer[desk]
	faults     time.Duration // how long a form that was sent stays open to show what is wrong with it
	patience   time.Duration
	erasePause time.Duration
	afresh     time.Duration
}

var _ bot.Adapter = (*Adapter)(nil)

// New makes the adapter. It does not connect.
func New(c Config) (*Adapter, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.NewID == nil {
		c.NewID = rand.Text
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.API == "" {
		c.API = slack.APIURL
	}
	if !strings.HasSuffix(c.API, "/") {
		c.API += "/"
	}
	w, err := readWords()
	if err != nil {
		return nil, err
	}
	beat := newPulse(c.Now)
	a := &Adapter{
		Config: c, pulse: beat, http: &http.Client{Timeout: 15 * time.Second, CheckRedirect: stayHome, Transport: transport(beat)},
		words: w, homes: newWorkspaces(), people: newPeople(c.Now), forms: newForms(), pace: newPace(c.Now), sent: newJournal(),
		socket: defaultSocket(), health: newHealth(c.Now, c.Logger), tabs: newTabs(), afresh: afresh, process: c.NewID(), authorize: authorizePage, leaving: make(chan string, 16),
		faults: 1200 * time.Millisecond, patience: patience, erasePause: 15 * time.Second,
	}
	return a, nil
}

// Keep gives the adapter what keeps things for it, where that is opened after the adapter was made. It must be called before
// Run.
func (a *Adapter) Keep(v Vault, i Inbox) { a.Vault, a.Inbox = v, i }

// Posted says whether Slack posts to Handler. Otherwise everything comes over a connection that Run opens.
func (c Config) Posted() bool { return c.AppToken == "" }

// Serves says whether there is anything to serve with Handler.
func (c Config) Serves() bool { return c.Posted() || c.installs() }

// transport keeps enough connections to Slack open that sends side by side need no new ones.
func transport(p *pulse) http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	return bearer{t, p}
}

// stayHome refuses to follow a redirect to another host: requests carry tokens.
func stayHome(r *http.Request, via []*http.Request) error {
	if len(via) > 3 || r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme {
		return http.ErrUseLastResponse
	}
	return nil
}

// Name is "slack".
func (a *Adapter) Name() string { return Network }

// Capabilities are those of a Slack conversation. Text is so short that it still fits when all of it has to be escaped.
func (a *Adapter) Capabilities(p bot.Place) bot.Capabilities {
	return bot.Capabilities{
		Buttons:    20,
		ButtonText: 75,
		Options:    100,
		Search:     a.suggester != nil,
		Fields:     40,
		Text:       2000,
		Edits:      true,
		Threads:    !direct(p.Room) && p.Thread == "", // direct messages are one conversation
		Blocks:     true,
		Files:      20 << 20,
		Private:    direct(p.Room),
	}
}

// direct says whether a conversation is a direct message.
func direct(room string) bool { return strings.HasPrefix(room, "D") }

// Run connects and hands over what happens until ctx ends. It returns an error when Slack refuses the tokens or when Socket
// Mode was switched off, and says what to do about it; everything else it gets over by itself. Without an app-level token
// nothing is connected: what comes in through Handler is taken while Run runs.
func (a *Adapter) Run(ctx context.Context, handle func(context.Context, bot.Incoming) error) error {
	defer a.http.CloseIdleConnections()
	if a.BotToken != "" {
		if err := a.identify(ctx); err != nil {
			return unlessOver(ctx, err)
		}
	}
	var left []string
	if a.installs() {
		if a.Vault == nil {
			return errors.New("slack: no database to keep the workspaces in")
		}
		var err error
		if left, err = a.restore(ctx); err != nil {
			return unlessOver(ctx, err)
		}
	}
	a.known.Store(true)
	desk := &desk{a: a, handle: handle, lanes: newLanes(mostWaiting), ctx: ctx}
	defer desk.lanes.close()
	if err := desk.resume(ctx); err != nil {
		return unlessOver(ctx, err)
	}
	var helpers sync.WaitGroup
	defer helpers.Wait()
	if a.installs() {
		helpers.Go(func() { a.erase(ctx, left) })
	}
	a.desk.Store(desk)
	defer a.desk.Store(nil)
	if a.AppToken != "" {
		return a.listen(ctx, desk)
	}
	a.Logger.InfoContext(ctx, "slack: waiting for what Slack posts to /slack/", "workspaces", len(a.homes.list()))
	<-ctx.Done()
	return nil
}

func unlessOver(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// identify asks who we are, again and again while Slack cannot be reached.
func (a *Adapter) identify(ctx context.Context) error {
	api := a.newClient(a.BotToken)
	for try := 0; ; try++ {
		r, err := api.AuthTestContext(ctx)
		if err == nil {
			w := &workspace{static: true, api: api, grant: grant{Access: a.BotToken}}
			w.identity = identity{id: r.TeamID, team: r.TeamID, enterprise: r.EnterpriseID, user: r.UserID, bot: r.BotID, name: r.Team}
			if strings.HasPrefix(r.TeamID, "E") { // installed for a whole organization
				w.team, w.enterprise = "", r.TeamID
			}
			a.homes.put(w)
			a.Logger.InfoContext(ctx, "slack: the workspace is there", "workspace", w.id, "name", w.name)
			return nil
		}
		var refused slack.SlackErrorResponse
		if errors.As(err, &refused) && refusedToken(refused.Err) {
			return fmt.Errorf("slack: Slack refuses SLACK_BOT_TOKEN (%s): copy it again from OAuth & Permissions, or install the app again", refused.Err)
		}
		a.Logger.WarnContext(ctx, "slack: cannot be reached yet", "error", redact(err))
		if err := rest(ctx, a.socket.retry(try, err)); err != nil {
			return err
		}
	}
}

func refusedToken(code string) bool {
	switch code {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type", "missing_scope", "org_login_required", "team_access_not_granted":
		return true
	}
	return false
}

// rest waits, or returns ctx's error when it ends first.
func rest(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
