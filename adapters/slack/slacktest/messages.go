package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"xiaobao/adapters/slack/blockkit"
)

// Who is asked about, messages, and their history.

func (s *Server) authTest(f call) (map[string]any, string) {
	h := f.home
	out := map[string]any{"url": "https://stand-in.slack.com/", "team": "Stand-In", "user": "xiaobao", "team_id": h.Team, "user_id": h.Bot, "bot_id": h.BotID}
	if h.Enterprise != "" {
		out["enterprise_id"] = h.Enterprise
	}
	if h.Team == "" {
		out["team_id"] = h.Enterprise
	}
	return out, ""
}

func (s *Server) usersInfo(f call) (map[string]any, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.profiles[f.Get("user")]
	if !ok {
		return nil, "user_not_found"
	}
	u := map[string]any{"id": f.Get("user"), "team_id": Team, "tz": p.Zone, "real_name": p.Name, "profile": map[string]any{"display_name": p.Name}}
	if p.Enterprise != "" {
		u["enterprise_user"] = map[string]any{"enterprise_id": p.Enterprise}
	}
	if f.Get("include_locale") == "true" {
		u["locale"] = p.Locale
	}
	return map[string]any{"user": u}, ""
}

func (s *Server) conversationsOpen(f call) (map[string]any, string) {
	return map[string]any{"channel": map[string]any{"id": "D" + strings.TrimPrefix(f.Get("users"), "U")}}, ""
}

// ts makes the next timestamp; it is also a message's name.
func (s *Server) ts() string {
	s.count++
	return fmt.Sprintf("%d.%06d", time.Now().Unix(), s.count)
}

func (s *Server) checked(f call) string {
	faults := blockkit.Message(f.Get("text"), []byte(f.Get("blocks")))
	if f.Get("unfurl_links") != "false" || f.Get("unfurl_media") != "false" || f.Get("link_names") != "false" || f.Get("parse") != "none" {
		faults = append(faults, "links are unfolded, or names become links")
	}
	if len(faults) == 0 {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = append(s.refused, faults...)
	return "invalid_blocks"
}

// Archive puts a channel away: nothing can be said in it any more.
func (s *Server) Archive(channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.archived = channel
}

func (s *Server) post(f call) (map[string]any, string) {
	if e := s.checked(f); e != "" {
		return nil, e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Get("channel") == s.archived {
		return nil, "is_archived"
	}
	m := &Message{Home: f.home.id(), Channel: f.Get("channel"), TS: s.ts(), Thread: f.Get("thread_ts"), Text: f.Get("text"), Blocks: json.RawMessage(f.Get("blocks")), Metadata: json.RawMessage(f.Get("metadata")), At: time.Now()}
	s.messages = append(s.messages, m)
	s.shown = append(s.shown, *m)
	return map[string]any{"channel": m.Channel, "ts": m.TS}, ""
}

func (s *Server) update(f call) (map[string]any, string) {
	if e := s.checked(f); e != "" {
		return nil, e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Get("channel") == s.archived {
		return nil, "is_archived"
	}
	for _, m := range s.messages {
		if m.Channel == f.Get("channel") && m.TS == f.Get("ts") && m.Only == "" {
			m.Text, m.Blocks = f.Get("text"), json.RawMessage(f.Get("blocks"))
			m.Edits++
			s.shown = append(s.shown, *m)
			return map[string]any{"channel": m.Channel, "ts": m.TS, "text": m.Text}, ""
		}
	}
	return nil, "message_not_found"
}

func (s *Server) delete(f call) (map[string]any, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.messages)
	s.messages = slices.DeleteFunc(s.messages, func(m *Message) bool {
		return m.Channel == f.Get("channel") && m.TS == f.Get("ts") && m.Only == "" && m.Home == f.home.id()
	})
	if len(s.messages) == n {
		return nil, "message_not_found"
	}
	return map[string]any{"channel": f.Get("channel"), "ts": f.Get("ts")}, ""
}

// Remove takes a message away, as a person may.
func (s *Server) Remove(ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = slices.DeleteFunc(s.messages, func(m *Message) bool { return m.TS == ts })
}

func (s *Server) ephemeral(f call) (map[string]any, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, &Message{Home: f.home.id(), Channel: f.Get("channel"), TS: s.ts(), Text: f.Get("text"), Only: f.Get("user"), At: time.Now()})
	return map[string]any{"message_ts": "1.1"}, ""
}

func (s *Server) history(f call) (map[string]any, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.noScopes {
		return nil, "missing_scope"
	}
	oldest, _ := strconv.ParseFloat(f.Get("oldest"), 64)
	var out []map[string]any
	for _, m := range slices.Backward(s.messages) {
		at, _ := strconv.ParseFloat(m.TS, 64)
		if m.Channel != f.Get("channel") || m.Only != "" || at < oldest || f.Get("ts") != "" && m.Thread != f.Get("ts") && m.TS != f.Get("ts") {
			continue
		}
		one := map[string]any{"type": "message", "ts": m.TS, "text": m.Text, "user": Bot, "bot_id": BotID}
		if len(m.Metadata) > 0 && f.Get("include_all_metadata") != "" && f.Get("include_all_metadata") != "0" {
			one["metadata"] = m.Metadata
		}
		var files []map[string]any
		for _, name := range m.Files {
			files = append(files, map[string]any{"name": name})
		}
		one["files"] = files
		out = append(out, one)
	}
	return map[string]any{"messages": out, "has_more": false}, ""
}
