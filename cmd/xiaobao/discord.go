package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"xiaobao/adapters/discord"
	"xiaobao/bot"
)

// DiscordCmd is `xiaobao discord`.
type DiscordCmd struct {
	Invite DiscordInviteCmd `cmd:"" help:"Print the link that adds the bot to a server, with the least permissions."`
}

// DiscordInviteCmd is `xiaobao discord invite`.
type DiscordInviteCmd struct {
	App string `help:"The application's id; without it DISCORD_TOKEN says which." placeholder:"ID"`
}

// Discord is how the program is in Discord. Its token comes from the environment: DISCORD_TOKEN.
type Discord struct {
	Mode   string       `yaml:"mode"`   // gateway, or http: then DISCORD_PUBLIC_KEY is needed as well
	Server string       `yaml:"server"` // where commands are registered; empty: everywhere
	Shards int          `yaml:"shards"` // 0: as many as Discord recommends
	Forum  DiscordForum `yaml:"forum"`
}

func (d Discord) check() error {
	switch {
	case d.Mode != "gateway" && d.Mode != "http":
		return fmt.Errorf("discord.mode: gateway or http, not %q", d.Mode)
	case strings.Trim(d.Server, "0123456789") != "":
		return fmt.Errorf("discord.server: the server's id, only digits, not %q", d.Server)
	case d.Shards < 0:
		return fmt.Errorf("discord.shards: 0 or more, not %d", d.Shards)
	}
	return d.Forum.check(d.Mode)
}

// discordEnvironment is what the environment and the configuration say of Discord; nil when they say nothing.
func discordEnvironment(d Discord) *discord.Config {
	c := &discord.Config{
		Token: os.Getenv("DISCORD_TOKEN"), PublicKey: os.Getenv("DISCORD_PUBLIC_KEY"), API: os.Getenv("DISCORD_API_URL"),
		HTTP: d.Mode == "http", Guild: d.Server, Shards: d.Shards,
		Forum: discord.Forum{Channel: d.Forum.Channel, Helpers: d.Forum.Helpers, Desk: d.Forum.Desk, Replies: d.Forum.Replies, Exposed: exposed},
		Desk:  discord.Desk{Channel: d.Forum.Tickets, Helpers: d.Forum.Helpers},
	}
	if c.Token == "" && c.PublicKey == "" && !c.HTTP {
		return nil
	}
	return c
}

// discordConfig is that, when it is whole.
func discordConfig(d Discord) (*discord.Config, error) {
	c := discordEnvironment(d)
	switch {
	case c == nil:
		return nil, nil
	case c.Token == "":
		return nil, errors.New("DISCORD_TOKEN is not set, and other settings of Discord are: see docs/discord.md")
	case c.HTTP && c.PublicKey == "":
		return nil, errors.New("discord.mode is http and DISCORD_PUBLIC_KEY is not set: see docs/discord.md")
	}
	return c, nil
}

// discordDoor is the door to Discord when the environment has its token; nil otherwise.
func discordDoor(d Discord, now func() time.Time, log *slog.Logger) (*discord.Adapter, error) {
	c, err := discordConfig(d)
	if err != nil || c == nil {
		return nil, err
	}
	c.ID, c.Now, c.Logger = newID(), now, log
	return discord.New(*c)
}

// Run prints the link.
func (i DiscordInviteCmd) Run(ctx context.Context, cli *CLI, o outside) error {
	app := i.App
	if app == "" {
		f, err := readConfig(cli.Config)
		if err != nil {
			return err
		}
		c, err := discordConfig(f.Discord)
		if err != nil {
			return err
		}
		if c == nil {
			return errors.New("DISCORD_TOKEN is not set: see docs/discord.md")
		}
		c.Now, c.Logger = o.now, slog.New(slog.DiscardHandler)
		if app, err = discord.Application(ctx, *c); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(o.out, discord.InviteURL(app))
	return err
}

// discord looks at Discord, when the environment has anything of it.
func (p *patient) discord(ctx context.Context) ([]bot.Finding, error) {
	c := discordEnvironment(p.config.Discord)
	if c == nil {
		return nil, nil
	}
	c.Now, c.Logger = p.out.now, slog.New(slog.DiscardHandler)
	return discord.Examine(ctx, *c, p.lang, "http://"+p.config.Listen), nil
}
