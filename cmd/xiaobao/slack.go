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
// mistake, and every part that is missing is named.
func slackDoor(now func() time.Time, log *slog.Logger) (*slack.Adapter, error) {
	c, err := slackConfig()
	if err != nil || c == nil {
		return nil, err
	}
	c.Now, c.NewID, c.Logger = now, newID, log
	a, err := slack.New(*c)
	if err != nil {
		return nil, fmt.Errorf("%w\n  see docs/slack.md, or ask: xiaobao doctor", err)
	}
	return a, nil
}

// slackConfig reads the environment; nil when there is nothing of Slack in it.
func slackConfig() (*slack.Config, error) {
	c := &slack.Config{
		BotToken: os.Getenv("SLACK_BOT_TOKEN"), AppToken: os.Getenv("SLACK_APP_TOKEN"), SigningSecret: os.Getenv("SLACK_SIGNING_SECRET"),
		ClientID: os.Getenv("SLACK_CLIENT_ID"), ClientSecret: os.Getenv("SLACK_CLIENT_SECRET"), RedirectURL: os.Getenv("SLACK_REDIRECT_URL"),
		Allowed: words(os.Getenv("SLACK_WORKSPACES")), API: os.Getenv("SLACK_API_URL"),
	}
	if c.BotToken == "" && c.AppToken == "" && c.SigningSecret == "" && c.ClientID == "" {
		return nil, nil
	}
	keys, err := keyRing()
	c.Keys = keys
	return c, err
}

// keyRing makes the keys that seal secrets at rest from XIAOBAO_KEY: one, or several separated by commas, the newest first. nil without
// one.
func keyRing() (*seal.Ring, error) {
	secrets := words(os.Getenv("XIAOBAO_KEY"))
	if len(secrets) == 0 {
		return nil, nil
	}
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
