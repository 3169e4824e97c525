package discord

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"xiaobao/bot"
)

// An application is what Discord says of ours.
type application struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Endpoint string `json:"interactions_endpoint_url"`
	Flags    int    `json:"flags"`
	Key      string `json:"verify_key"`
	Bot      struct {
		ID string `json:"id"`
	} `json:"bot"`
}

func (c *client) application(ctx context.Context) (me application, err error) {
	err = c.do(ctx, call{method: "GET", path: "/applications/@me", route: route{name: "GET /applications/@me", ahead: true}}, &me)
	return me, err
}

// Application asks Discord whose token it is: the application's id.
func Application(ctx context.Context, c Config) (id string, err error) {
	a, err := New(c)
	if err != nil {
		return "", err
	}
	me, err := a.rest.application(ctx)
	if a.rest.limits.refused() {
		return "", refusedToken()
	}
	return me.ID, err
}

// The flags of an application that listens to what is privileged.
const privileged = 1<<12 | 1<<13 | 1<<14 | 1<<15 | 1<<18 | 1<<19

// Examine looks at what can go wrong before anybody uses the bot: the token, which way interactions come, what is listened to, how many
// identifications are left today, whether the commands are those of this version. It changes nothing. The findings are in the
// language, in the order in which they matter; when the token is refused there is nothing more to look at. local is where this program
// serves, "http://127.0.0.1:8080".
func Examine(ctx context.Context, c Config, lang, local string) []bot.Finding {
	w, err := readWords()
	if err != nil {
		return []bot.Finding{{State: bot.Wrong, Says: err.Error()}}
	}
	x := &examination{words: w, lang: lang}
	if c.Token == "" {
		x.found(bot.Wrong, "token_none")
		return x.all
	}
	if c.HTTP && c.PublicKey == "" {
		x.found(bot.Wrong, "key_none")
		c.HTTP = false // the rest can be looked at all the same
	}
	a, err := New(c)
	if err != nil {
		x.found(bot.Wrong, "unusable", "why", err.Error())
		return x.all
	}
	theirs := a.rest.watchTime()
	me, err := a.rest.application(ctx)
	var e *apiError
	switch {
	case errors.As(err, &e) && e.Status == http.StatusUnauthorized:
		x.found(bot.Wrong, "refused")
		return x.all
	case err != nil:
		x.found(bot.Wrong, "unreachable", "why", err.Error())
		return x.all
	}
	a.self = identity{app: me.ID, user: me.Bot.ID, name: me.Name}
	x.found(bot.Fine, "token", "name", me.Name+" ("+me.ID+")")
	x.clock(theirs(), a.Now())
	x.way(c, me)
	if c.HTTP {
		x.served(ctx, a, local, me.Endpoint)
	}
	if unused := me.Flags & privileged; unused != 0 && (c.Forum.Channel == "" || unused&^readsContent != 0) {
		x.found(bot.Doubtful, "privileged")
	}
	if c.Forum.Channel != "" {
		x.forum(ctx, a, me)
	}
	x.rooms(ctx, a)
	if a.key == nil {
		x.gateway(ctx, a)
	}
	have, err := a.registered(ctx)
	count := strconv.Itoa(len(have))
	switch {
	case err != nil:
		x.found(bot.Wrong, "commands_unread", "why", err.Error())
	case len(have) == 0:
		x.found(bot.Doubtful, "commands_none")
	case !same(have, a.commandsWanted()):
		x.found(bot.Doubtful, "commands_old", "count", count)
	default:
		x.found(bot.Fine, "commands", "count", count)
	}
	return x.all
}

type examination struct {
	words words
	lang  string
	all   []bot.Finding
}

func (x *examination) found(s bot.State, word string, hole ...string) {
	say := func(name string) string {
		if len(hole) == 2 {
			return x.words.fill(x.lang, name, hole[0], hole[1])
		}
		return x.words.say(x.lang, name)
	}
	f := bot.Finding{State: s, Says: say("check." + word)}
	if s != bot.Fine {
		f.Mend = say("check." + word + ".mend")
	}
	x.all = append(x.all, f)
}

// way looks at how interactions come.
func (x *examination) way(c Config, me application) {
	switch {
	case c.HTTP && me.Key != "" && me.Key != c.PublicKey:
		x.found(bot.Wrong, "key")
	case c.HTTP && me.Endpoint == "":
		x.found(bot.Doubtful, "endpoint_none")
	case c.HTTP:
		x.found(bot.Fine, "http", "url", me.Endpoint)
	case me.Endpoint != "":
		x.found(bot.Wrong, "endpoint")
	case c.Forum.Channel != "" && c.Forum.Replies:
		x.found(bot.Fine, "way_replies")
	default:
		x.found(bot.Fine, "way")
	}
}

// clock compares this machine's clock with Discord's.
func (x *examination) clock(theirs, ours time.Time) {
	if theirs.IsZero() {
		return // an answer without its time
	}
	switch off := ours.Sub(theirs).Abs(); {
	case off > 2*time.Minute:
		x.found(bot.Wrong, "clock_off", "off", off.Round(time.Second).String())
	case off > 30*time.Second:
		x.found(bot.Doubtful, "clock_off", "off", off.Round(time.Second).String())
	default:
		x.found(bot.Fine, "clock")
	}
}

// served looks whether this program answers where it serves and where Discord posts to: what is not signed is refused there, with 401.
func (x *examination) served(ctx context.Context, a *Adapter, local, public string) {
	for n, at := range []string{local + Path, public} {
		if at == Path || at == "" || n > 0 && at == local+Path {
			continue
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, at, strings.NewReader(`{"type":1}`))
		if err != nil {
			x.found(bot.Doubtful, "served_not", "at", at+": "+redact(err))
			continue
		}
		resp, err := a.rest.files.Do(r)
		if err != nil {
			x.found(bot.Doubtful, "served_not", "at", at+": "+redact(err))
			continue
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized {
			x.found(bot.Wrong, "served_not", "at", at+": "+resp.Status)
			continue
		}
		x.found(bot.Fine, "served", "at", at)
	}
}

// readsContent are the flags of an application that may read what people write.
const readsContent = 1<<18 | 1<<19

// forum looks at the forum: whether it is one, and whether more than titles can be read.
func (x *examination) forum(ctx context.Context, a *Adapter, me application) {
	var f thread
	err := a.channelInto(ctx, a.Forum.Channel, &f)
	switch {
	case err != nil:
		x.found(bot.Wrong, "forum_none", "why", err.Error())
	case f.Type != channelForum:
		x.found(bot.Wrong, "forum_other", "name", f.Name)
	case me.Flags&readsContent == 0 && a.Forum.Replies:
		x.found(bot.Wrong, "forum_replies")
	case me.Flags&readsContent == 0:
		x.found(bot.Doubtful, "forum_unread")
	default:
		x.found(bot.Fine, "forum", "name", f.Name)
	}
}

func (x *examination) gateway(ctx context.Context, a *Adapter) {
	g, err := a.rest.gateway(ctx)
	left := strconv.Itoa(g.Limit.Remaining) + "/" + strconv.Itoa(g.Limit.Total)
	switch {
	case err != nil:
		x.found(bot.Wrong, "gateway_none", "why", err.Error())
	case g.Limit.Remaining < g.Limit.Total/10:
		x.found(bot.Doubtful, "budget_low", "left", left+", "+(time.Duration(g.Limit.Reset)*time.Millisecond).Round(time.Minute).String())
	default:
		x.found(bot.Fine, "budget", "left", left)
	}
}
