package discord

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	dg "github.com/bwmarrin/discordgo"

	"xiaobao/bot"
)

// An interaction is a command, a press, a form or a request for suggestions, as far as it concerns us. It is read by hand: what is
// not known here is passed over, and costs nothing of the rest.
type interaction struct {
	ID      string `json:"id"`
	App     string `json:"application_id"`
	Type    int    `json:"type"`
	Token   string `json:"token"`
	Guild   string `json:"guild_id"`
	Channel string `json:"channel_id"`
	Context *int   `json:"context"`
	Locale  string `json:"locale"`
	Member  *struct {
		User        account  `json:"user"`
		Nick        string   `json:"nick"`
		Permissions string   `json:"permissions"`
		Roles       []string `json:"roles"`
	} `json:"member"`
	User        *account          `json:"user"`
	Owners      map[string]string `json:"authorizing_integration_owners"`
	Permissions string            `json:"app_permissions"`
	Message     *struct {
		ID         string      `json:"id"`
		Flags      int         `json:"flags"`
		Components []component `json:"components"`
	} `json:"message"`
	Data struct {
		Name       string       `json:"name"`
		Type       int          `json:"type"`
		Options    []commandArg `json:"options"`
		CustomID   string       `json:"custom_id"`
		Kind       int          `json:"component_type"`
		Values     []string     `json:"values"`
		Components []component  `json:"components"`
		Target     string       `json:"target_id"`
		Resolved   struct {
			Attachments map[string]sharedFile `json:"attachments"`
			Messages    map[string]struct {
				Content string  `json:"content"`
				Author  account `json:"author"`
			} `json:"messages"`
		} `json:"resolved"`
	} `json:"data"`
}

type account struct {
	ID     string `json:"id"`
	Name   string `json:"username"`
	Global string `json:"global_name"`
	Bot    bool   `json:"bot"`
}

func (a account) called() string {
	if a.Global != "" {
		return a.Global
	}
	return a.Name
}

// A commandArg is an option of a command: a subcommand, or a value.
type commandArg struct {
	Name    string          `json:"name"`
	Type    int             `json:"type"`
	Value   json.RawMessage `json:"value"`
	Options []commandArg    `json:"options"`
	Focused bool            `json:"focused"`
}

