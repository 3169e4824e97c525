package main

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"xiaobao/adapters/slack"
	"xiaobao/bot"
)

// SlackCmd is `xiaobao slack`.
type SlackCmd struct {
	Manifest ManifestCmd `cmd:"" help:"Print the app manifest to paste into Slack."`
}

// ManifestCmd is `xiaobao slack manifest`.
type ManifestCmd struct{}

// Run prints the manifest.
func (ManifestCmd) Run(out io.Writer) error {
	_, err := io.WriteString(out, slack.Manifest)
	return err
}

// slackDoor is the door to Slack when the environment has its tokens; none otherwise. Half of them is a mistake.
func slackDoor(now func() time.Time, log *slog.Logger) ([]bot.Adapter, error) {
	c := slack.Config{
		BotToken: os.Getenv("SLACK_BOT_TOKEN"), AppToken: os.Getenv("SLACK_APP_TOKEN"), API: os.Getenv("SLACK_API_URL"),
		Now: now, Logger: log,
	}
	switch {
	case c.BotToken == "" && c.AppToken == "":
		return nil, nil
	case c.BotToken == "":
		return nil, errors.New("SLACK_APP_TOKEN is set and SLACK_BOT_TOKEN is not: Slack needs both, see docs/slack.md")
	case c.AppToken == "":
		return nil, errors.New("SLACK_BOT_TOKEN is set and SLACK_APP_TOKEN is not: Slack needs both, see docs/slack.md")
	}
	a, err := slack.New(c)
	if err != nil {
		return nil, err
	}
	return []bot.Adapter{a}, nil
}
