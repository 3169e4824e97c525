package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	dg "github.com/bwmarrin/discordgo"
)

// The names of the commands, which stay the same in every language so that guides and mentions of them match. What stands under
// and beside them is in the reader's language.
const (
	rootCommand  = "xiaobao"
	adminCommand = "xiaobao-admin"
	trackMessage = "Track this number"
	useMessage   = "Use as answer"
)

// A command as Discord keeps it: also an option of one, or a choice of an option.
type command struct {
	Type         int               `json:"type,omitempty"`
	Name         string            `json:"name"`
	Names        map[string]string `json:"name_localizations,omitempty"`
	Description  string            `json:"description,omitempty"`
	Descriptions map[string]string `json:"description_localizations,omitempty"`
	Required     bool              `json:"required,omitempty"`
	Suggests     bool              `json:"autocomplete,omitempty"`
	Longest      int               `json:"max_length,omitempty"`
	Options      []command         `json:"options,omitempty"`
	Choices      []commandChoice   `json:"choices,omitempty"`
	Permissions  *bits             `json:"default_member_permissions,omitempty"`
	Contexts     []int             `json:"contexts,omitempty"`
	Installs     []int             `json:"integration_types,omitempty"`
}

type commandChoice struct {
	Name  string            `json:"name"`
	Names map[string]string `json:"name_localizations,omitempty"`
	Value string            `json:"value"`
}

// bits are permissions: written as a number, told by Discord as a text.
type bits int64

// UnmarshalJSON implements json.Unmarshaler.
func (b *bits) UnmarshalJSON(data []byte) error {
	n, err := strconv.ParseInt(string(bytes.Trim(data, `"`)), 10, 64)
	*b = bits(n)
	return err
}

// commandLanguages are the languages of the commands as Discord names them, and as words.json does. Discord lets zh-TW not fall back to zh-CN.
var commandLanguages = map[string]string{"en-US": "en", "en-GB": "en", "zh-CN": "zh-Hans", "zh-TW": "zh-Hant"}

func (w words) local(name string, holes ...string) map[string]string {
	out := map[string]string{}
	for locale, lang := range commandLanguages {
		out[locale] = strings.NewReplacer(holes...).Replace(w[lang][name])
	}
	return out
}

// commands are all of them; those of helpers only where there is something to help with.
func (w words) commands(helpers bool) []command {
	text := func(key string) (string, map[string]string) {
		return w["en"]["command."+key], w.local("command." + key)
	}
	option := func(of, name string, kind dg.ApplicationCommandOptionType, with ...func(*command)) command {
		c := command{Type: int(kind), Name: name, Names: w.local("command.name." + name)}
		c.Description, c.Descriptions = text(strings.TrimPrefix(of+"."+name, "."))
		for _, f := range with {
			f(&c)
		}
		return c
	}
	sub := func(name string, options ...command) command {
		return option("", name, dg.ApplicationCommandOptionSubCommand, func(c *command) { c.Options = options })
	}
	required := func(c *command) { c.Required = true }
	choices := func(all ...commandChoice) func(*command) { return func(c *command) { c.Choices = all } }
	var steps []commandChoice
	for n := 1; n <= 10; n++ {
		s := strconv.Itoa(n)
		steps = append(steps, commandChoice{strings.ReplaceAll(w["en"]["command.choice.step"], "{n}", s), w.local("command.choice.step", "{n}", s), s})
	}
	choice := func(name, value string) commandChoice {
		return commandChoice{w["en"]["command.choice."+name], w.local("command.choice." + name), value}
	}
	root := command{Type: int(dg.ChatApplicationCommand), Name: rootCommand, Contexts: []int{inGuild, inBotDM, inPrivate}, Installs: []int{0, 1}}
	root.Description, root.Descriptions = text("xiaobao")
	root.Options = []command{
		sub("start"), sub("status"), sub("next"),
		sub("step", option("step", "number", dg.ApplicationCommandOptionString, required, choices(steps...))),
		sub("track", option("track", "number", dg.ApplicationCommandOptionString, required, func(c *command) { c.Suggests, c.Longest = true, 200 })),
		sub("say", option("say", "text", dg.ApplicationCommandOptionString), option("say", "file", dg.ApplicationCommandOptionAttachment)),
		sub("list"), sub("documents"),
		sub("notify", option("notify", "where", dg.ApplicationCommandOptionString, choices(choice("direct", "direct"), choice("thread", "thread"), choice("channel", "channel"), choice("none", "none"), choice("test", "test")))),
		sub("dm"),
		sub("language", option("language", "to", dg.ApplicationCommandOptionString, required, choices(choice("zh", "zh-Hans"), choice("en", "en")))),
		sub("invite"), sub("join", option("join", "code", dg.ApplicationCommandOptionString, required, func(c *command) { c.Longest = 20 })),
		sub("privacy"), sub("help"),
	}
	message := command{Type: int(dg.MessageApplicationCommand), Name: trackMessage, Names: w.local("command.track_message"), Contexts: []int{inGuild, inBotDM, inPrivate}, Installs: []int{0, 1}}
	manage := bits(dg.PermissionManageGuild)
	admin := command{Type: int(dg.ChatApplicationCommand), Name: adminCommand, Permissions: &manage, Contexts: []int{inGuild}, Installs: []int{0}}
	admin.Description, admin.Descriptions = text("admin")
	admin.Options = []command{option("admin", "check", dg.ApplicationCommandOptionSubCommand, func(c *command) { c.Names = w.local("command.name.check") })}
	all := []command{root, message, admin}
	if helpers {
		all = append(all, command{Type: int(dg.MessageApplicationCommand), Name: useMessage, Names: w.local("command.use_message"), Contexts: []int{inGuild}, Installs: []int{0}})
	}
	return all
}

