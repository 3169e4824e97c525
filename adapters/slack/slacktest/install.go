package slacktest

import (
	"fmt"
	"strings"
	"time"
)

// AllScopes are the scopes of the manifest.
const AllScopes = "app_mentions:read,chat:write,commands,files:read,files:write,im:history,im:write,users:read"

// A Home is where a token is good: a workspace, or with only an Enterprise all of an organization.
type Home struct {
	Team, Enterprise string
	Bot, BotID       string
	Expires          time.Duration // tokens that are made for it end after this; 0: never
}

func (h Home) id() string {
	if h.Team == "" {
		return h.Enterprise
	}
	return h.Team
}

// Offer makes a code that brings a token for a home, once.
func (s *Server) Offer(code string, h Home) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h.Bot == "" {
		h.Bot, h.BotID = Bot, BotID
	}
	s.codes[code] = h
}

// Tokens are the tokens that are good now, with their homes.
func (s *Server) Tokens() map[string]Home {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]Home{}
	for t, h := range s.tokens {
		out[t] = h
	}
	return out
}

// End makes all tokens of a home worthless, as when they have ended.
func (s *Server) End(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t, h := range s.tokens {
		if h.id() == id {
			delete(s.tokens, t)
		}
	}
}

// Hold sets which scopes a token has.
func (s *Server) Hold(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scopes = strings.Join(scopes, ",")
}

// Skew makes Slack's clock go wrong, or ours.
func (s *Server) Skew(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew = d
}

func (s *Server) oauthAccess(f call) (map[string]any, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var h Home
	var ok bool
	if f.Get("grant_type") == "refresh_token" {
		if h, ok = s.rights[f.Get("refresh_token")]; !ok {
			return nil, "invalid_refresh_token"
		}
		delete(s.rights, f.Get("refresh_token")) // good once
	} else {
		if h, ok = s.codes[f.Get("code")]; !ok {
			return nil, "invalid_code"
		}
		delete(s.codes, f.Get("code"))
	}
	s.count++
	token := fmt.Sprint("xoxb-made-", s.count)
	s.tokens[token] = h
	out := map[string]any{
		"access_token": token, "token_type": "bot", "scope": s.scopes, "bot_user_id": h.Bot, "app_id": AppID, "is_enterprise_install": h.Team == "",
		"authed_user": map[string]any{"id": Person}, "team": nil, "enterprise": nil,
	}
	if h.Team != "" {
		out["team"] = map[string]any{"id": h.Team, "name": "Team " + h.Team}
	}
	if h.Enterprise != "" {
		out["enterprise"] = map[string]any{"id": h.Enterprise, "name": "Enterprise " + h.Enterprise}
	}
	if h.Expires > 0 {
		right := fmt.Sprint("xoxe-1-made-", s.count)
		s.rights[right] = h
		out["expires_in"], out["refresh_token"] = int(h.Expires.Seconds()), right
	}
	return out, ""
}

func (s *Server) revoke(f call) (map[string]any, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, f.token)
	return map[string]any{"revoked": true}, ""
}

// At is a payload as it comes from another workspace: its team, and its enterprise where it has one.
func At(h Home, payload map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range payload {
		out[name] = v
	}
	org := h.Team == ""
	team := h.Team
	if org {
		team = "T0INSIDE" // some workspace of the organization
	}
	switch {
	case out["event_id"] != nil:
		out["team_id"] = team
		one := map[string]any{"enterprise_id": nil, "team_id": h.Team, "user_id": h.Bot, "is_bot": true, "is_enterprise_install": org}
		if h.Enterprise != "" {
			out["enterprise_id"], one["enterprise_id"] = h.Enterprise, h.Enterprise
		}
		out["authorizations"] = []any{one}
	case out["command"] != nil:
		out["team_id"], out["enterprise_id"], out["is_enterprise_install"] = team, h.Enterprise, fmt.Sprint(org)
	default:
		out["team"] = map[string]any{"id": team}
		out["is_enterprise_install"] = org
		if h.Enterprise != "" {
			out["enterprise"] = map[string]any{"id": h.Enterprise}
		}
		if u, ok := out["user"].(map[string]any); ok {
			out["user"] = map[string]any{"id": u["id"], "team_id": team}
		}
	}
	return out
}
