package slack

import (
	"context"
	"errors"
	"fmt"
	"time"

	"xiaobao/bot"
)

// A token that ends is replaced two hours before it does, by whoever needs it then; meanwhile everybody else goes on with the
// old one. One that has ended is waited for. The new pair is kept before the old one is let go of.
const (
	refreshAhead = 2 * time.Hour
	refreshLast  = time.Minute // from here on the old token is of no use
	refreshPause = time.Minute // after a refresh that failed
	refreshLease = 30 * time.Second
)

// client is what calls for a workspace are made with.
func (a *Adapter) client(ctx context.Context, w *workspace) (*client, error) {
	w.mu.Lock()
	api, left, tried := w.api, w.grant.left(a.Now()), w.tried
	w.mu.Unlock()
	switch {
	case left > refreshAhead:
		return api, nil
	case left > refreshLast:
		if a.Now().Sub(tried) >= refreshPause && w.refresh.TryLock() {
			defer w.refresh.Unlock()
			if err := a.renew(ctx, w); err != nil {
				a.Logger.WarnContext(ctx, "slack: a token was not refreshed yet", "workspace", w.id, "error", redact(err))
			}
		}
	default:
		w.refresh.Lock()
		defer w.refresh.Unlock()
		w.mu.Lock()
		left, tried = w.grant.left(a.Now()), w.tried
		w.mu.Unlock()
		if left <= refreshLast {
			if wait := refreshPause - a.Now().Sub(tried); wait > 0 {
				return nil, bot.Later(wait, errors.New("slack: the token has ended and could not be refreshed"))
			}
			if err := a.renew(ctx, w); err != nil {
				return nil, bot.Later(refreshPause, err)
			}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.api, nil
}

// left is how long the token is good for.
func (g grant) left(now time.Time) time.Duration {
	if g.Expires.IsZero() || g.Refresh == "" {
		return 365 * 24 * time.Hour
	}
	return g.Expires.Sub(now)
}

// renew exchanges the refresh token. Only one process does: a refresh token can be used once. The others read what it kept.
func (a *Adapter) renew(ctx context.Context, w *workspace) (err error) {
	defer func() {
		if err != nil {
			w.mu.Lock()
			w.tried = a.Now()
			w.mu.Unlock()
		}
	}()
	name := "slack-token:" + w.id
	now := a.Now()
	held, err := a.Vault.Lease(ctx, name, a.process, now, now.Add(refreshLease))
	if err != nil {
		return fmt.Errorf("slack: refresh a token: %w", err)
	}
	if held {
		defer a.Vault.Release(context.WithoutCancel(ctx), name, a.process) // it ends by itself
	}
	sealed, err := a.Vault.Workspace(ctx, Network, w.id)
	if err != nil {
		return fmt.Errorf("slack: refresh a token: %w", err)
	}
	kept, err := a.unseal(w.id, sealed)
	if err != nil {
		return err
	}
	w.mu.Lock()
	was := w.grant.Access
	w.mu.Unlock()
	if kept.Access != was { // another process was faster
		a.adopt(w, kept, sealed)
		if kept.left(now) > refreshAhead {
			return nil
		}
	}
	if !held {
		return errors.New("slack: another process is refreshing the token")
	}
	r, err := a.oauth(ctx, map[string]string{"grant_type": "refresh_token", "refresh_token": kept.Refresh})
	if err != nil {
		return fmt.Errorf("slack: refresh a token: %w", err)
	}
	next := kept
	next.Access, next.Refresh, next.Expires = r.Access, r.Refresh, r.expires(now)
	again, err := a.seal(w.id, next)
	if err != nil {
		return err
	}
	if err := a.Vault.RenewWorkspace(ctx, Network, w.id, sealed, again, now); err != nil {
		return fmt.Errorf("slack: keep a refreshed token: %w", err)
	}
	a.adopt(w, next, again)
	a.Logger.InfoContext(ctx, "slack: token refreshed", "workspace", w.id, "until", next.Expires)
	return nil
}

// adopt goes on with another token.
func (a *Adapter) adopt(w *workspace, g grant, sealed string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.grant, w.sealed, w.api = g, sealed, a.newClient(g.Access)
}

// ended notes that Slack says a token has ended, whatever the clock says.
func (w *workspace) ended(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.grant.Refresh != "" {
		w.grant.Expires = now
	}
}
