package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	json "github.com/go-json-experiment/json/v1"

	"xiaobao/bot"
)

// An occurrence is what a payload tells, before anybody was asked who did it and where to answer.
type occurrence struct {
	home     *workspace
	id       string // the same when Slack delivers it again; empty: nothing for the bot
	at       time.Time
	user     string
	room     string
	thread   string
	direct   bool // it is answered in the direct messages, wherever it came from
	inputs   []bot.Input
	files    []sharedFile
	attached map[string]sharedFile // to a form that was sent, by field
	open     string                // the token of a form to open
	trigger  string                // opens a modal, for three seconds
	view     bool                  // a modal was sent
	command  bool                  // it can be answered with a line that only the person sees
	changed  bool                  // the person changed their profile
	left     bool                  // the app was taken out, or its token away
	limited  bool                  // Slack keeps events back: there were too many
	tab      bool                  // the Home tab was opened
	search   string                // options of this kind are asked for: see bot.Action.Search
	query    string                // what was typed for it so far
}

// nothing says whether it concerns nobody.
func (o occurrence) nothing() bool {
	return o.id == "" && !o.changed && !o.left && !o.limited && !o.tab && o.search == ""
}

// lane names what must stay in order: what one person does.
func (o occurrence) lane() string {
	if o.user == "" || o.home == nil {
		return ""
	}
	return o.home.id + "/" + o.user
}

// A finder finds the installation a payload is for, or fails with errStranger.
type finder func(site) (*workspace, error)

func (a *Adapter) finder(ctx context.Context) finder {
	return func(at site) (*workspace, error) { return a.find(ctx, at) }
}

// errUnread: not a payload at all.
var errUnread = errors.New("slack: unreadable")

func unread(what string, err error) error { return fmt.Errorf("%w: %s: %w", errUnread, what, err) }

// A sharedFile is a file in a message.
type sharedFile struct {
	Name string `json:"name"`
	Type string `json:"mimetype"`
	URL  string `json:"url_private"`
	Mode string `json:"mode"`
}

// read reads a payload of one of Slack's three kinds, whatever brought it. It returns an occurrence that is nothing for what does
// not concern us, errUnread for what is not a payload, and what the finder says of a workspace that is not known.
func read(kind string, payload []byte, find finder) (occurrence, error) {
	switch kind {
	case "events_api":
		return readEvent(payload, find)
	case "slash_commands":
		return readCommand(payload, find)
	case "interactive":
		return readInteraction(payload, find)
	}
	return occurrence{}, nil
}

type eventPayload struct {
	Type       string `json:"type"`
	App        string `json:"api_app_id"`
	Team       string `json:"team_id"`
	Enterprise string `json:"enterprise_id"`
	ID         string `json:"event_id"`
	Time       int64  `json:"event_time"`
	Shared     bool   `json:"is_ext_shared_channel"`
	Event      event  `json:"event"`
	For        []struct {
		Team       string `json:"team_id"`
		Enterprise string `json:"enterprise_id"`
		Org        bool   `json:"is_enterprise_install"`
	} `json:"authorizations"`
}

// site is the installation that is meant: in a channel that companies share the event may have happened in another team.
func (p eventPayload) site() site {
	at := site{app: p.App, enterprise: p.Enterprise, team: p.Team}
	if len(p.For) > 0 {
		at.enterprise = p.For[0].Enterprise
		if at.team = p.For[0].Team; p.For[0].Org {
			at.team, at.inside = "", p.Team
		}
	}
	return at
}

type event struct {
	Type   string `json:"type"`
	User   who    `json:"user"`
	Tokens struct {
		Bot []string `json:"bot"`
	} `json:"tokens"`
	Subtype  string       `json:"subtype"`
	Channel  string       `json:"channel"`
	Kind     string       `json:"channel_type"`
	Tab      string       `json:"tab"`
	Text     string       `json:"text"`
	TS       string       `json:"ts"`
	ThreadTS string       `json:"thread_ts"`
	Bot      string       `json:"bot_id"`
	Team     string       `json:"user_team"`
	Hidden   bool         `json:"hidden"`
	Files    []sharedFile `json:"files"`
}

// who is a person as events name them: by id, or with all that is known of them.
type who string

// UnmarshalJSON implements json.Unmarshaler. What is neither is nobody.
func (w *who) UnmarshalJSON(data []byte) error {
	var id string
	if len(data) > 0 && data[0] == '{' {
		var u struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(data, &u); err != nil {
			return err
		}
		id = u.ID
	} else if len(data) > 0 && data[0] == '"' {
		if err := json.Unmarshal(data, &id); err != nil {
			return err
		}
	}
	*w = who(id)
	return nil
}

