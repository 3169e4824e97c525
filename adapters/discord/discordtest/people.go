package discordtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Interaction is something a person did, and how it was answered.
type Interaction struct {
	ID       string
	Channel  string
	User     string
	Only     bool            // the app is only the person's own
	Response json.RawMessage // the first answer
	Type     int             // its type
	After    time.Duration   // how long it took

	kind     int
	token    string
	source   string // the message that was pressed
	original string
	at       time.Time
	expired  bool
	followed int
	done     chan struct{}
}

// Acked says whether it was answered; then what the answer was may be read.
func (i *Interaction) Acked() bool { return i.acked() }

func (i *Interaction) acked() bool {
	select {
	case <-i.done:
		return true
	default:
		return false
	}
}

// take says why a first answer cannot be taken.
func (i *Interaction) take(data json.RawMessage) (faults []string) {
	var c struct {
		Type int             `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	json.Unmarshal(data, &c)
	switch {
	case c.Type == 9 && i.kind == 5:
		return []string{"a form in answer to a form"}
	case (c.Type == 8) != (i.kind == 4):
		return []string{fmt.Sprintf("the answer %d to an interaction of type %d", c.Type, i.kind)}
	case (c.Type == 6 || c.Type == 7) && i.source == "":
		return []string{"an update where nothing was pressed"}
	}
	if c.Type == 4 || c.Type == 7 {
		var b body
		json.Unmarshal(c.Data, &b)
		faults = b.unstated()
	}
	if c.Type == 5 {
		var b body
		json.Unmarshal(c.Data, &b)
		if b.Flags&^(1<<6) != 0 {
			faults = append(faults, "flags that cannot be set when deferring")
		}
	}
	if c.Type == 9 {
		var m struct{ Components []part }
		json.Unmarshal(c.Data, &m)
		if len(m.Components) > 5 {
			faults = append(faults, fmt.Sprintf("%d components in a form", len(m.Components)))
		}
	}
	return faults
}

// Where is where and as whom somebody does something.
type Where struct {
	Guild   string
	Channel string
	User    string
	Locale  string
	Admin   bool
	Only    bool  // the app is only the person's own
	May     int64 // what the person may do there besides using commands
	Bot     int64 // what the bot may do there; zero: everything
}

// InServer and InDM are the two usual places.
func InServer(locale string) Where {
	return Where{Guild: Guild, Channel: Channel, User: Person, Locale: locale}
}

// InDM is Person's direct messages with the bot.
func InDM(locale string) Where { return Where{Channel: DM, User: Person, Locale: locale} }

// payload is what all interactions have.
func (w Where) payload(n, kind int, data map[string]any) map[string]any {
	user := map[string]any{"id": w.User, "username": "lin", "global_name": "Lin", "bot": false}
	p := map[string]any{
		"id": fmt.Sprint(1100000000000000000 + n), "application_id": App, "type": kind, "token": fmt.Sprint("token-", n), "version": 1,
		"channel_id": w.Channel, "channel": map[string]any{"id": w.Channel, "type": 0}, "locale": w.Locale, "data": data, "app_permissions": "2251799813685247",
		"entitlements": []any{}, "authorizing_integration_owners": map[string]any{"0": w.Guild}, "attachment_size_limit": 10485760,
	}
	if w.Bot != 0 {
		p["app_permissions"] = strconv.FormatInt(w.Bot, 10)
	}
	if w.Only {
		p["authorizing_integration_owners"] = map[string]any{"1": w.User}
	}
	if w.Guild != "" {
		permissions := "2147483648"
		if w.Admin {
			permissions = "32"
		}
		if w.May != 0 {
			permissions = strconv.FormatInt(w.May|1<<31, 10)
		}
		p["guild_id"], p["guild_locale"], p["context"] = w.Guild, "en-US", 0
		p["member"] = map[string]any{"user": user, "permissions": permissions, "roles": []any{}}
	} else {
		p["context"], p["user"] = 1, user
	}
	return p
}

// Command is the payload of a subcommand of /xiaobao. The same n is the same interaction.
func (w Where) Command(n int, sub string, args ...string) map[string]any {
	var options []any
	for i := 0; i+1 < len(args); i += 2 {
		options = append(options, map[string]any{"name": args[i], "type": 3, "value": args[i+1]})
	}
	name, rest, admin := "xiaobao", sub, strings.HasPrefix(sub, "admin ")
	if admin {
		name, rest = "xiaobao-admin", strings.TrimPrefix(sub, "admin ")
	}
	return w.payload(n, 2, map[string]any{"id": "2000", "name": name, "type": 1, "options": []any{map[string]any{"name": rest, "type": 1, "options": options}}})
}

// Attached adds a file to a command's payload.
func Attached(p map[string]any, option, name, url string) map[string]any {
	data := p["data"].(map[string]any)
	sub := data["options"].([]any)[0].(map[string]any)
	all, _ := sub["options"].([]any)
	sub["options"] = append(all, map[string]any{"name": option, "type": 11, "value": "3000"})
	data["resolved"] = map[string]any{"attachments": map[string]any{"3000": map[string]any{"id": "3000", "filename": name, "content_type": "text/csv", "size": 10, "url": url}}}
	return p
}

// Suggest is the payload of typing into the option of a command that suggests.
func (w Where) Suggest(n int, typed string) map[string]any {
	return w.payload(n, 4, map[string]any{"id": "2000", "name": "xiaobao", "type": 1, "options": []any{map[string]any{"name": "track", "type": 1, "options": []any{map[string]any{"name": "number", "type": 3, "value": typed, "focused": true}}}}})
}

// Track is the payload of the command on somebody's message.
func (w Where) Track(n int, text string) map[string]any {
	return w.payload(n, 2, map[string]any{"id": "2001", "name": "Track this number", "type": 3, "target_id": "4000", "resolved": map[string]any{"messages": map[string]any{
		"4000": map[string]any{"id": "4000", "content": text, "author": map[string]any{"id": Stranger}, "components": []any{map[string]any{"type": 99, "new": true}}},
	}}})
}

// Use is the payload of the command that sends somebody's message as an answer.
func (w Where) Use(n int, message, author, text string) map[string]any {
	return w.payload(n, 2, map[string]any{"id": "2003", "name": "Use as answer", "type": 3, "target_id": message, "resolved": map[string]any{"messages": map[string]any{
		message: map[string]any{"id": message, "content": text, "author": map[string]any{"id": author, "username": "mei", "global_name": "Mei", "bot": author == Bot}},
	}}})
}

// WithRole lets whoever did something have a role.
func WithRole(p map[string]any, role string) map[string]any {
	p["member"].(map[string]any)["roles"] = []any{role}
	return p
}

// Said is the payload of a direct message. The same n is the same message.
func Said(n int, text string) map[string]any {
	return map[string]any{"id": fmt.Sprint(1200000000000000000 + n), "channel_id": DM, "author": map[string]any{"id": Person, "username": "lin", "global_name": "Lin"}, "content": text, "timestamp": "2026-12-01T01:00:00.000000+00:00", "type": 0, "attachments": []any{}, "components": []any{}}
}

// parts are the components of a message, nested ones too.
func (m Message) parts() (out []part) {
	var all []part
	json.Unmarshal(m.Components, &all)
	var walk func(p part)
	walk = func(p part) {
		out = append(out, p)
		for _, c := range p.Components {
			walk(c)
		}
	}
	for _, p := range all {
		walk(p)
	}
	return out
}

// Pressable are the custom ids of what can be pressed or chosen in a message.
func (m Message) Pressable() (ids []string) {
	for _, p := range m.parts() {
		if p.CustomID != "" {
			ids = append(ids, p.CustomID)
		}
	}
	return ids
}

// Pressed is the payload of pressing a button or choosing an option by its label; nil when the message has neither. Where several
// can be chosen, chosen are all of them.
func (m Message) Pressed(n int, w Where, label string, chosen ...string) map[string]any {
	press := func(p part, values []string) map[string]any {
		data := map[string]any{"custom_id": p.CustomID, "component_type": p.Type}
		if values != nil {
			data["values"] = values
		}
		out := w.payload(n, 3, data)
		raw := m.json()
		if m.Only != "" {
			raw["flags"] = m.Flags | 1<<6
		}
		out["message"] = raw
		return out
	}
	for _, p := range m.parts() {
		if p.Type == 2 && p.Label == label && p.CustomID != "" {
			return press(p, nil)
		}
	}
	want := chosen
	if len(want) == 0 {
		want = []string{label}
	}
	for _, p := range m.parts() {
		if p.Type != 3 {
			continue
		}
		var values []string
		for _, o := range p.Options {
			if slices.Contains(want, o.Label) {
				values = append(values, o.Value)
			}
		}
		if len(values) == len(want) {
			return press(p, values)
		}
	}
	return nil
}

// A Field is one input of a form that was opened.
type Field struct {
	ID          string
	Label       string
	Description string
	Value       string // what stands in it; several are separated by "\n"
	Options     []string
	kind        int
	options     []opt
}

// Form reads the form that an interaction was answered with.
func (i *Interaction) Form() (title string, fields []Field) {
	var c struct {
		Data struct {
			Title      string
			Components []part
		}
	}
	json.Unmarshal(i.Response, &c)
	for _, p := range c.Data.Components {
		if p.Component == nil {
			continue
		}
		f := Field{ID: p.Component.CustomID, Label: p.Label, Description: p.Description, Value: p.Component.Value, kind: p.Component.Type, options: p.Component.Options}
		for _, o := range p.Component.Options {
			f.Options = append(f.Options, o.Label)
			if o.Default {
				f.Value = strings.TrimSpace(f.Value + "\n" + o.Value)
			}
		}
		fields = append(fields, f)
	}
	return c.Data.Title, fields
}

// Filled is the payload of sending the form that an interaction was answered with. Values are by field: a text, or the labels or
// values of options, separated by "\n"; a file is its address. What is not named keeps what stood in it.
func (i *Interaction) Filled(n int, w Where, from *Message, values map[string]string) map[string]any {
	var c struct {
		Data struct {
			ID string `json:"custom_id"`
		}
	}
	json.Unmarshal(i.Response, &c)
	_, fields := i.Form()
	var components []any
	resolved := map[string]any{}
	for _, f := range fields {
		value, ok := values[f.ID]
		if !ok {
			value = f.Value
		}
		in := map[string]any{"type": f.kind, "custom_id": f.ID, "id": 7}
		var chosen []string
		for l := range strings.SplitSeq(value, "\n") {
			for _, o := range f.options {
				if l != "" && (o.Label == l || o.Value == l) {
					chosen = append(chosen, o.Value)
				}
			}
		}
		switch f.kind {
		case 19:
			in["values"] = []string{}
			if ok && value != "" {
				in["values"] = []string{"3000"}
				resolved["3000"] = map[string]any{"id": "3000", "filename": value[strings.LastIndexByte(value, '/')+1:], "content_type": "text/csv", "url": value}
			}
		case 21:
			in["value"] = strings.Join(chosen, "")
		case 3, 22:
			in["values"] = chosen
		default:
			in["value"] = value
		}
		components = append(components, map[string]any{"type": 18, "id": 3, "component": in})
	}
	p := w.payload(n, 5, map[string]any{"custom_id": c.Data.ID, "components": components, "resolved": map[string]any{"attachments": resolved}})
	if from != nil {
		p["message"] = from.json()
	}
	return p
}

// Do lets a person do something over the gateway and waits for the first answer, for as long as Discord does.
func (s *Server) Do(payload map[string]any, again ...bool) *Interaction {
	s.t.Helper()
	i := s.Begin(payload)
	s.Event("INTERACTION_CREATE", payload, again...)
	select {
	case <-i.done:
	case <-time.After(3500 * time.Millisecond):
		s.t.Logf("the interaction %s was not answered", i.ID)
	}
	return i
}

// Begin makes the stand-in expect an answer to an interaction, whatever it comes by. The same interaction once more is the same.
func (s *Server) Begin(payload map[string]any) *Interaction {
	i := &Interaction{ID: payload["id"].(string), token: payload["token"].(string), Channel: payload["channel_id"].(string), kind: payload["type"].(int), at: time.Now(), done: make(chan struct{})}
	if m, ok := payload["member"].(map[string]any); ok {
		i.User = m["user"].(map[string]any)["id"].(string)
	} else if u, ok := payload["user"].(map[string]any); ok {
		i.User = u["id"].(string)
	}
	if m, ok := payload["message"].(map[string]any); ok {
		i.source, _ = m["id"].(string)
	}
	owners, _ := payload["authorizing_integration_owners"].(map[string]any)
	i.Only = owners["1"] != nil && owners["0"] == nil
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.interactions[i.ID]; old != nil {
		old.at = time.Now()
		return old
	}
	s.interactions[i.ID] = i
	s.tokens[i.token] = i
	return i
}

// Answered is the first answer to an interaction that went over HTTP.
func (s *Server) Answered(i *Interaction, data json.RawMessage) (faults []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i.acked() {
		return nil
	}
	if faults := i.take(data); len(faults) > 0 {
		return faults
	}
	s.acknowledge(i, data)
	return nil
}

// Expire lets a quarter of an hour pass for an interaction.
func (s *Server) Expire(i *Interaction) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i.expired = true
}

// Reads is everything in a message that can be read, in order.
func (m Message) Reads() string {
	var b strings.Builder
	if m.Loading {
		return ""
	}
	b.WriteString(plain(m.Content) + "\n")
	for _, e := range m.Embeds {
		b.WriteString(plain(e.Title) + "\n" + plain(e.Description) + "\n")
	}
	for _, p := range m.parts() {
		for _, text := range []string{plain(p.Content), p.Label, p.Placeholder} {
			if text != "" {
				b.WriteString(text + "\n")
			}
		}
		for _, o := range p.Options {
			b.WriteString(o.Label + "\n")
		}
		for _, i := range p.Items {
			b.WriteString(i.Description + "\n")
		}
	}
	for _, f := range m.Files {
		b.WriteString(f + "\n")
	}
	return b.String()
}

// plain is markdown as it is read.
func plain(s string) string {
	var b strings.Builder
	for i, part := range strings.Split(s, "```") {
		if i%2 == 1 {
			b.WriteString(strings.ReplaceAll(part, "\u2060", ""))
			continue
		}
		for l := range strings.Lines(part) {
			for _, head := range []string{"### ", "-# "} {
				l = strings.TrimPrefix(l, head)
			}
			b.WriteString(unmark(l))
		}
	}
	return b.String()
}

