package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"

	"xiaobao/adapters/slack/blockkit"
)

// Windows and Home tabs.

func (s *Server) viewsOpen(f call) (map[string]any, string) {
	view, _ := json.Marshal(f.body["view"])
	s.mu.Lock()
	defer s.mu.Unlock()
	if faults := blockkit.Modal(view); len(faults) > 0 {
		s.refused = append(s.refused, faults...)
		return nil, "invalid_arguments"
	}
	s.views = append(s.views, view)
	return map[string]any{"view": map[string]any{"id": fmt.Sprint("V", len(s.views)), "hash": "h1"}}, ""
}

// publish takes a Home tab.
func (s *Server) publish(f call) (map[string]any, string) {
	view, _ := json.Marshal(f.body["view"])
	user, _ := f.body["user_id"].(string)
	s.mu.Lock()
	defer s.mu.Unlock()
	if faults := blockkit.Home(view); len(faults) > 0 || user == "" {
		s.refused = append(s.refused, append(faults, "views.publish for "+user)...)
		return nil, "invalid_arguments"
	}
	if s.homes == nil {
		s.homes = map[string][]json.RawMessage{}
	}
	s.homes[user] = append(s.homes[user], view)
	return map[string]any{"view": map[string]any{"id": "VH" + user, "hash": "h1"}}, ""
}

// Homes are the Home tabs that a person was shown, the latest last.
func (s *Server) Homes(user string) []json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.homes[user])
}
