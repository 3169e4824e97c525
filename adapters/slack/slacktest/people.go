package slacktest

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Said is the payload of a direct message. The same n is the same event.
func Said(n int, text string) map[string]any {
	return Event(n, map[string]any{"type": "message", "channel": DM, "channel_type": "im", "user": Person, "text": text, "ts": fmt.Sprintf("1764550800.%06d", n), "client_msg_id": fmt.Sprint("m", n)})
}

// Late makes a payload one of an event that happened then: Slack delivers again for a day.
func Late(event map[string]any, at time.Time) map[string]any {
	event["event_time"] = at.Unix()
	return event
}

// Event is the payload of any event, which happens now.
func Event(n int, event map[string]any) map[string]any {
	return map[string]any{"token": "old", "team_id": Team, "api_app_id": "A0APP", "type": "event_callback", "event_id": fmt.Sprintf("Ev%08d", n), "event_time": time.Now().Unix(), "event": event}
}

// Mentioned is the payload of a mention in the channel.
func Mentioned(n int, text, thread string) map[string]any {
	e := map[string]any{"type": "app_mention", "channel": Channel, "user": Person, "text": "<@" + Bot + "> " + text, "ts": fmt.Sprintf("1764550800.%06d", n)}
	if thread != "" {
		e["thread_ts"] = thread
	}
	return Event(n, e)
}

// Command is the payload of /xiaobao.
func Command(n int, channel, text string) map[string]any {
	return map[string]any{"command": "/xiaobao", "text": text, "team_id": Team, "channel_id": channel, "user_id": Person, "user_name": "lin", "trigger_id": fmt.Sprint("trigger.", n), "response_url": "http://127.0.0.1:1/"}
}

// An Element is something in a message that can be pressed.
type Element struct {
	Type    string
	ID      string `json:"action_id"`
	Value   string
	Block   string
	Text    struct{ Text string }
	Options []Option
}

// An Option is one of a menu.
type Option struct {
	Text  struct{ Text string }
	Value string
}

// Elements are what can be pressed in a message.
func (m Message) Elements() (out []Element) {
	var blocks []struct {
		Type     string
		Elements json.RawMessage
	}
	json.Unmarshal(m.Blocks, &blocks)
	for i, b := range blocks {
		if b.Type == "actions" {
			var es []Element
			json.Unmarshal(b.Elements, &es)
			for _, e := range es {
				e.Block = fmt.Sprint("b", i)
				out = append(out, e)
			}
		}
	}
	return out
}

// Pressed is the payload of pressing a button or choosing an option by its label; nil when the message has neither. Where
// several can be chosen they are chosen before: all of them, or those that are named.
func (m Message) Pressed(n int, label string, chosen ...string) map[string]any {
	state := map[string]any{}
	found := 0
	for _, e := range m.Elements() {
		if e.Type == "multi_static_select" {
			var all []any
			for _, o := range e.Options {
				if len(chosen) == 0 || slices.Contains(chosen, o.Text.Text) {
					all = append(all, option(o.Text.Text, o.Value))
					found++
				}
			}
			state[e.Block] = map[string]any{e.ID: map[string]any{"type": e.Type, "selected_options": all}}
		}
	}
	if len(chosen) > 0 && found != len(chosen) {
		return nil
	}
	for _, e := range m.Elements() {
		act := map[string]any{"type": e.Type, "action_id": e.ID, "block_id": e.Block, "action_ts": fmt.Sprintf("1764550800.%06d", n)}
		if e.Text.Text == label {
			act["value"] = e.Value
			return m.interaction(n, act, state)
		}
		for _, o := range e.Options {
			if o.Text.Text == label && e.Type != "multi_static_select" {
				act["selected_option"] = option(o.Text.Text, o.Value)
				return m.interaction(n, act, state)
			}
		}
	}
	return nil
}

func option(text, value string) map[string]any {
	return map[string]any{"text": map[string]any{"type": "plain_text", "text": text}, "value": value}
}

