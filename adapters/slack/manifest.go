package slack

import (
	_ "embed"
	"fmt"
	"net/url"
	"strings"
)

// Manifest is the app manifest to paste into Slack: Socket Mode, and no scope that nothing here uses.
//
//go:embed manifest.yaml
var Manifest string

// MakeManifest is the manifest for an app that is reached over HTTP at a base such as https://bot.example.com, and with install the one for
// an app that several workspaces install. Without a base it is Manifest.
func MakeManifest(base string, install bool) (string, error) {
	base = strings.TrimRight(base, "/")
	if base == "" {
		if install {
			return "", fmt.Errorf("slack: an app that several workspaces install needs an address: --http https://HOST")
		}
		return Manifest, nil
	}
	if u, err := url.Parse(base); err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return "", fmt.Errorf("slack: %q is not an address such as https://bot.example.com", base)
	}
	changes := []string{
		"over Socket Mode.", "over HTTP.",
		"    - command: /xiaobao\n", "    - command: /xiaobao\n      url: " + base + "/slack/commands\n",
		"  event_subscriptions:\n", "  event_subscriptions:\n    request_url: " + base + "/slack/events\n",
		"    is_enabled: true\n", "    is_enabled: true\n    request_url: " + base + "/slack/interactive\n    message_menu_options_url: " + base + "/slack/options\n",
		"socket_mode_enabled: true", "socket_mode_enabled: false",
	}
	if install {
		changes = append(changes,
			"oauth_config:\n", "oauth_config:\n  redirect_urls:\n    - "+base+"/slack/oauth\n",
			"org_deploy_enabled: false", "org_deploy_enabled: true",
			"token_rotation_enabled: false", "token_rotation_enabled: true",
			"your own, in your own workspace,", "installed in several workspaces,",
		)
	}
	return strings.NewReplacer(changes...).Replace(Manifest), nil
}