// commandsWanted are those of this program as it is configured.
func (a *Adapter) commandsWanted() []command {
	return a.words.commands(a.Forum.Channel != "" || a.Desk.Channel != "")
}

// register makes the commands at Discord what they are here, if they are not. Nothing is written when nothing has changed: Discord
// counts that.
func (a *Adapter) register(ctx context.Context) error {
	want := a.commandsWanted()
	if faults := faultsOf(want); len(faults) > 0 {
		return fmt.Errorf("discord: commands beyond the limits: %s", strings.Join(faults, "; "))
	}
	have, err := a.registered(ctx)
	if err != nil || same(have, want) {
		return err
	}
	path, name, major := a.commandsAt()
	a.Logger.InfoContext(ctx, "discord: the commands have changed and are registered", "before", len(have), "now", len(want))
	return a.rest.do(ctx, call{method: "PUT", path: path, body: want, route: route{name: "PUT " + name, major: major}}, nil)
}

// commandsAt is where the commands are registered.
func (a *Adapter) commandsAt() (path, name, major string) {
	app := a.identity().app
	if a.Guild != "" {
		return "/applications/" + app + "/guilds/" + a.Guild + "/commands", "/applications/{}/guilds/{}/commands", a.Guild
	}
	return "/applications/" + app + "/commands", "/applications/{}/commands", ""
}

// registered are the commands as Discord has them.
func (a *Adapter) registered(ctx context.Context) (have []command, err error) {
	path, name, major := a.commandsAt()
	err = a.rest.do(ctx, call{method: "GET", path: path + "?with_localizations=true", route: route{name: "GET " + name, major: major}}, &have)
	return have, err
}

// same compares commands whatever their order.
func same(have, want []command) bool {
	if len(have) != len(want) {
		return false
	}
	for _, w := range want {
		found := false
		for _, h := range have {
			if h.Name == w.Name && max(h.Type, 1) == max(w.Type, 1) {
				h.Type = w.Type
				one, err := json.Marshal(h)
				two, err2 := json.Marshal(w)
				found = err == nil && err2 == nil && bytes.Equal(one, two)
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// commandName is what a command may be called. (A regular expression with {1,32} would take a megabyte.)
func commandName(name string) bool {
	n := utf8.RuneCountInString(name)
	return n >= 1 && n <= 32 && !strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.In(r, unicode.Devanagari, unicode.Thai) && !strings.ContainsRune("-_'", r)
	})
}

// faultsOf are what Discord would refuse of commands, in every language: its own error does not say in which.
func faultsOf(all []command) (out []string) {
	fault := func(format string, a ...any) { out = append(out, fmt.Sprintf(format, a...)) }
	var check func(path string, c command, slash bool) map[string]int
	check = func(path string, c command, slash bool) map[string]int {
		path += "/" + c.Name
		sizes := map[string]int{}
		names := map[string]string{"": c.Name}
		for l, n := range c.Names {
			names[l] = n
		}
		for l, n := range names {
			sizes[l] += units(n)
			if slash && (!commandName(n) || strings.ToLower(n) != n) || n == "" || units(n) > 32 {
				fault("%s: the name %q in %q", path, n, l)
			}
		}
		descriptions := map[string]string{"": c.Description}
		for l, d := range c.Descriptions {
			descriptions[l] = d
		}
		for l, d := range descriptions {
			sizes[l] += units(d)
			if slash && (d == "" || units(d) > 100) {
				fault("%s: the description in %q has %d characters", path, l, units(d))
			}
		}
		if len(c.Options) > 25 || len(c.Choices) > 25 {
			fault("%s: %d options, %d choices", path, len(c.Options), len(c.Choices))
		}
		for l := range commandLanguages {
			seen := map[string]bool{}
			for _, o := range c.Options {
				if n := o.Names[l]; seen[n] {
					fault("%s: the name %q twice in %s", path, n, l)
				} else {
					seen[n] = true
				}
			}
		}
		for _, ch := range c.Choices {
			sizes[""] += units(ch.Name) + units(ch.Value)
			for l, n := range ch.Names {
				sizes[l] += units(n)
				if n == "" || units(n) > 100 {
					fault("%s: the choice %q in %s", path, n, l)
				}
			}
		}
		for _, o := range c.Options {
			for l, n := range check(path, o, slash) {
				sizes[l] += n
			}
		}
		return sizes
	}
	for _, c := range all {
		for l, n := range check("", c, c.Type == int(dg.ChatApplicationCommand)) {
			if n > 8000 {
				fault("/%s: %d characters in %q", c.Name, n, l)
			}
		}
	}
	return out
}
