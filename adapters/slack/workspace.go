package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"xiaobao/bot"
)

// A Vault keeps the installations of an app that several workspaces install. What is kept is sealed here, with
// Config.Keys. The errors wrap bot.ErrGone where it says so. The store implements it.
type Vault interface {
	// KeepWorkspace keeps an installation in place of what was kept before.
	KeepWorkspace(ctx context.Context, network, id, sealed string, now time.Time) error
	// RenewWorkspace replaces what is kept when it still is was; bot.ErrGone otherwise.
	RenewWorkspace(ctx context.Context, network, id, was, sealed string, now time.Time) error
	// Workspace reads what is kept. bot.ErrGone when there is nothing.
	Workspace(ctx context.Context, network, id string) (sealed string, err error)
	// Workspaces calls f for all of them, also for those that have left and are not erased yet.
	Workspaces(ctx context.Context, network string, f func(id, sealed string, left bool) error) error
	// LeaveWorkspace forgets the tokens at once.
	LeaveWorkspace(ctx context.Context, network, id string, now time.Time) error
	// EraseTenant removes everything else that is kept about a workspace. It may be called again.
	EraseTenant(ctx context.Context, network, id string) error
	// OpenGrant remembers an installation that begins, UseGrant uses it up; bot.ErrGone: unknown, used or too late.
	OpenGrant(ctx context.Context, grant string, now, expires time.Time) error
	UseGrant(ctx context.Context, grant string, now time.Time) error
	// Lease lets one process at a time do something; see store.Store.Lease.
	Lease(ctx context.Context, name, holder string, now, until time.Time) (bool, error)
	Release(ctx context.Context, name, holder string) error
}

// A site is where something happened, as a payload says it. inside is the team inside an organization in which the app is installed for
// all of it.
type site struct{ app, enterprise, team, inside string }

// An identity is who we are in a workspace. An app that was installed for a whole organization has no team there: its
// installation is that of the enterprise, and so is its tenant.
type identity struct {
	id         string // of the installation: the team, or the enterprise
	team       string
	enterprise string
	app        string
	user       string // the bot as a user
	bot        string // the bot as a bot
	name       string // the workspace's name, for the log
}

func (i identity) org() bool { return i.team == "" && i.enterprise != "" }

// A workspace is one installation and the token we speak with there.
type workspace struct {
	identity
	static bool        // its token comes from the environment and is not ours to erase
	gone   atomic.Bool // the app was taken out

	mu     sync.Mutex // of what follows; held while the token is refreshed when everybody has to wait for that
	api    *client
	grant  grant
	sealed string    // as it was read, or written last
	tried  time.Time // when it was refreshed in vain

	refresh sync.Mutex // one at a time
}

// A grant is what Slack gave for an installation. Written as JSON and sealed it is what the vault keeps.
type grant struct {
	Access     string    `json:"access"`
	Refresh    string    `json:"refresh,omitempty"`
	Expires    time.Time `json:"expires,omitzero"`
	Scopes     string    `json:"scopes,omitempty"`
	Team       string    `json:"team,omitempty"`
	Enterprise string    `json:"enterprise,omitempty"`
	App        string    `json:"app,omitempty"`
	User       string    `json:"user"`
	Bot        string    `json:"bot,omitempty"`
	Name       string    `json:"name,omitempty"`
	By         string    `json:"by,omitempty"` // who installed it
}

func (g grant) identity() identity {
	id := identity{id: g.Team, team: g.Team, enterprise: g.Enterprise, app: g.App, user: g.User, bot: g.Bot, name: g.Name}
	if g.Team == "" {
		id.id = g.Enterprise
	}
	return id
}

// workspaces are the installations this process knows.
type workspaces struct {
	mu      sync.RWMutex
	all     map[string]*workspace
	unknown map[string]time.Time // until when it is not asked for again
}

func newWorkspaces() *workspaces {
	return &workspaces{all: map[string]*workspace{}, unknown: map[string]time.Time{}}
}

func (w *workspaces) put(ws *workspace) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all[ws.id] = ws
	delete(w.unknown, ws.id)
}

func (w *workspaces) drop(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.all, id)
}

