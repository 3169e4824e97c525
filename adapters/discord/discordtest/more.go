package discordtest

import "encoding/json"

// more are the routes that other parts of the adapter need: add them here. s.mu is held. nil: not served.
func (s *Server) more(route string, ids []string, data json.RawMessage, files map[string][]byte) *answer {
	if a := s.threadCall(route, ids, data); a != nil {
		return a
	}
	if len(ids) > 2 {
		return s.forumCall(route, ids[2], data)
	}
	return nil
}