func readEvent(payload []byte, find finder) (occurrence, error) {
	var p eventPayload
	var odd *json.UnmarshalTypeError // an event that came later than this adapter: what was understood of it counts
	if err := json.Unmarshal(payload, &p); err != nil && !errors.As(err, &odd) {
		return occurrence{}, unread("an event", err)
	}
	home, err := find(p.site())
	e, self := &p.Event, identity{}
	switch {
	case err != nil:
		return occurrence{}, err
	case p.Type == "app_rate_limited":
		return occurrence{home: home, limited: true}, nil
	case p.ID == "":
		return occurrence{}, nil
	}
	self = home.identity
	switch e.Type {
	case "app_uninstalled":
		return occurrence{home: home, left: true}, nil
	case "tokens_revoked":
		return occurrence{home: home, left: slices.Contains(e.Tokens.Bot, self.user)}, nil
	case "user_change":
		return occurrence{home: home, user: string(e.User), changed: true}, nil
	case "app_home_opened":
		return occurrence{home: home, user: string(e.User), tab: e.Tab == "home" && e.User != ""}, nil
	case "message", "app_mention":
	default:
		return occurrence{}, nil
	}
	user := string(e.User)
	if user == self.user || e.Bot != "" || user == "" || user == "USLACKBOT" || e.Hidden || e.Channel == "" || self.elsewhere(e.Team) {
		return occurrence{}, nil
	}
	switch e.Subtype {
	case "", "file_share", "thread_broadcast", "me_message":
	default:
		return occurrence{}, nil // an edit, a deletion, somebody joined
	}
	o := occurrence{home: home, id: p.ID, user: user, room: e.Channel}
	if p.Time > 0 {
		o.at = time.Unix(p.Time, 0)
	}
	switch {
	case e.Type == "message" && (e.Kind == "im" || e.Kind == "" && direct(e.Channel)):
	case e.Type == "app_mention" && !direct(e.Channel):
		o.thread = e.ThreadTS
		if o.thread == "" {
			o.thread = e.TS
		}
		o.direct = p.Shared // what is said there is read in another company too
	default:
		return occurrence{}, nil
	}
	if o.direct {
		o.thread = ""
	}
	for _, f := range e.Files {
		if f.Mode != "tombstone" && f.URL != "" {
			o.files = append(o.files, f)
		}
	}
	text := typed(e.Text, self.user)
	switch {
	case text != "":
		o.inputs = append(o.inputs, bot.Text{Text: text})
	case len(o.files) == 0:
		o.inputs = append(o.inputs, bot.Press{Action: "status"}) // a mention, and nothing else
	}
	return o, nil
}

// elsewhere says whether a person of that team belongs to another company. In an organization only their profile tells.
func (i identity) elsewhere(team string) bool { return !i.org() && team != "" && team != i.team }

// A command is /xiaobao with what stands after it.
type command struct {
	App        string `json:"api_app_id"`
	Team       string `json:"team_id"`
	Enterprise string `json:"enterprise_id"`
	Org        any    `json:"is_enterprise_install"` // "true" in a form
	Channel    string `json:"channel_id"`
	User       string `json:"user_id"`
	Text       string `json:"text"`
	Trigger    string `json:"trigger_id"`
}

func readCommand(payload []byte, find finder) (occurrence, error) {
	var p command
	if err := json.Unmarshal(payload, &p); err != nil {
		return occurrence{}, unread("a command", err)
	}
	at := site{app: p.App, enterprise: p.Enterprise, team: p.Team}
	if p.Org == "true" || p.Org == true {
		at.team, at.inside = "", p.Team
	}
	home, err := find(at)
	if err != nil {
		return occurrence{}, err
	}
	if p.User == "" || p.Trigger == "" {
		return occurrence{}, nil
	}
	o := occurrence{home: home, id: "cmd-" + p.Trigger, user: p.User, room: p.Channel, direct: true, command: true, trigger: p.Trigger}
	if text := typed(p.Text, home.user); text != "" {
		o.inputs = []bot.Input{bot.Text{Text: text}}
	} else {
		o.inputs = []bot.Input{bot.Press{Action: "status"}}
	}
	return o, nil
}

var unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// typed is what a person typed, out of what Slack made of it: links and mentions become the words they were again.
func typed(text, self string) string {
	if !strings.ContainsAny(text, "<&\u00a0") {
		return strings.TrimSpace(text)
	}
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(text, "<")
		b.WriteString(unescaper.Replace(before))
		if !ok {
			break
		}
		inner, rest, closed := strings.Cut(after, ">")
		if !closed {
			b.WriteString("<" + unescaper.Replace(after))
			break
		}
		target, label, labelled := strings.Cut(inner, "|")
		text = rest
		switch {
		case strings.HasPrefix(target, "@"+self) && self != "":
		case labelled && label != "" && (strings.HasPrefix(target, "@") || strings.HasPrefix(target, "#")):
			b.WriteString(target[:1] + unescaper.Replace(strings.TrimLeft(label, "@#")))
		case labelled && label != "":
			b.WriteString(unescaper.Replace(label))
		case strings.HasPrefix(target, "!"):
			b.WriteString("@" + unescaper.Replace(target[1:]))
		default:
			b.WriteString(unescaper.Replace(target))
		}
	}
	return strings.TrimSpace(strings.ReplaceAll(b.String(), "\u00a0", " "))
}