func (w *workspaces) get(id string) *workspace {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.all[id]
}

// list are all of them.
func (w *workspaces) list() []*workspace {
	w.mu.RLock()
	defer w.mu.RUnlock()
	var out []*workspace
	for _, ws := range w.all {
		out = append(out, ws)
	}
	return out
}

// errStranger: a payload of a workspace in which this app is not installed, as far as we know.
var errStranger = errors.New("slack: not installed there")

// recheck is how long a workspace that is not installed is believed not to be.
const recheck = 30 * time.Second

// find finds the installation that a payload is for: the team's own, or the one of its organization. Another process may
// have installed it: then it is read from the vault.
func (a *Adapter) find(ctx context.Context, at site) (*workspace, error) {
	for _, id := range []string{at.team, at.enterprise, at.inside} {
		if id == "" {
			continue
		}
		w := a.homes.get(id)
		if w == nil && a.Vault != nil {
			var err error
			if w, err = a.load(ctx, id); err != nil {
				return nil, err
			}
		}
		if w == nil {
			continue
		}
		if w.app != "" && at.app != "" && w.app != at.app {
			return nil, errStranger
		}
		return w, nil
	}
	return nil, errStranger
}

// load reads an installation from the vault; nil when there is none.
func (a *Adapter) load(ctx context.Context, id string) (*workspace, error) {
	now := a.Now()
	a.homes.mu.RLock()
	until := a.homes.unknown[id]
	a.homes.mu.RUnlock()
	if now.Before(until) {
		return nil, nil
	}
	sealed, err := a.Vault.Workspace(ctx, Network, id)
	if errors.Is(err, bot.ErrGone) {
		a.homes.mu.Lock()
		defer a.homes.mu.Unlock()
		if len(a.homes.unknown) > 10_000 {
			clear(a.homes.unknown)
		}
		a.homes.unknown[id] = now.Add(recheck)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("slack: read an installation: %w", err)
	}
	g, err := a.unseal(id, sealed)
	if err != nil {
		return nil, err
	}
	w := a.makeWorkspace(g, sealed)
	a.homes.put(w)
	return w, nil
}

func (a *Adapter) makeWorkspace(g grant, sealed string) *workspace {
	return &workspace{identity: g.identity(), api: a.newClient(g.Access), grant: g, sealed: sealed}
}

// sealKind is what a grant is sealed as, beside its tenant and its id.
const sealKind = "slack grant"

func (a *Adapter) seal(id string, g grant) (string, error) {
	text, err := json.Marshal(g)
	if err != nil {
		return "", fmt.Errorf("slack: write an installation: %w", err)
	}
	return a.Keys.Seal(text, Network+":"+id, sealKind, id), nil
}

func (a *Adapter) unseal(id, sealed string) (g grant, err error) {
	text, err := a.Keys.Open(sealed, Network+":"+id, sealKind, id)
	if err == nil {
		err = json.Unmarshal(text, &g)
	}
	if err != nil {
		return g, fmt.Errorf("slack: the tokens of workspace %s cannot be read with XIAOBAO_KEY: %w", id, err)
	}
	return g, nil
}

// restore reads all installations from the vault, seals those again that an older key sealed, and says which have left and must still
// be erased.
func (a *Adapter) restore(ctx context.Context) (left []string, err error) {
	err = a.Vault.Workspaces(ctx, Network, func(id, sealed string, gone bool) error {
		if gone {
			left = append(left, id)
			return nil
		}
		g, err := a.unseal(id, sealed)
		if err != nil {
			a.Logger.ErrorContext(ctx, "slack: a workspace cannot be served", "workspace", id, "error", err)
			return nil
		}
		if a.Keys.Stale(sealed) {
			again, err := a.seal(id, g)
			if err == nil {
				err = a.Vault.RenewWorkspace(ctx, Network, id, sealed, again, a.Now())
			}
			if err == nil {
				sealed = again
			} else {
				a.Logger.WarnContext(ctx, "slack: not sealed again", "workspace", id, "error", err)
			}
		}
		a.homes.put(a.makeWorkspace(g, sealed))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("slack: read the installations: %w", err)
	}
	return left, nil
}
