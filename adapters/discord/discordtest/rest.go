package discordtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// answer does what a route does.
func (s *Server) answer(route, template, path string, ids []string, r *http.Request, data json.RawMessage, files map[string][]byte) answer {
	if faults := s.spec.check(r.Method, template, data); len(faults) > 0 {
		s.refuse(append([]string{route + ": " + string(data)}, faults...)...)
		return refuse(http.StatusBadRequest, 50035)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch route {
	case "GET /applications/@me":
		return fine(map[string]any{"id": App, "name": "Xiaobao", "bot": map[string]any{"id": Bot, "username": "xiaobao"}, "flags": s.forum.flags(), "interactions_endpoint_url": s.endpoint, "verify_key": s.PublicKey()})
	case "GET /users/@me":
		return fine(map[string]any{"id": Bot, "username": "xiaobao", "bot": true})
	case "GET /gateway/bot":
		return fine(s.gateway.where("ws" + strings.TrimPrefix(s.http.URL, "http") + "/gateway/"))
	case "GET /applications/{application_id}/commands", "GET /applications/{application_id}/guilds/{guild_id}/commands":
		return fine(s.commands)
	case "PUT /applications/{application_id}/commands", "PUT /applications/{application_id}/guilds/{guild_id}/commands":
		s.commands = registered(data)
		return fine(s.commands)
	case "POST /users/@me/channels":
		var to struct {
			Recipient string `json:"recipient_id"`
		}
		json.Unmarshal(data, &to)
		return fine(map[string]any{"id": DirectTo(to.Recipient), "type": 1})
	case "POST /channels/{channel_id}/messages":
		return s.post(ids[2], data, files)
	case "GET /channels/{channel_id}/messages":
		return s.history(ids[2], r)
	case "PATCH /channels/{channel_id}/messages/{message_id}":
		return s.edit(s.find(ids[2], ids[4]), data, files, "")
	case "POST /interactions/{interaction_id}/{interaction_token}/callback":
		return s.callback(ids[2], ids[3], data)
	case "POST /webhooks/{webhook_id}/{webhook_token}":
		return s.follow(ids[3], data, files)
	case "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original", "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}":
		i, a := s.token(ids[3])
		if i == nil {
			return a
		}
		at := ids[5]
		if at == "@original" {
			at = i.original
		}
		m := s.find(i.Channel, at)
		if m == nil || at != i.original && m.token != ids[3] {
			return refuse(http.StatusNotFound, 10008)
		}
		return s.edit(m, data, files, i.User)
	case "GET /webhooks/{webhook_id}/{webhook_token}/messages/@original":
		i, a := s.token(ids[3])
		if i == nil {
			return a
		}
		if m := s.find(i.Channel, i.original); m != nil {
			return fine(m.json())
		}
		return refuse(http.StatusNotFound, 10008)
	case "DELETE /webhooks/{webhook_id}/{webhook_token}/messages/@original":
		i, a := s.token(ids[3])
		if i == nil {
			return a
		}
		if s.find(i.Channel, i.original) == nil {
			return refuse(http.StatusNotFound, 10008)
		}
		s.messages = slices.DeleteFunc(s.messages, func(m *Message) bool { return m.ID == i.original })
		return answer{status: http.StatusNoContent}
	}
	if f := s.more(route, ids, data, files); f != nil {
		return *f
	}
	s.refused = append(s.refused, "the stand-in does not do "+route)
	return refuse(http.StatusNotImplemented, 0)
}

// DirectTo is the channel of somebody's direct messages.
func DirectTo(user string) string {
	if user == Person {
		return DM
	}
	return user[:len(user)-2] + "39"
}

// registered is what Discord makes of commands: it adds what it always says.
func registered(data json.RawMessage) json.RawMessage {
	var all []map[string]any
	json.Unmarshal(data, &all)
	for i, c := range all {
		c["id"], c["application_id"], c["version"] = strconv.Itoa(2000+i), App, "1"
		c["nsfw"] = false
		if p, ok := c["default_member_permissions"].(float64); ok {
			c["default_member_permissions"] = strconv.FormatInt(int64(p), 10)
		} else {
			c["default_member_permissions"] = nil
		}
	}
	slices.Reverse(all)
	out, _ := json.Marshal(all)
	return out
}

func (s *Server) find(channel, id string) *Message {
	for _, m := range s.messages {
		if m.Channel == channel && m.ID == id {
			return m
		}
	}
	return nil
}

// taken reads a message's body and refuses what goes beyond the limits that the description does not state. s.mu is held.
func (s *Server) taken(data json.RawMessage, files map[string][]byte, extra ...string) (b body, ok bool) {
	json.Unmarshal(data, &b)
	faults := append(b.unstated(), extra...)
	for _, f := range b.Attached {
		if files[f.Filename] == nil {
			faults = append(faults, "the file "+f.Filename+" did not come")
		}
	}
	if len(faults) > 0 {
		s.refused = append(s.refused, append(faults, string(data))...)
		return b, false
	}
	for name, f := range files {
		s.files["sent/"+name] = f
	}
	return b, true
}

func (b body) into(m *Message, data json.RawMessage) {
	var raw struct {
		Components json.RawMessage `json:"components"`
	}
	json.Unmarshal(data, &raw)
	if raw.Components != nil {
		m.Components = raw.Components
	}
	if b.Content != nil {
		m.Content = *b.Content
	}
	if b.Embeds != nil {
		m.Embeds = b.Embeds
	}
	m.Flags |= b.Flags
	if b.Attached != nil {
		m.Files = nil
		for _, f := range b.Attached {
			m.Files = append(m.Files, f.Filename)
		}
	}
	m.Loading = false
}

// post is a message of the bot's own.
func (s *Server) post(channel string, data json.RawMessage, files map[string][]byte) answer {
	var extra []string
	var b body
	json.Unmarshal(data, &b)
	if b.Nonce == "" || !b.Enforce {
		extra = append(extra, "no enforced nonce")
	}
	if b.Flags&(1<<6) != 0 {
		extra = append(extra, "ephemeral, and no answer to an interaction")
	}
	b, ok := s.taken(data, files, extra...)
	if !ok {
		return refuse(http.StatusBadRequest, 50035)
	}
	if s.closed[channel] {
		return refuse(http.StatusForbidden, 50007)
	}
	if s.forum.gone(channel) {
		return refuse(http.StatusNotFound, 10003)
	}
	if old := s.nonces[channel+" "+b.Nonce]; old != "" {
		if m := s.find(channel, old); m != nil {
			return fine(m.json())
		}
	}
	m := &Message{Channel: channel, ID: s.id(), Author: Bot, Nonce: b.Nonce, At: time.Now()}
	b.into(m, data)
	if b.Ref != nil {
		m.Reference = b.Ref.Message
	}
	s.nonces[channel+" "+b.Nonce] = m.ID
	s.messages = append(s.messages, m)
	s.unarchive(channel, m.At)
	s.shown = append(s.shown, *m)
	return fine(m.json())
}

func (m Message) json() map[string]any {
	out := map[string]any{"id": m.ID, "channel_id": m.Channel, "content": m.Content, "author": map[string]any{"id": m.Author, "username": "xiaobao", "bot": m.Author == Bot}, "flags": m.Flags, "timestamp": m.At.UTC().Format(time.RFC3339), "type": 0}
	if m.Loading {
		out["flags"] = m.Flags | 1<<7
	}
	if m.Components != nil {
		out["components"] = m.Components
	} else {
		out["components"] = []any{}
	}
	return out
}

func (s *Server) history(channel string, r *http.Request) answer {
	if s.noHistory {
		return refuse(http.StatusForbidden, 50001)
	}
	if s.forum.gone(channel) {
		return refuse(http.StatusNotFound, 10003)
	}
	after, _ := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
	out := []any{}
	for _, m := range slices.Backward(s.messages) {
		id, _ := strconv.ParseUint(m.ID, 10, 64)
		if m.Channel == channel && m.Only == "" && id > after && len(out) < 100 {
			one := m.json()
			if m.Author != Bot && !s.forum.readable {
				one["content"] = ""
			}
			out = append(out, one)
		}
	}
	return fine(out)
}

// edit changes a message.
func (s *Server) edit(m *Message, data json.RawMessage, files map[string][]byte, by string) answer {
	if m == nil || m.Only != "" && by == "" {
		return refuse(http.StatusNotFound, 10008)
	}
	if s.resting(m.Channel) {
		return refuse(http.StatusBadRequest, 50083)
	}
	if m.Author != Bot {
		return refuse(http.StatusForbidden, 50005)
	}
	b, ok := s.taken(data, files)
	if !ok {
		return refuse(http.StatusBadRequest, 50035)
	}
	if m.Flags&(1<<15) != 0 && b.Flags&(1<<15) == 0 && (b.Content != nil && *b.Content != "" || len(b.Embeds) > 0) {
		s.refused = append(s.refused, "a message with IS_COMPONENTS_V2 cannot go back")
		return refuse(http.StatusBadRequest, 50035)
	}
	if s.editLimit && by == "" && time.Since(m.At) > time.Hour {
		return refuse(http.StatusBadRequest, 30046)
	}
	was := m.Loading
	b.into(m, data)
	if !was {
		m.Edits++
	}
	s.shown = append(s.shown, *m)
	return fine(m.json())
}

// token finds the interaction of a token that can be used now.
func (s *Server) token(token string) (*Interaction, answer) {
	i := s.tokens[token]
	switch {
	case i == nil || !i.acked():
		return nil, refuse(http.StatusNotFound, 10015)
	case i.expired:
		return nil, refuse(http.StatusUnauthorized, 50027)
	}
	return i, answer{}
}

// follow is a further message after an interaction.
func (s *Server) follow(token string, data json.RawMessage, files map[string][]byte) answer {
	i, a := s.token(token)
	if i == nil {
		return a
	}
	b, ok := s.taken(data, files)
	if !ok {
		return refuse(http.StatusBadRequest, 50035)
	}
	i.followed++
	if i.Only && i.followed > 5 {
		return refuse(http.StatusBadRequest, 40094)
	}
	m := &Message{Channel: i.Channel, ID: s.id(), Author: Bot, At: time.Now(), token: token}
	b.into(m, data)
	if b.Flags&(1<<6) != 0 {
		m.Only = i.User
	}
	s.messages = append(s.messages, m)
	s.shown = append(s.shown, *m)
	return fine(m.json())
}

// callback is the first answer to an interaction.
func (s *Server) callback(id, token string, data json.RawMessage) answer {
	i := s.interactions[id]
	switch {
	case i == nil || i.token != token || i.expired || time.Since(i.at) > 3*time.Second:
		return refuse(http.StatusNotFound, 10062)
	case i.acked():
		return refuse(http.StatusBadRequest, 40060)
	}
	if faults := i.take(data); len(faults) > 0 {
		s.refused = append(s.refused, append(faults, string(data))...)
		return refuse(http.StatusBadRequest, 50035)
	}
	s.acknowledge(i, data)
	return answer{status: http.StatusNoContent}
}

// acknowledge does what the first answer says. s.mu is held.
func (s *Server) acknowledge(i *Interaction, data json.RawMessage) {
	i.Response = data
	i.After = time.Since(i.at)
	var c struct {
		Type int             `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	json.Unmarshal(data, &c)
	i.Type = c.Type
	var b body
	json.Unmarshal(c.Data, &b)
	switch c.Type {
	case 4, 5:
		m := &Message{Channel: i.Channel, ID: s.id(), Author: Bot, At: time.Now(), token: i.token}
		if c.Type == 4 {
			b.into(m, c.Data)
		}
		m.Loading = c.Type == 5
		if b.Flags&(1<<6) != 0 {
			m.Only = i.User
		}
		m.Flags = b.Flags
		i.original = m.ID
		s.messages = append(s.messages, m)
		if c.Type == 4 {
			s.shown = append(s.shown, *m)
		}
	case 7:
		if m := s.find(i.Channel, i.source); m != nil {
			b.into(m, c.Data)
			m.Edits++
			s.shown = append(s.shown, *m)
		}
		i.original = i.source
	case 6:
		i.original = i.source
	}
	close(i.done)
}
