package slack

import (
	"context"
	"time"
)

// leave forgets a workspace that took the app out: its tokens at once, before Slack is told that we know, and everything else
// right after; see erase. Where the token comes from the environment it is the operator's own workspace, whose data stays:
// only nothing is sent there any more.
func (a *Adapter) leave(ctx context.Context, w *workspace) error {
	if w.static {
		a.Logger.ErrorContext(ctx, "slack: ALARM: the app was taken out of the workspace, or its token revoked: install it again and set SLACK_BOT_TOKEN anew", "workspace", w.id)
		w.gone.Store(true)
		return nil
	}
	if err := a.Vault.LeaveWorkspace(ctx, Network, w.id, a.Now()); err != nil {
		return err
	}
	w.gone.Store(true)
	a.homes.drop(w.id)
	a.people.leave(w.id)
	a.forms.leave(w.id)
	a.Logger.InfoContext(ctx, "slack: the app was taken out of a workspace; everything of it is being erased", "workspace", w.id)
	select {
	case a.leaving <- w.id:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// erase removes what is kept of workspaces that have left, those of an earlier run first, until ctx ends. One that cannot
// be erased now is tried again. Each is erased twice: what was under way when it left may have been kept after the first time.
func (a *Adapter) erase(ctx context.Context, left []string) {
	todo := map[string]int{} // how often still
	for _, id := range left {
		todo[id] = 1
	}
	for {
		for id := range todo {
			if _, err := a.Vault.Workspace(ctx, Network, id); err == nil { // installed again meanwhile
				delete(todo, id)
				continue
			}
			if err := a.Vault.EraseTenant(ctx, Network, id); err != nil {
				if ctx.Err() == nil {
					a.Logger.ErrorContext(ctx, "slack: a workspace that left is not erased yet", "workspace", id, "error", err)
				}
				continue
			}
			a.Logger.InfoContext(ctx, "slack: a workspace that left is erased", "workspace", id)
			if todo[id]--; todo[id] <= 0 {
				delete(todo, id)
			}
		}
		if len(todo) == 0 {
			select {
			case id := <-a.leaving:
				todo[id] = 2
			case <-ctx.Done():
				return
			}
			continue
		}
		timer := time.NewTimer(a.erasePause)
		select {
		case id := <-a.leaving:
			todo[id] = 2
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}
