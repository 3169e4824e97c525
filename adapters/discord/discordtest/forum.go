package discordtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Forum is the stand-in's one forum channel.
const Forum = "1000000000000000060"

// A Thread is a post in the forum.
type Thread struct {
	ID       string
	Owner    string
	Name     string
	Tags     []string // their ids
	Archived bool
	Changed  time.Time // when it was last archived or brought back

	Parent  string   // the channel of a private thread; empty: the forum
	Members []string // who was let into a private one
}

// forum is what the stand-in keeps of it.
type forum struct {
	tags     []map[string]any
	threads  map[string]*Thread
	readable bool // the application has the intent to read what people write
	powerful bool // the bot may manage threads
	vanished map[string]bool
}

// gone says whether a channel was a post that was deleted.
func (f forum) gone(channel string) bool { return f.vanished[channel] }

// flags are the application's: whether it may read what people write.
func (f forum) flags() int {
	if f.readable {
		return 1 << 19
	}
	return 0
}

// OpenForum makes the forum, with tags named so; their ids are 501 and so on. What people write can be read when content is set.
func (s *Server) OpenForum(content bool, tags ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forum = forum{threads: map[string]*Thread{}, vanished: map[string]bool{}, readable: content, powerful: true}
	for i, name := range tags {
		s.forum.tags = append(s.forum.tags, map[string]any{"id": strconv.Itoa(501 + i), "name": name, "moderated": false})
	}
}

// WithoutThreads takes away the permission to manage threads.
func (s *Server) WithoutThreads() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forum.powerful = false
}

// Opens is somebody's new post, at a moment: its thread, and its message when it has a text. Nobody is told: see Told.
func (s *Server) Opens(owner, name, text string, at time.Time, tags ...string) (thread string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.idAt(at)
	s.forum.threads[id] = &Thread{ID: id, Owner: owner, Name: name, Tags: tags, Changed: at}
	if text != "" {
		s.messages = append(s.messages, &Message{Channel: id, ID: id, Author: owner, Content: text, At: at})
	}
	return id
}

// Replies is what somebody writes in a thread at a moment; an archived one comes back.
func (s *Server) Replies(thread, author, text string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, &Message{Channel: thread, ID: s.idAt(at), Author: author, Content: text, At: at})
	s.unarchive(thread, at)
}

// Wrote is the payload of an event about the newest message in a thread.
func (s *Server) Wrote(thread string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range slices.Backward(s.messages) {
		if m.Channel == thread {
			p := m.json()
			p["guild_id"] = Guild
			return p
		}
	}
	return nil
}

// idAt makes an id of a moment. s.mu is held.
func (s *Server) idAt(at time.Time) string {
	s.count++
	return strconv.FormatInt((at.UnixMilli()-epoch)<<22|int64(s.count&(1<<22-1)), 10)
}

// unarchive brings a thread back, as every message in it does. s.mu is held.
func (s *Server) unarchive(thread string, at time.Time) {
	if t := s.forum.threads[thread]; t != nil && t.Archived {
		t.Archived, t.Changed = false, at
	}
}

// Thread is how a post stands.
func (s *Server) Thread(id string) Thread {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.forum.threads[id]; t != nil {
		return *t
	}
	return Thread{}
}

// Vanish deletes a post.
func (s *Server) Vanish(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.forum.threads, id)
	s.forum.vanished[id] = true
	s.messages = slices.DeleteFunc(s.messages, func(m *Message) bool { return m.Channel == id })
}

// Told is the payload of an event about a post.
func (s *Server) Told(id string, created bool) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.forum.threads[id].json()
	if created {
		p["newly_created"] = true
	}
	return p
}

func (t *Thread) json() map[string]any {
	tags := t.Tags
	if tags == nil {
		tags = []string{}
	}
	kind, parent := 11, Forum
	if t.Parent != "" {
		kind, parent = 12, t.Parent
	}
	return map[string]any{
		"id": t.ID, "type": kind, "guild_id": Guild, "parent_id": parent, "owner_id": t.Owner, "name": t.Name, "applied_tags": tags,
		"thread_metadata": map[string]any{"archived": t.Archived, "locked": false, "archive_timestamp": t.Changed.UTC().Format(time.RFC3339Nano), "auto_archive_duration": 10080},
	}
}

// forumCall does the calls on channels that the forum needs. s.mu is held.
func (s *Server) forumCall(route, channel string, data json.RawMessage) *answer {
	give := func(a answer) *answer { return &a }
	t := s.forum.threads[channel]
	switch {
	case route == "GET /channels/{channel_id}" && channel == Forum && s.forum.threads != nil:
		return give(fine(map[string]any{"id": Forum, "type": 15, "name": "support", "guild_id": Guild, "available_tags": s.forum.tags, "permission_overwrites": s.overwrites(Forum)}))
	case route == "GET /channels/{channel_id}" && (channel == Channel || channel == Den):
		return give(fine(map[string]any{"id": channel, "type": 0, "name": map[string]string{Channel: "general", Den: "team"}[channel], "guild_id": Guild, "permission_overwrites": s.overwrites(channel)}))
	case route == "GET /channels/{channel_id}" && t != nil:
		return give(fine(t.json()))
	case route != "GET /channels/{channel_id}" && route != "PATCH /channels/{channel_id}":
		return nil
	case t == nil:
		return give(refuse(http.StatusNotFound, 10003))
	case t.Parent != "": // the bot's own: it may put it away and bring it back
	case !s.forum.powerful:
		return give(refuse(http.StatusForbidden, 50013))
	}
	var to struct {
		Archived *bool    `json:"archived"`
		Tags     []string `json:"applied_tags"`
	}
	json.Unmarshal(data, &to)
	if t.Archived && (to.Archived == nil || *to.Archived) {
		return give(refuse(http.StatusBadRequest, 50083))
	}
	for _, id := range to.Tags {
		if !slices.ContainsFunc(s.forum.tags, func(tag map[string]any) bool { return tag["id"] == id }) {
			s.refused = append(s.refused, "a tag that the forum does not have: "+id)
			return give(refuse(http.StatusBadRequest, 50035))
		}
	}
	if len(to.Tags) > 5 {
		s.refused = append(s.refused, "more than five tags")
		return give(refuse(http.StatusBadRequest, 50035))
	}
	if to.Tags != nil {
		t.Tags = to.Tags
	}
	if to.Archived != nil && *to.Archived != t.Archived {
		t.Archived, t.Changed = *to.Archived, time.Now()
	}
	return give(fine(t.json()))
}
