package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
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

// A Finding is one thing that was looked at: what, whether it is as it should be, and how to mend it when it is not.
type Finding struct {
	What string
	Good bool
	Mend string
}

// Examine looks at what can go wrong before anybody uses the bot: the token, which way interactions come, how many identifications are
// left today, whether the commands are those of this version. It changes nothing. The findings come in the order in which they
// matter; when the token is refused there is nothing more to look at.
func Examine(ctx context.Context, c Config) (app string, findings []Finding) {
	found := func(good bool, what, mend string) { findings = append(findings, Finding{what, good, mend}) }
	a, err := New(c)
	if err != nil {
		found(false, err.Error(), "copy it again from https://discord.com/developers/applications, see docs/discord.md")
		return "", findings
	}
	me, err := a.rest.application(ctx)
	var e *apiError
	switch {
	case errors.As(err, &e) && e.Status == http.StatusUnauthorized:
		found(false, "Discord refuses DISCORD_TOKEN", "under Bot choose Reset Token, and use the new one")
		return "", findings
	case err != nil:
		found(false, "Discord cannot be reached: "+err.Error(), "look at the network, the proxy, or DISCORD_API_URL")
		return "", findings
	}
	a.self = identity{app: me.ID, user: me.Bot.ID, name: me.Name}
	found(true, fmt.Sprintf("the token belongs to %s (%s)", me.Name, me.ID), "")
	switch {
	case c.HTTP && me.Key != "" && me.Key != c.PublicKey:
		found(false, "DISCORD_PUBLIC_KEY is not this application's", "copy Public Key from General Information")
	case c.HTTP && me.Endpoint == "":
		found(false, "the application has no Interactions Endpoint URL", "start the program, then set the URL under General Information to https://YOUR-HOST"+Path)
	case c.HTTP:
		found(true, "interactions come over HTTP to "+me.Endpoint, "")
	case me.Endpoint != "":
		found(false, "the application has an Interactions Endpoint URL, so nothing comes over the gateway", "clear it under General Information, or set discord.mode to http")
	default:
		found(true, "interactions come over the gateway; nothing privileged is listened to", "")
	}
	if !c.HTTP {
		g, err := a.rest.gateway(ctx)
		switch {
		case err != nil:
			found(false, "the gateway cannot be asked for: "+err.Error(), "try again in a minute")
		case g.Limit.Remaining < g.Limit.Total/10:
			found(false, fmt.Sprintf("only %d of %d identifications are left, until %s", g.Limit.Remaining, g.Limit.Total, (time.Duration(g.Limit.Reset)*time.Millisecond).Round(time.Minute)), "find what restarts the program again and again")
		default:
			found(true, fmt.Sprintf("%d of %d identifications are left today", g.Limit.Remaining, g.Limit.Total), "")
		}
	}
	have, err := a.registered(ctx)
	switch {
	case err != nil:
		found(false, "the commands cannot be read: "+err.Error(), "add the application to a server with the scope applications.commands: xiaobao discord invite")
	case !same(have, a.words.commands()):
		found(false, fmt.Sprintf("the commands at Discord (%d) are not those of this version", len(have)), "start the program: it registers them")
	default:
		found(true, fmt.Sprintf("%d commands are registered, those of this version", len(have)), "")
	}
	return me.ID, findings
}