func (m Message) interaction(n int, act, state map[string]any) map[string]any {
	return map[string]any{
		"type": "block_actions", "team": map[string]any{"id": Team}, "user": map[string]any{"id": Person, "team_id": Team}, "trigger_id": fmt.Sprint("press.", n),
		"container": map[string]any{"type": "message", "message_ts": m.TS, "channel_id": m.Channel, "is_ephemeral": false, "thread_ts": m.Thread}, "channel": map[string]any{"id": m.Channel},
		"message": map[string]any{"ts": m.TS, "thread_ts": m.Thread}, "state": map[string]any{"values": state}, "actions": []any{act},
	}
}

// Sent is the payload of sending a modal with values by field. A value is a text, or the value of an option, as the field has it.
func Sent(n int, view json.RawMessage, values map[string]string) map[string]any {
	var v struct {
		Callback string `json:"callback_id"`
		Private  string `json:"private_metadata"`
		Blocks   []struct {
			Type    string
			ID      string `json:"block_id"`
			Element struct {
				Type string
				ID   string `json:"action_id"`
			}
		}
	}
	json.Unmarshal(view, &v)
	state := map[string]any{}
	for _, b := range v.Blocks {
		if b.Type != "input" {
			continue
		}
		value, e := values[b.ID], map[string]any{"type": b.Element.Type}
		switch b.Element.Type {
		case "plain_text_input":
			e["value"] = value
		case "datepicker":
			e["selected_date"] = value
		case "file_input": // the address that Serve returned
			files := []any{}
			if value != "" {
				files = append(files, map[string]any{"id": "F0" + b.ID, "name": path.Base(value), "mimetype": "text/csv", "url_private": value})
			}
			e["files"] = files
		case "static_select", "radio_buttons":
			if e["selected_option"] = nil; value != "" {
				e["selected_option"] = option(value, value)
			}
		default:
			all := []any{}
			for o := range strings.SplitSeq(value, "\n") {
				if o != "" {
					all = append(all, option(o, o))
				}
			}
			e["selected_options"] = all
		}
		state[b.ID] = map[string]any{b.Element.ID: e}
	}
	return map[string]any{
		"type": "view_submission", "team": map[string]any{"id": Team}, "user": map[string]any{"id": Person, "team_id": Team}, "trigger_id": fmt.Sprint("send.", n, time.Now().UnixNano()),
		"view": map[string]any{"id": fmt.Sprint("V", n), "hash": fmt.Sprint("h", n), "callback_id": v.Callback, "private_metadata": v.Private, "state": map[string]any{"values": state}},
	}
}

// Reads is everything in a message that can be read, in order. Where there are blocks the top-level text is not shown.
func (m Message) Reads() string {
	var b strings.Builder
	var blocks any
	json.Unmarshal(m.Blocks, &blocks)
	if blocks == nil {
		b.WriteString(unescaper.Replace(m.Text) + "\n")
	}
	reads(&b, blocks)
	for _, f := range m.Files {
		b.WriteString(f + "\n")
	}
	return b.String()
}

// reads writes every text, in the order Slack shows it.
func reads(b *strings.Builder, v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			reads(b, e)
		}
	case map[string]any:
		if kind := v["type"]; kind == "rich_text_section" || kind == "rich_text_preformatted" { // its elements follow one another in a line
			inside, _ := v["elements"].([]any)
			for _, e := range inside {
				if e, ok := e.(map[string]any); ok {
					s, _ := e["text"].(string)
					b.WriteString(s)
				}
			}
			b.WriteByte('\n')
			return
		}
		if s, ok := v["text"].(string); ok {
			if v["type"] == "mrkdwn" {
				s = unescaper.Replace(moments.ReplaceAllString(s, "$1"))
			}
			b.WriteString(s + "\n")
		}
		for _, name := range []string{"text", "label", "elements", "rows", "fields", "element", "hint", "placeholder", "options", "confirm", "confirm_text"} {
			if _, ok := v[name].(string); !ok {
				reads(b, v[name])
			}
		}
	}
}

// moments are times that Slack writes in the reader's zone; here they read as where that is not known.
var moments = regexp.MustCompile(`<!date\^[^|>]*\|([^>]*)>`)

var unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
