package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"xiaobao/adapters/slack"
	"xiaobao/seal"
)

// SlackCmd is `xiaobao slack`.
type SlackCmd struct {
	Manifest ManifestCmd `cmd:"" help:"Print the app manifest to paste into Slack."`
}

// ManifestCmd is `xiaobao slack manifest`.
type ManifestCmd struct {
	HTTP    string `name:"http" help:"The manifest for HTTP instead of Socket Mode: the address under which Slack reaches this program." placeholder:"https://HOST"`
	Install bool   `help:"With --http: an app that several workspaces install (OAuth)."`
}

// Run prints the manifest.
func (m ManifestCmd) Run(out io.Writer) error {
	text, err := slack.MakeManifest(m.HTTP, m.Install)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, text)
	return err
}

// slackDoor is the door to Slack when the environment has what it needs; nil when it has nothing of it. Half of it is a
// mistake, and every part that is missing is named. public is the address under which others reach this program.
func slackDoor(public string, now func() time.Time, log *slog.Logger) (*slack.Adapter, error) {
	c := slackEnvironment(public)
	if c == nil {
		return nil, nil
	}
	keys, err := keyRing()
	if err != nil {
		return nil, err
	}
	c.Keys, c.Now, c.NewID, c.Logger = keys, now, newID, log
	a, err := slack.New(*c)
	if err != nil {
		return nil, fmt.Errorf("%w\n  see docs/slack.md, or ask: xiaobao doctor", err)
	}
	return a, nil
}

// slackEnvironment is what the environment says of Slack; nil when it says nothing.
func slackEnvironment(public string) *slack.Config {
	c := &slack.Config{
		BotToken: os.Getenv("SLACK_BOT_TOKEN"), AppToken: os.Getenv("SLACK_APP_TOKEN"), SigningSecret: os.Getenv("SLACK_SIGNING_SECRET"),
		ClientID: os.Getenv("SLACK_CLIENT_ID"), ClientSecret: os.Getenv("SLACK_CLIENT_SECRET"), RedirectURL: os.Getenv("SLACK_REDIRECT_URL"),
		Allowed: words(os.Getenv("SLACK_WORKSPACES")), API: os.Getenv("SLACK_API_URL"),
	}
	if c.BotToken == "" && c.AppToken == "" && c.SigningSecret == "" && c.ClientID == "" {
		return nil
	}
	if c.RedirectURL == "" && public != "" {
		c.RedirectURL = strings.TrimRight(public, "/") + slack.Root + "oauth"
	}
	return c
}

// keyRing makes the keys that seal secrets at rest from XIAOBAO_KEY: one, or several separated by commas, the newest first. nil without
// one.
func keyRing() (*seal.Ring, error) {
	all := os.Getenv("XIAOBAO_KEY")
	if strings.TrimSpace(all) == "" {
		return nil, nil
	}
	secrets := strings.FieldsFunc(all, func(r rune) bool { return r == ',' || r == '\n' })
	r, err := seal.NewRing(secrets...)
	if err != nil {
		return nil, fmt.Errorf("XIAOBAO_KEY: %w", err)
	}
	return r, nil
}

// words splits a list at commas and spaces.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
}
