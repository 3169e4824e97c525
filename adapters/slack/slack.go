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
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"xiaobao/bot"
)

// Network is the Network of every place and user this package makes.
const Network = "slack"

// Config is what an Adapter needs. Both tokens are required.
type Config struct {
	BotToken string           // xoxb-…
	AppToken string           // xapp-…, with the scope connections:write
	API      string           // another base for everything, for tests and proxies: "http://127.0.0.1:1/api/"; empty: Slack's own
	Now      func() time.Time // nil: time.Now
	Logger   *slog.Logger     // nil: slog.Default()
}

// Adapter is one Slack workspace.
type Adapter struct {
	Config
	api    *slack.Client
	http   *http.Client
	words  words
	people *people
	forms  *forms
	pace   *pace
	sent   *journal
	socket socket
	faults time.Duration // how long a form that was sent stays open to show what is wrong with it

	mu   sync.Mutex
	self identity
}

var _ bot.Adapter = (*Adapter)(nil)

// An identity is who we are in the workspace.
type identity struct {
	team string // the workspace
	user string // the bot as a user
	bot  string // the bot as a bot
	name string // the workspace's name, for the log
	url  string
}

// New makes the adapter. It does not connect.
func New(c Config) (*Adapter, error) {
	if !strings.HasPrefix(c.BotToken, "xoxb-") {
		return nil, errors.New("slack: SLACK_BOT_TOKEN must be a bot token, which begins with xoxb-")
	}
	if !strings.HasPrefix(c.AppToken, "xapp-") {
		return nil, errors.New("slack: SLACK_APP_TOKEN must be an app-level token, which begins with xapp-")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
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
	client := &http.Client{Timeout: 15 * time.Second, CheckRedirect: stayHome}
	a := &Adapter{
		Config: c, http: client, words: w, forms: newForms(), pace: newPace(c.Now), sent: newJournal(), socket: defaultSocket(), faults: 1200 * time.Millisecond,
		api: slack.New(c.BotToken, slack.OptionAPIURL(c.API), slack.OptionAppLevelToken(c.AppToken), slack.OptionHTTPClient(client)),
	}
	a.people = newPeople(a.api, c.Now)
	return a, nil
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
		Fields:     40,
		Text:       2000,
		Edits:      true,
		Blocks:     true,
		Files:      20 << 20,
		Private:    direct(p.Room),
	}
}

// direct says whether a conversation is a direct message.
func direct(room string) bool { return strings.HasPrefix(room, "D") }

// Run connects and hands over what happens until ctx ends. It returns an error when Slack refuses the tokens or when Socket
// Mode was switched off, and says what to do about it; everything else it gets over by itself.
func (a *Adapter) Run(ctx context.Context, handle func(context.Context, bot.Incoming) error) error {
	if err := a.identify(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	return a.listen(ctx, handle)
}

// identify asks who we are, again and again while Slack cannot be reached.
func (a *Adapter) identify(ctx context.Context) error {
	for try := 0; ; try++ {
		r, err := a.api.AuthTestContext(ctx)
		if err == nil {
			a.mu.Lock()
			a.self = identity{team: r.TeamID, user: r.UserID, bot: r.BotID, name: r.Team, url: r.URL}
			a.mu.Unlock()
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

func (a *Adapter) identity() identity {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.self
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
