package slack

import (
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// appManifest is what of a manifest differs between the ways of being reached.
type appManifest struct {
	Features struct {
		Commands []struct{ URL string } `yaml:"slash_commands"`
	}
	OAuth struct {
		Redirects []string `yaml:"redirect_urls"`
		Scopes    struct{ Bot []string }
	} `yaml:"oauth_config"`
	Settings struct {
		Events struct {
			URL string `yaml:"request_url"`
		} `yaml:"event_subscriptions"`
		Interactivity struct {
			URL     string `yaml:"request_url"`
			Options string `yaml:"message_menu_options_url"`
		}
		Org      bool `yaml:"org_deploy_enabled"`
		Socket   bool `yaml:"socket_mode_enabled"`
		Rotation bool `yaml:"token_rotation_enabled"`
	}
}

func TestMakeManifest(t *testing.T) {
	read := func(base string, install bool) (m appManifest) {
		t.Helper()
		text, err := MakeManifest(base, install)
		if err == nil {
			err = yaml.Unmarshal([]byte(text), &m)
		}
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(m.OAuth.Scopes.Bot, Scopes) {
			t.Errorf("the manifest asks for %q, doctor and the installation for %q", m.OAuth.Scopes.Bot, Scopes)
		}
		return m
	}
	if m := read("", false); !m.Settings.Socket || m.Settings.Events.URL != "" || m.Settings.Org || m.Settings.Rotation || len(m.OAuth.Redirects) > 0 {
		t.Errorf("Socket Mode: %+v", m)
	}
	for _, install := range []bool{false, true} {
		m := read("https://bot.example.com/", install)
		if m.Settings.Socket || m.Settings.Events.URL != "https://bot.example.com/slack/events" || m.Settings.Interactivity.URL != "https://bot.example.com/slack/interactive" ||
			m.Settings.Interactivity.Options != "https://bot.example.com/slack/options" || m.Features.Commands[0].URL != "https://bot.example.com/slack/commands" {
			t.Errorf("HTTP: %+v", m)
		}
		if m.Settings.Org != install || m.Settings.Rotation != install || (strings.Join(m.OAuth.Redirects, " ") == "https://bot.example.com/slack/oauth") != install {
			t.Errorf("to be installed %v: %+v", install, m)
		}
	}
	for _, bad := range []string{"http://bot.example.com", "bot.example.com", "https://", "https://bot.example.com/path", "https://u:p@bot.example.com", "https://bot.example.com?x=1"} {
		if _, err := MakeManifest(bad, false); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if _, err := MakeManifest("", true); err == nil || !strings.Contains(err.Error(), "--http") {
		t.Errorf("several workspaces without an address: %v", err)
	}
}

// TestConfigured: what is missing is named, all of it at once.
func TestConfigured(t *testing.T) {
	whole := Config{SigningSecret: "s", ClientID: "1.2", ClientSecret: "c", RedirectURL: "https://bot.example.com/slack/oauth", Keys: ring(t)}
	if _, err := New(whole); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		change func(*Config)
		want   []string
	}{
		"nothing":        {func(c *Config) { *c = Config{} }, []string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"}},
		"no secrets":     {func(c *Config) { c.ClientSecret, c.Keys = "", nil }, []string{"SLACK_CLIENT_SECRET", "XIAOBAO_KEY", "openssl rand"}},
		"no redirect":    {func(c *Config) { c.RedirectURL = "" }, []string{"SLACK_REDIRECT_URL"}},
		"plain http":     {func(c *Config) { c.RedirectURL = "http://bot.example.com/slack/oauth" }, []string{"SLACK_REDIRECT_URL"}},
		"another path":   {func(c *Config) { c.RedirectURL = "https://bot.example.com/oauth" }, []string{"SLACK_REDIRECT_URL"}},
		"with a query":   {func(c *Config) { c.RedirectURL += "?next=https://evil.example" }, []string{"SLACK_REDIRECT_URL"}},
		"with a person":  {func(c *Config) { c.RedirectURL = "https://a:b@bot.example.com/slack/oauth" }, []string{"SLACK_REDIRECT_URL"}},
		"no way in":      {func(c *Config) { c.SigningSecret = "" }, []string{"SLACK_SIGNING_SECRET"}},
		"a user's token": {func(c *Config) { c.BotToken = "xoxp-1" }, []string{"xoxb-"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := whole
			c.change(&config)
			_, err := New(config)
			for _, w := range c.want {
				if err == nil || !strings.Contains(err.Error(), w) {
					t.Errorf("%v does not name %s", err, w)
				}
			}
		})
	}
}
