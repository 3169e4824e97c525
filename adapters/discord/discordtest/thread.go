package discordtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// OpenDesk makes a channel in which the bot may make private threads.
func (s *Server) OpenDesk(channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.desk = channel
	if s.forum.threads == nil {
		s.forum.threads, s.forum.vanished = map[string]*Thread{}, map[string]bool{}
	}
}

// privateThreads is the permission to make them.
const privateThreads = 1 << 36

// Helpers is the role of those who help.
const Helpers = "777"

// Grant is what the bot's role may do everywhere: what the invite link asks for, until this says otherwise. Whoever is connected is told.
func (s *Server) Grant(permissions int64) {
	s.mu.Lock()
	s.granted = permissions
	s.mu.Unlock()
	s.tell("GUILD_ROLE_UPDATE", map[string]any{"guild_id": Guild, "role": map[string]any{"id": "778", "permissions": strconv.FormatInt(permissions, 10)}})
}

// Everybody is what everybody may do on the server: see its channels, until this says otherwise. Whoever is connected is told.
func (s *Server) Everybody(permissions int64) {
	s.mu.Lock()
	s.everybody = permissions
	s.mu.Unlock()
	s.tell("GUILD_ROLE_UPDATE", map[string]any{"guild_id": Guild, "role": map[string]any{"id": Guild, "permissions": strconv.FormatInt(permissions, 10)}})
}

// Overwrite is what a channel gives to and takes from a role or a member. Whoever is connected is told.
func (s *Server) Overwrite(channel, who string, allow, deny int64) {
	s.mu.Lock()
	s.changed = slices.DeleteFunc(s.changed, func(o map[string]any) bool { return o["channel"] == channel && o["id"] == who })
	s.changed = append(s.changed, map[string]any{"channel": channel, "id": who, "type": 0, "allow": strconv.FormatInt(allow, 10), "deny": strconv.FormatInt(deny, 10)})
	now := map[string]any{"id": channel, "type": 0, "guild_id": Guild, "permission_overwrites": s.overwrites(channel)}
	s.mu.Unlock()
	s.tell("CHANNEL_UPDATE", now)
}

// tell tells whoever is connected of something, if anybody is.
func (s *Server) tell(name string, data any) {
	if sess := s.current(); sess != nil {
		s.dispatch(sess, name, data)
	}
}

// overwrites are those of a channel. s.mu is held.
func (s *Server) overwrites(channel string) []any {
	out := []any{}
	for _, o := range s.changed {
		if o["channel"] == channel {
			out = append(out, map[string]any{"id": o["id"], "type": o["type"], "allow": o["allow"], "deny": o["deny"]})
		}
	}
	return out
}

// Threads are the private threads of a channel, in the order in which they were made.
func (s *Server) Threads(channel string) (all []Thread) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.forum.threads {
		if t.Parent == channel {
			all = append(all, *t)
		}
	}
	slices.SortFunc(all, func(a, b Thread) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// PutAway archives a thread, as silence does.
func (s *Server) PutAway(thread string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.forum.threads[thread]; t != nil {
		t.Archived, t.Changed = true, time.Now()
	}
}

// resting says whether a channel is a private thread that was put away. s.mu is held.
func (s *Server) resting(channel string) bool {
	t := s.forum.threads[channel]
	return t != nil && t.Parent != "" && t.Archived
}

// threadCall does the calls on private threads. s.mu is held.
func (s *Server) threadCall(route string, ids []string, data json.RawMessage) *answer {
	give := func(a answer) *answer { return &a }
	switch route {
	case "POST /channels/{channel_id}/threads":
		var to struct {
			Name      string `json:"name"`
			Type      int    `json:"type"`
			Invitable *bool  `json:"invitable"`
		}
		json.Unmarshal(data, &to)
		if (s.desk == "" || ids[2] != s.desk) && (ids[2] != Channel || s.granted&privateThreads == 0) {
			return give(refuse(http.StatusForbidden, 50013))
		}
		if to.Type != 12 || to.Invitable == nil || *to.Invitable || to.Name == "" || len([]rune(to.Name)) > 100 {
			s.refused = append(s.refused, "a thread that is not private, or has no good name: "+string(data))
			return give(refuse(http.StatusBadRequest, 50035))
		}
		t := &Thread{ID: s.id(), Owner: Bot, Name: to.Name, Parent: ids[2], Changed: time.Now()}
		if s.forum.threads == nil {
			s.forum.threads, s.forum.vanished = map[string]*Thread{}, map[string]bool{}
		}
		s.forum.threads[t.ID] = t
		return give(answer{status: http.StatusCreated, body: t.json()})
	case "GET /guilds/{guild_id}/threads/active":
		open := []any{}
		for _, t := range s.forum.threads {
			if !t.Archived {
				open = append(open, t.json())
			}
		}
		return give(fine(map[string]any{"threads": open, "members": []any{}}))
	case "PUT /channels/{channel_id}/thread-members/{user_id}":
		t := s.forum.threads[ids[2]]
		switch {
		case t == nil:
			return give(refuse(http.StatusNotFound, 10003))
		case t.Archived:
			return give(refuse(http.StatusBadRequest, 50083))
		}
		if !slices.Contains(t.Members, ids[4]) {
			t.Members = append(t.Members, ids[4])
		}
		return give(answer{status: http.StatusNoContent})
	case "GET /guilds/{guild_id}/roles":
		return give(fine([]any{
			map[string]any{"id": Guild, "name": "@everyone", "permissions": strconv.FormatInt(s.everybody, 10)},
			map[string]any{"id": "778", "name": "xiaobao", "permissions": strconv.FormatInt(s.granted, 10)},
			map[string]any{"id": Helpers, "name": "helpers", "permissions": "0"},
		}))
	case "GET /guilds/{guild_id}/members/{user_id}":
		return give(fine(map[string]any{"user": map[string]any{"id": ids[4]}, "roles": []string{"778"}}))
	case "GET /channels/{channel_id}":
		if s.desk != "" && ids[2] == s.desk {
			return give(fine(map[string]any{"id": s.desk, "type": 0, "name": "questions", "guild_id": Guild, "permission_overwrites": s.overwrites(s.desk)}))
		}
	}
	return nil
}