func unmark(s string) string {
	var b strings.Builder
	r := []rune(strings.ReplaceAll(s, "\u2060", ""))
	for i := 0; i < len(r); i++ {
		switch {
		case r[i] == '\\' && i+1 < len(r) && strings.ContainsRune("\\*_~`|><[]()#-+.:", r[i+1]):
			i++
			b.WriteRune(r[i])
		case r[i] == '*' && i+1 < len(r) && r[i+1] == '*':
			i++
		case r[i] == '[':
		case r[i] == ']' && i+2 < len(r) && r[i+1] == '(':
			for i < len(r) && r[i] != ')' {
				i++
			}
		default:
			b.WriteRune(r[i])
		}
	}
	return b.String()
}

// Markup is what of a message Discord would read as markup: everything that no backslash and no code block takes away.
func (m Message) Markup() string {
	var b strings.Builder
	texts := []string{m.Content}
	for _, e := range m.Embeds {
		texts = append(texts, e.Title, e.Description)
	}
	for _, p := range m.parts() {
		texts = append(texts, p.Content)
	}
	for _, t := range texts {
		for i, part := range strings.Split(t, "```") {
			if i%2 == 1 {
				continue
			}
			r := []rune(part)
			for i := 0; i < len(r); i++ {
				if r[i] == '\\' && i+1 < len(r) {
					i++
					continue
				}
				b.WriteRune(r[i])
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
