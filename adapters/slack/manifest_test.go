package slack

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// scopes says for which methods and events each scope is needed.
var scopes = map[string][]string{
	"app_mentions:read": {`"app_mention"`},
	"chat:write":        {"PostMessageContext", "SendMessageContext", "PostEphemeralContext"},
	"commands":          {`"slash_commands"`},
	"files:read":        {"GetFileContext"},
	"files:write":       {"CompleteUploadExternalContext"},
	"im:history":        {"GetConversationHistoryContext", `"message"`},
	"im:write":          {"OpenConversationContext"},
	"users:read":        {"GetUserInfoContext", `"user_change"`},
}

func TestManifest(t *testing.T) {
	var m struct {
		Display struct{ Name, Description string } `yaml:"display_information"`
		Feature struct {
			Commands []struct {
				Command, Description string
				Hint                 string `yaml:"usage_hint"`
				Escape               bool   `yaml:"should_escape"`
			} `yaml:"slash_commands"`
		} `yaml:"features"`
		OAuth struct {
			Scopes struct{ Bot []string }
		} `yaml:"oauth_config"`
		Settings struct {
			Events struct {
				Bot []string `yaml:"bot_events"`
			} `yaml:"event_subscriptions"`
			Interactivity struct {
				On bool `yaml:"is_enabled"`
			}
			Socket bool `yaml:"socket_mode_enabled"`
		}
	}
	if err := yaml.Unmarshal([]byte(Manifest), &m); err != nil {
		t.Fatal(err)
	}
	for _, l := range []struct {
		text string
		most int
	}{{m.Display.Name, 35}, {m.Display.Description, 140}, {m.Feature.Commands[0].Command, 32}, {m.Feature.Commands[0].Description, 2000}, {m.Feature.Commands[0].Hint, 1000}} {
		if n := utf8.RuneCountInString(l.text); n == 0 || n > l.most {
			t.Errorf("%q has %d characters, 1 to %d", l.text, n, l.most)
		}
	}
	if !m.Feature.Commands[0].Escape || !m.Settings.Interactivity.On || !m.Settings.Socket {
		t.Errorf("switched off: %+v", m)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(data)
	}
	for _, scope := range m.OAuth.Scopes.Bot {
		if !slices.ContainsFunc(scopes[scope], func(use string) bool { return strings.Contains(code.String(), use) }) {
			t.Errorf("nothing uses the scope %s", scope)
		}
	}
	for scope := range scopes {
		if !slices.Contains(m.OAuth.Scopes.Bot, scope) {
			t.Errorf("the scope %s is used and not asked for", scope)
		}
	}
	for _, event := range m.Settings.Events.Bot {
		if !strings.Contains(code.String(), `"`+strings.TrimSuffix(event, ".im")+`"`) {
			t.Errorf("nothing reads the event %s", event)
		}
	}
}
