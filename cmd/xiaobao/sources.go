package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"xiaobao/adapters/aftership"
	"xiaobao/adapters/easypost"
	"xiaobao/adapters/hook"
	"xiaobao/adapters/ship24"
	"xiaobao/adapters/simulator"
	"xiaobao/adapters/spapi"
	"xiaobao/adapters/track17"
	"xiaobao/shipment/watch"
)

// Track17 is how 17TRACK is reached. Its key comes from the environment: XIAOBAO_17TRACK_KEY; without one it is not used.
type Track17 struct {
	URL    string `yaml:"url"`    // the base of the API, or of what stands in for it
	Pushes bool   `yaml:"pushes"` // its pushes are set up to arrive at /hooks/17track/main
}

// AfterShip is how AfterShip is reached. Its key comes from the environment, XIAOBAO_AFTERSHIP_KEY, without which it is not used,
// and so does the secret of its webhook, XIAOBAO_AFTERSHIP_SECRET.
type AfterShip struct {
	URL    string `yaml:"url"`    // the base of the API, or of what stands in for it
	Pushes bool   `yaml:"pushes"` // its webhook is set up to arrive at /hooks/aftership/main
}

// carriers are the sources of shipments that are set up, in the order in which they are asked, and the webhooks.
type carriers struct {
	sources []watch.Source
	hooks   []watch.Webhook
	names   []string      // the real ones, for people
	amazon  *spapi.Source // nil when no account is set up
}

// newCarriers makes them from the configuration and the secrets of the environment.
func newCarriers(c Config, now func() time.Time, log *slog.Logger) (*carriers, error) {
	all := &carriers{}
	amazon, err := newAmazon(c.Amazon, now, log)
	if err != nil {
		return nil, err
	}
	if amazon != nil { // first: Amazon's own numbers are asked where they are known best
		all.amazon, all.sources, all.names = amazon, append(all.sources, amazon), append(all.names, "Amazon")
		switch key := os.Getenv("XIAOBAO_SPAPI_HOOK_KEY"); {
		case key == "":
		case len(key) < 24:
			return nil, errors.New("XIAOBAO_SPAPI_HOOK_KEY: a key of at least 24 characters; `xiaobao hooks key` makes one")
		default:
			all.hooks = append(all.hooks, amazon.Hook(key))
		}
	}
	if key := os.Getenv("XIAOBAO_17TRACK_KEY"); key != "" {
		s := track17.New(track17.Config{Key: key, Base: c.Track17.URL, Pushes: c.Track17.Pushes, Now: now, Log: log})
		all.sources, all.hooks, all.names = append(all.sources, s), append(all.hooks, s), append(all.names, "17TRACK")
	}
	if key := os.Getenv("XIAOBAO_AFTERSHIP_KEY"); key != "" {
		s := aftership.New(aftership.Config{Key: key, Secret: os.Getenv("XIAOBAO_AFTERSHIP_SECRET"), Base: c.AfterShip.URL, Pushes: c.AfterShip.Pushes, Now: now, Log: log})
		all.sources, all.hooks, all.names = append(all.sources, s), append(all.hooks, s), append(all.names, "AfterShip")
	}
	if secret := os.Getenv("XIAOBAO_EASYPOST_SECRET"); secret != "" {
		all.hooks, all.names = append(all.hooks, easypost.New(secret, now)), append(all.names, "EasyPost")
	}
	if secret := os.Getenv("XIAOBAO_SHIP24_SECRET"); secret != "" {
		all.hooks, all.names = append(all.hooks, ship24.New(secret, now)), append(all.names, "Ship24")
	}
	if keys := hookKeys(); len(keys) > 0 {
		h, err := hook.New(keys, now)
		if err != nil {
			return nil, fmt.Errorf("XIAOBAO_HOOK_KEY: %w; `xiaobao hooks key` makes one", err)
		}
		all.hooks = append(all.hooks, h)
	}
	all.sources = append(all.sources, simulator.New(c.Simulator.Speed, now))
	return all, nil
}

// hookKeys are the installation's keys for the hook: the newest first.
func hookKeys() (keys []string) {
	for _, k := range strings.Split(os.Getenv("XIAOBAO_HOOK_KEY"), ",") {
		if k = strings.TrimSpace(k); k != "" {
			keys = append(keys, k)
		}
	}
	return keys
}

// checkURLs finds addresses that are none.
func (c Config) checkURLs() error {
	var faults []error
	for _, u := range []struct{ name, value string }{
		{"amazon.lwa", c.Amazon.LWA},
		{"17track.url", c.Track17.URL}, {"aftership.url", c.AfterShip.URL},
	} {
		if at, err := url.Parse(u.value); u.value != "" && (err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https") {
			faults = append(faults, fmt.Errorf("%s: %q is not an address such as https://api.example.com", u.name, u.value))
		}
	}
	return errors.Join(faults...)
}