// text is a value as text, whatever it was.
func (c commandArg) text() string {
	var s string
	if json.Unmarshal(c.Value, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(c.Value, &n) == nil {
		return n.String()
	}
	return ""
}

// A sharedFile is a file that somebody handed over.
type sharedFile struct {
	Name string `json:"filename"`
	Type string `json:"content_type"`
	Size int    `json:"size"`
	URL  string `json:"url"`
}

// The types of interactions.
const (
	typePing         = 1
	typeCommand      = 2
	typeComponent    = 3
	typeAutocomplete = 4
	typeModal        = 5
)

// The contexts in which an interaction happens.
const (
	inGuild   = 0
	inBotDM   = 1
	inPrivate = 2 // between people, with the bot as somebody's own app
)

// An occurrence is what an interaction or a message tells, before anybody was asked.
type occurrence struct {
	id      string // the same when it is delivered again; empty: nothing for us
	user    bot.User
	place   bot.Place
	inputs  []bot.Input
	files   []sharedFile
	do      task
	token   string // of doForm
	label   string // of doSure: what stands on the button; of doSuggest: the kind; of doNews: the kind of the place
	then    string // of doSure: the custom_id of yes
	query   string // of doSuggest
	command bool   // there is nothing yet that could be edited: the answer is a new message
	admin   bool   // the person may manage the server
	only    bool   // the app is only the person's own: few messages may follow
	page    int    // of doForm and doSubmit: which of the form's windows, from 0
	of      int    // of doSubmit: how many there are
	values  map[string]string
	uploads map[string][]sharedFile // by the field they stand for
}

// A task is what the adapter does by itself instead of, or before, handing something over.
type task int

const (
	doHand    task = iota // hand over the inputs
	doForm                // open a form
	doType                // open a window to answer in
	doSubmit              // a form came back
	doSure                // ask first
	doNo                  // no, after that
	doSuggest             // suggest
	doShare               // show the room a redacted copy
	doDirect              // go on in direct messages
	doCheck               // an administrator wants to know whether all is well
	doNews                // open a place for their news
	doUse                 // a helper sends a message as an answer
	doUnknown             // say that this is not known here
	doNothing
)

// parse reads an interaction's JSON. One whose contents have a shape that is not known here is read without them: then it can at
// least be answered.
func parse(data []byte) (interaction, error) {
	var i interaction
	err := json.Unmarshal(data, &i)
	if err == nil {
		return i, nil
	}
	var parts map[string]json.RawMessage
	if json.Unmarshal(data, &parts) == nil {
		delete(parts, "data")
		delete(parts, "message")
		if rest, err := json.Marshal(parts); err == nil {
			i = interaction{}
			if json.Unmarshal(rest, &i) == nil {
				return i, nil
			}
		}
	}
	return outline(data), fmt.Errorf("discord: read an interaction: %w", err)
}

// outline is what is needed to answer an interaction of which nothing else could be read.
func outline(data []byte) (i interaction) {
	var o struct {
		ID     string `json:"id"`
		App    string `json:"application_id"`
		Type   int    `json:"type"`
		Token  string `json:"token"`
		Locale string `json:"locale"`
	}
	if json.Unmarshal(data, &o) == nil {
		i.ID, i.App, i.Type, i.Token, i.Locale = o.ID, o.App, o.Type, o.Token, o.Locale
	}
	return i
}

// read says what an interaction means. It is pure, and total: what is not understood is said to be so.
func (i interaction) read() occurrence {
	var who account
	switch {
	case i.Member != nil:
		who = i.Member.User
	case i.User != nil:
		who = *i.User
	}
	if i.ID == "" || i.Token == "" || who.ID == "" || !isID(who.ID) || !isID(i.ID) || i.Channel != "" && !isID(i.Channel) || i.Guild != "" && !isID(i.Guild) {
		return occurrence{do: doNothing}
	}
	name := who.called()
	if i.Member != nil && i.Member.Nick != "" {
		name = i.Member.Nick
	}
	o := occurrence{id: "i-" + i.ID, user: makeUser(who.ID, name, language(i.Locale))}
	o.place = makeCorner(i.Guild, i.Channel, who.ID)
	if i.Context != nil && *i.Context == inBotDM || i.Context == nil && i.Guild == "" {
		o.place = makeDirect(i.Channel)
	}
	if i.Member != nil {
		bits, _ := strconv.ParseUint(i.Member.Permissions, 10, 64)
		o.admin = bits&(dg.PermissionManageGuild|dg.PermissionAdministrator) != 0
	}
	_, byGuild := i.Owners["0"]
	_, byUser := i.Owners["1"]
	o.only = byUser && !byGuild
	switch i.Type {
	case typeCommand:
		o.command = true
		i.readCommand(&o)
	case typeAutocomplete:
		i.readSuggest(&o)
	case typeComponent:
		i.readPress(&o)
	case typeModal:
		o.command = i.Message == nil
		i.readModal(&o)
	default:
		o.do = doUnknown
		o.command = true
	}
	return o
}

// language is a locale of Discord as the bot knows languages.
func language(locale string) string {
	switch locale {
	case "zh-CN":
		return "zh-Hans"
	case "zh-TW":
		return "zh-Hant"
	}
	return locale
}

// isID says whether a text can be one of Discord's ids. They become parts of addresses, so nothing else may.
func isID(s string) bool {
	return len(s) > 0 && len(s) <= 20 && strings.Trim(s, "0123456789") == ""
}

func (i interaction) readCommand(o *occurrence) {
	if i.Data.Type == int(dg.MessageApplicationCommand) && i.Data.Name == useMessage {
		o.do = doUse
		return
	}
	if i.Data.Type == int(dg.MessageApplicationCommand) {
		text := strings.TrimSpace(i.Data.Resolved.Messages[i.Data.Target].Content)
		if i.Data.Name != trackMessage || text == "" {
			o.do = doUnknown
			o.label = "nothing_to_track"
			return
		}
		o.inputs = []bot.Input{bot.Text{Text: text}}
		return
	}
	sub := commandArg{}
	if len(i.Data.Options) > 0 {
		sub = i.Data.Options[0]
	}
	arg := func(name string) string {
		if at := slices.IndexFunc(sub.Options, func(c commandArg) bool { return c.Name == name }); at >= 0 {
			return strings.TrimSpace(sub.Options[at].text())
		}
		return ""
	}
	press := func(action string, values ...string) {
		o.inputs = []bot.Input{bot.Press{Action: action, Values: values}}
	}
	switch i.Data.Name + " " + sub.Name {
	case rootCommand + " start", rootCommand + " next":
		press("next")
	case rootCommand + " status":
		press("status")
	case rootCommand + " step":
		press("open", arg("number"))
	case rootCommand + " documents", rootCommand + " invite", rootCommand + " privacy", rootCommand + " help":
		press(sub.Name)
	case rootCommand + " notify":
		switch where := arg("where"); where {
		case "":
			press("notices")
		case "test":
			press("test_notice")
		default:
			o.do, o.label = doNews, where
		}
	case rootCommand + " list":
		press("shipments")
	case rootCommand + " language":
		press("language", arg("to"))
	case rootCommand + " join":
		press("join", arg("code"))
	case rootCommand + " track":
		o.inputs = []bot.Input{bot.Text{Text: arg("number")}}
	case rootCommand + " say":
		if text := arg("text"); text != "" {
			o.inputs = append(o.inputs, bot.Text{Text: text})
		}
		if f, ok := i.Data.Resolved.Attachments[arg("file")]; ok {
			o.files = append(o.files, f)
		}
		if len(o.inputs)+len(o.files) == 0 {
			press("status")
		}
	case rootCommand + " dm":
		o.do = doDirect
	case adminCommand + " check":
		o.do = doCheck
	default:
		o.do = doUnknown
	}
}

func (i interaction) readSuggest(o *occurrence) {
	o.do, o.label = doSuggest, "shipment"
	var find func(all []commandArg)
	find = func(all []commandArg) {
		for _, c := range all {
			if c.Focused {
				o.query = c.text()
			}
			find(c.Options)
		}
	}
	find(i.Data.Options)
}

// readPress reads a button or a select.
func (i interaction) readPress(o *occurrence) { i.press(o, i.Data.CustomID) }

func (i interaction) press(o *occurrence, custom string) {
	id, ok := parseActionID(custom)
	if !ok {
		o.do = doUnknown
		o.inputs = []bot.Input{bot.Press{Action: "status"}}
		return
	}
	press := bot.Press{Action: id.action, Token: id.token}
	switch id.kind {
	case kindForm:
		o.do, o.token, o.page = doForm, id.token, id.n
	case kindType:
		o.do = doType
	case kindConfirm:
		yes := id
		yes.kind = kindPress
		o.do, o.label, o.then = doSure, i.labelOf(i.Data.CustomID), yes.String()
	case kindNo:
		o.do = doNo
	case kindShare:
		o.do = doShare
	case kindMenu:
		if len(i.Data.Values) > 0 {
			press, ok = unpack(i.Data.Values[0])
		}
		if !ok || len(i.Data.Values) == 0 {
			o.do = doNothing
			return
		}
		o.inputs = []bot.Input{press}
	case kindPress:
		if id.value != "" {
			press.Values = []string{id.value}
		}
		for _, v := range i.Data.Values {
			if strings.HasPrefix(v, byLabel) {
				o.inputs = []bot.Input{bot.Text{Text: i.optionOf(v)}}
				return
			}
			press.Values = append(press.Values, v)
		}
		o.inputs = []bot.Input{press}
		if press.Action == bot.Direction {
			o.do, o.label = doNews, strings.Join(press.Values, " ")
		}
	default:
		o.do, o.token = doUnknown, custom
		o.inputs = []bot.Input{bot.Press{Action: "status"}}
	}
}

// labelOf is what stands on the button that was pressed.
func (i interaction) labelOf(custom string) string {
	c := i.find(func(c component) bool { return c.CustomID == custom })
	return c.Label
}

// optionOf is the label of the option that was chosen.
func (i interaction) optionOf(value string) string {
	c := i.find(func(c component) bool { return c.CustomID == i.Data.CustomID })
	for _, o := range c.Options {
		if o.Value == value {
			return o.Label
		}
	}
	return ""
}

func (i interaction) find(is func(component) bool) (found component) {
	var walk func(all []component)
	walk = func(all []component) {
		for _, c := range all {
			if is(c) {
				found = c
			}
			walk(c.Components)
		}
	}
	if i.Message != nil {
		walk(i.Message.Components)
	}
	return found
}

// readModal reads a form that was sent.
func (i interaction) readModal(o *occurrence) {
	id, ok := parseActionID(i.Data.CustomID)
	if !ok || id.kind != kindForm && id.kind != kindType {
		o.do = doUnknown
		return
	}
	values, uploads := answers(i.Data.Components)
	files := map[string][]sharedFile{}
	for field, ids := range uploads {
		for _, at := range ids {
			if f, ok := i.Data.Resolved.Attachments[at]; ok {
				files[field] = append(files[field], f)
			}
		}
	}
	if id.kind == kindType {
		if text := strings.TrimSpace(values[typedField]); text != "" {
			o.inputs = append(o.inputs, bot.Text{Text: values[typedField]})
		}
		o.files = files[""]
		if len(o.inputs)+len(o.files) == 0 {
			o.inputs = []bot.Input{bot.Press{Action: "repeat"}}
		}
		return
	}
	o.do, o.token, o.values, o.uploads, o.page = doSubmit, id.token, values, files, id.n
	o.of, _ = strconv.Atoi(id.value)
}
