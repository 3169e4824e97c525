package slack

import _ "embed"

// Manifest is the app manifest to paste into Slack: Socket Mode, and no scope that nothing here uses.
//
//go:embed manifest.yaml
var Manifest string
