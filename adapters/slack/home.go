package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"xiaobao/adapters/slack/blockkit"
	"xiaobao/bot"
)

// A Homer makes somebody's home page, a message for each section. bot.Bot.Home is one.
type Homer func(ctx context.Context, u bot.User) ([]bot.Message, error)

// A Suggester finds the options of a select while somebody types. bot.Bot.Suggest is one.
type Suggester func(ctx context.Context, u bot.User, what, query string) ([]bot.Option, error)

// Show gives the adapter what makes home pages and what finds options; without them the Home tab stays as it is, and long
// selects are paged. It must be called before Run.
func (a *Adapter) Show(h Homer, s Suggester) { a.homer, a.suggester = h, s }

// found answers a search for options. A search that fails finds nothing: the next letter asks again.
func (a *Adapter) found(ctx context.Context, o occurrence, from bot.User) any {
	var list []bot.Option
	if a.suggester != nil {
		var err error
		if list, err = a.suggester(ctx, from, o.search, o.query); err != nil {
			a.Logger.WarnContext(ctx, "slack: nothing was suggested", "workspace", o.home.id, "error", err)
		}
	}
	return map[string]any{"options": options(list[:min(len(list), blockkit.Options)])}
}

// afresh is how long several changes are gathered before a home page is published again.
const afresh = 2 * time.Second

// tabs are the home pages that somebody has opened since this process began: they are published again when something leaves for
// that person. Opening the tab publishes it anyway.
type tabs struct {
	mu   sync.Mutex
	open map[string]string // by workspace and direct messages: the person
	soon map[string]bool   // will be published
}

func newTabs() *tabs { return &tabs{open: map[string]string{}, soon: map[string]bool{}} }

// publish shows a person their home page as it is now.
func (a *Adapter) publish(ctx context.Context, api *client, home *workspace, from bot.User) error {
	if a.homer == nil {
		return nil
	}
	if room, err := a.people.room(ctx, api, home.id, from.ID); err == nil {
		a.tabs.mu.Lock()
		if len(a.tabs.open) >= mostPeople {
			clear(a.tabs.open)
		}
		a.tabs.open[home.id+"/"+room] = from.ID
		a.tabs.mu.Unlock()
	}
	sections, err := a.homer(ctx, from)
	if err != nil {
		return fmt.Errorf("slack: make a home page: %w", err)
	}
	for _, plain := range []bool{false, true} {
		var view slack.HomeTabViewRequest
		if view, err = a.words.home(sections, plain); err != nil {
			a.Logger.ErrorContext(ctx, "slack: a home page cannot be drawn", "workspace", home.id, "error", err)
			return nil // it would not be drawn the next time either
		}
		var refused slack.SlackErrorResponse
		_, err = api.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: from.ID, View: view})
		if !errors.As(err, &refused) || refused.Err != "invalid_blocks" && refused.Err != "invalid_arguments" {
			break // only what Slack does not know is drawn once more, as every Slack takes it
		}
	}
	if err != nil {
		a.Logger.WarnContext(ctx, "slack: a home page was not published", "workspace", home.id, "error", redact(err)) // it is when they open it again
	}
	return nil
}

// changed publishes the home page of whoever reads at a place, a moment later and once for several changes.
func (a *Adapter) changed(p bot.Place) {
	key := p.Workspace + "/" + p.Room
	desk := a.desk.Load()
	a.tabs.mu.Lock()
	defer a.tabs.mu.Unlock()
	user := a.tabs.open[key]
	if user == "" || desk == nil || a.tabs.soon[key] {
		return
	}
	a.tabs.soon[key] = desk.lanes.run("home/"+key, func() {
		_ = rest(desk.ctx, a.afresh) // at the end it is published as it is
		a.tabs.mu.Lock()
		delete(a.tabs.soon, key)
		a.tabs.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(desk.ctx), longestTurn)
		defer cancel()
		if err := a.republish(ctx, p.Workspace, user); err != nil {
			a.Logger.WarnContext(ctx, "slack: a home page was not published", "workspace", p.Workspace, "error", redact(err))
		}
	})
}

func (a *Adapter) republish(ctx context.Context, workspace, user string) error {
	home, err := a.home(ctx, workspace)
	if err != nil {
		return err
	}
	api, err := a.client(ctx, home)
	if err != nil {
		return err
	}
	from, _, err := a.people.user(ctx, api, home.identity, user)
	if err != nil {
		return err
	}
	return a.publish(ctx, api, home, from)
}

// home draws a home page. Sections that would go beyond what a page may hold are left out, the last first; what is on it is
// checked against the limits. plain is with the oldest blocks only.
func (w words) home(sections []bot.Message, plain bool) (slack.HomeTabViewRequest, error) {
	var blocks []slack.Block
	primary := false // one button of the page stands out
	for i, m := range sections {
		m.Actions = slices.Clone(m.Actions)
		for j := range m.Actions {
			if a := &m.Actions[j]; a.Style == bot.Primary && primary {
				a.Style = bot.Ordinary
			} else {
				primary = primary || a.Style == bot.Primary
			}
		}
		d := &drawer{words: w, m: m, private: true, plain: plain, tables: 1} // tables stand in messages only
		drawn := d.draw().blocks
		if len(blocks)+len(drawn)+1 > blockkit.ModalBlocks {
			break
		}
		if i > 0 {
			blocks = append(blocks, slack.NewDividerBlock())
		}
		blocks = append(blocks, drawn...)
	}
	view := slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}}
	data, err := json.Marshal(view)
	if err != nil {
		return view, fmt.Errorf("slack: write a home page: %w", err)
	}
	if faults := blockkit.Home(data); len(faults) > 0 {
		return view, fmt.Errorf("slack: a home page beyond the limits: %s", faults[0])
	}
	return view, nil
}
