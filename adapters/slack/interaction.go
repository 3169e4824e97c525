package slack

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"xiaobao/bot"
)

// An interaction is a press, a form that was sent, a shortcut, or somebody typing into a menu that searches.
type interaction struct {
	Type     string `json:"type"`
	App      string `json:"api_app_id"`
	Trigger  string `json:"trigger_id"`
	Callback string `json:"callback_id"` // of a shortcut
	ActionID string `json:"action_id"`   // of a search
	Value    string `json:"value"`       // of a search
	ActionTS string `json:"action_ts"`
	Org      bool   `json:"is_enterprise_install"`
	Team     struct {
		ID         string `json:"id"`
		Enterprise string `json:"enterprise_id"`
	} `json:"team"`
	Enterprise struct {
		ID string `json:"id"`
	} `json:"enterprise"`
	User struct {
		ID   string `json:"id"`
		Team string `json:"team_id"`
	} `json:"user"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Container struct {
		Channel string `json:"channel_id"`
		Thread  string `json:"thread_ts"`
	} `json:"container"`
	Message struct {
		TS     string `json:"ts"`
		Thread string `json:"thread_ts"`
		Text   string `json:"text"`
	} `json:"message"`
	Actions []struct {
		ID     string `json:"action_id"`
		TS     string `json:"action_ts"`
		Value  string `json:"value"`
		Option chosen `json:"selected_option"`
	} `json:"actions"`
	State state `json:"state"`
	View  struct {
		ID       string `json:"id"`
		Type     string `json:"type"`
		Hash     string `json:"hash"`
		Callback string `json:"callback_id"`
		Private  string `json:"private_metadata"`
		State    state  `json:"state"`
	} `json:"view"`
}

// A state is what stands in the inputs, by block and action.
type state struct {
	Values map[string]map[string]struct {
		Value   string       `json:"value"`
		Date    string       `json:"selected_date"`
		Option  chosen       `json:"selected_option"`
		Options []chosen     `json:"selected_options"`
		Files   []sharedFile `json:"files"`
	} `json:"values"`
}

type chosen struct {
	Value string `json:"value"`
	Text  struct {
		Text string `json:"text"`
	} `json:"text"`
}

// value is what an option stands for: see options.
func (c chosen) value() (value string, label bool) {
	if strings.HasPrefix(c.Value, byLabel) {
		return c.Text.Text, true
	}
	return c.Value, false
}

func (p interaction) site() site {
	at := site{app: p.App, enterprise: p.Enterprise.ID, team: p.Team.ID}
	if at.enterprise == "" {
		at.enterprise = p.Team.Enterprise
	}
	if p.Org {
		at.team, at.inside = "", p.Team.ID
	}
	return at
}

func readInteraction(payload []byte, find finder) (occurrence, error) {
	var p interaction
	if err := json.Unmarshal(payload, &p); err != nil {
		return occurrence{}, unread("an interaction", err)
	}
	home, err := find(p.site())
	if err != nil {
		return occurrence{}, err
	}
	if home.elsewhere(p.User.Team) || p.User.ID == "" {
		return occurrence{}, nil
	}
	var o occurrence
	switch p.Type {
	case "block_actions":
		o = p.pressed()
	case "view_submission":
		o, err = p.sent()
	case "block_suggestion":
		if id, ok := parseActionID(p.ActionID); ok {
			o = occurrence{user: p.User.ID, search: id.action, query: p.Value}
		}
	case "shortcut", "message_action":
		o = p.shortcut(home.user)
	}
	o.home = home
	return o, err
}

// pressed reads a button or a select in a message.
func (p interaction) pressed() occurrence {
	atHome := p.View.Type == "home"
	if len(p.Actions) == 0 || p.View.ID != "" && !atHome {
		return occurrence{}
	}
	act := p.Actions[0]
	id, ok := parseActionID(act.ID)
	o := occurrence{id: "act-" + p.Trigger, user: p.User.ID, room: p.Channel.ID, trigger: p.Trigger}
	if p.Trigger == "" {
		o.id = "act-" + act.TS + "-" + p.User.ID
	}
	if sec, _, _ := strings.Cut(act.TS, "."); sec != "" {
		if n, err := strconv.ParseInt(sec, 10, 64); err == nil {
			o.at = time.Unix(n, 0)
		}
	}
	if o.room == "" {
		o.room = p.Container.Channel
	}
	if atHome {
		o.direct = true // a page has no conversation; what comes of it is said in the direct messages
	}
	if !ok || o.room == "" && !atHome {
		return occurrence{}
	}
	if o.room != "" && !direct(o.room) {
		if o.thread = p.Container.Thread; o.thread == "" {
			o.thread = p.Message.Thread
		}
		if o.thread == "" {
			o.thread = p.Message.TS // what is pressed on top of a channel is answered below it
		}
	}
	press := bot.Press{Action: id.action, Token: id.token}
	switch id.kind {
	case kindForm:
		o.open = id.token
	case kindPress:
		value, label := act.Option.value()
		switch {
		case label:
			o.inputs = []bot.Input{bot.Text{Text: value}}
			return o
		case value != "":
			press.Values = []string{value}
		case act.Value != "":
			press.Values = []string{act.Value}
		}
		o.inputs = []bot.Input{press}
	case kindMenu:
		press, ok := unpack(act.Option.Value)
		if !ok {
			return occurrence{}
		}
		o.inputs = []bot.Input{press}
	case kindSend:
		for _, block := range p.State.Values {
			for action, v := range block {
				if at, ok := parseActionID(action); ok && at.kind == kindValue && at.n == id.n {
					for _, c := range v.Options {
						value, _ := c.value()
						press.Values = append(press.Values, value)
					}
				}
			}
		}
		o.inputs = []bot.Input{press}
	default:
		return occurrence{}
	}
	return o
}

// The shortcuts of the manifest.
const (
	shortcutOpen  = "xiaobao_open"
	shortcutTrack = "xiaobao_track"
)

// shortcut reads a shortcut: from anywhere, or on a message whose numbers are meant. It is answered in the direct messages.
func (p interaction) shortcut(self string) occurrence {
	o := occurrence{id: "cut-" + p.Trigger, user: p.User.ID, direct: true, room: p.Channel.ID, trigger: p.Trigger}
	switch {
	case p.Trigger == "":
		return occurrence{}
	case p.Callback == shortcutOpen:
		o.inputs = []bot.Input{bot.Press{Action: "status"}}
	case p.Callback == shortcutTrack:
		o.inputs = []bot.Input{bot.Press{Action: "track", Values: []string{typed(p.Message.Text, self)}}}
	default:
		return occurrence{}
	}
	return o
}

// sent reads a form that was sent. The same view in the same version is the same thing, however often it is sent.
func (p interaction) sent() (occurrence, error) {
	if p.View.Callback != callback {
		return occurrence{}, nil
	}
	var from origin
	if err := json.Unmarshal([]byte(p.View.Private), &from); err != nil {
		return occurrence{}, unread("a form", err)
	}
	values := map[string]string{}
	var attached map[string]sharedFile
	for field, block := range p.View.State.Values {
		v, ok := block[inputAction]
		if !ok {
			continue
		}
		if of, file := strings.CutSuffix(field, fileMark); file {
			if len(v.Files) > 0 {
				if attached == nil {
					attached = map[string]sharedFile{}
				}
				attached[of] = v.Files[0]
			}
			continue
		}
		value := v.Value
		if v.Date != "" {
			value = v.Date
		}
		if v.Option.Value != "" {
			value, _ = v.Option.value()
		}
		for i, c := range v.Options {
			one, _ := c.value()
			if i > 0 {
				value += "\n"
			}
			value += one
		}
		values[field] = value
	}
	// What stands in private_metadata proves nothing: a form is answered in the sender's own direct messages, or in a channel.
	return occurrence{
		direct: from.Room == "" || direct(from.Room),
		id:     "view-" + p.View.ID + "-" + p.View.Hash, user: p.User.ID, room: from.Room, thread: from.Thread, trigger: p.Trigger, view: true,
		inputs: []bot.Input{bot.Submit{Token: from.Token, Values: values}}, attached: attached,
	}, nil
}
