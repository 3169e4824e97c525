package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"xiaobao/adapters/aftership"
	"xiaobao/adapters/simulator"
	"xiaobao/adapters/spapi"
	"xiaobao/adapters/track17"
)

// Config is everything that can be configured, with its defaults. docs/xiaobao.example.yaml names all of it.
type Config struct {
	Listen    string    `yaml:"listen"`    // where the web chat is served
	Hosts     []string  `yaml:"hosts"`     // names under which it may be opened besides localhost
	Public    string    `yaml:"public"`    // the address under which others open it, for links that are shared
	Database  string    `yaml:"database"`  // a file (SQLite), or postgres://…
	Flows     string    `yaml:"flows"`     // folder laid over the built-in flows
	Words     string    `yaml:"words"`     // folder laid over the built-in words
	Rates     string    `yaml:"rates"`     // rate cards: a file, or a folder with *.yaml
	Font      string    `yaml:"font"`      // a TrueType font for characters on papers that the built-in ones lack
	Operators Operators `yaml:"operators"` // the operators' pages
	Amazon    Amazon    `yaml:"amazon"`    // Amazon's Selling Partner API
	Track17   Track17   `yaml:"17track"`   // 17TRACK
	AfterShip AfterShip `yaml:"aftership"` // AfterShip
	Simulator Simulator `yaml:"simulator"` // the carrier that does not exist
	Discord   Discord   `yaml:"discord"`   // how it is in Discord, when DISCORD_TOKEN is set
	Log       string    `yaml:"log"`       // debug, info, warn, error
}

// Operators is who answers tickets.
type Operators struct {
	Language string `yaml:"language"` // in which tickets are written
	// The token that protects the pages comes from the environment, XIAOBAO_OPERATOR_TOKEN; without one they are only served
	// on a loopback address.
}

// Simulator is how the simulated carrier runs.
type Simulator struct {
	Speed float64 `yaml:"speed"` // how much faster than the clock; 17280 lets a day pass in five seconds
}

func defaults() Config {
	return Config{
		Listen:    "127.0.0.1:8080",
		Database:  "xiaobao.db",
		Operators: Operators{Language: "en"},
		Amazon:    Amazon{LWA: spapi.TokenURL, Containers: true, Accounts: []AmazonAccount{}},
		Track17:   Track17{URL: track17.Base},
		AfterShip: AfterShip{URL: aftership.Base},
		Simulator: Simulator{Speed: simulator.Brisk},
		Discord:   Discord{Mode: "gateway"},
		Log:       "info",
	}
}

// readConfig reads a file over the defaults. Unknown keys are refused, and every fault is listed at once.
func readConfig(path string) (Config, error) {
	c := defaults()
	if path == "" {
		return c, c.check()
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("the configuration cannot be read: %w", err)
	}
	if err := c.read(data); err != nil {
		return c, fmt.Errorf("the configuration %s has mistakes:\n%w", path, errors.Join(err, c.check()))
	}
	dir := filepath.Dir(path)
	for _, p := range []*string{&c.Flows, &c.Words, &c.Rates, &c.Font} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
	if err := c.check(); err != nil {
		return c, fmt.Errorf("the configuration %s has mistakes:\n%w", path, err)
	}
	return c, nil
}

// read lays a document over c. A file that says nothing changes nothing.
func (c *Config) read(data []byte) error {
	l, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithKnownFields())
	if err != nil {
		return err
	}
	err = l.Load(c)
	if err == io.EOF {
		return nil
	}
	bad, ok := errors.AsType[*yaml.LoadErrors](err)
	if !ok {
		if e, ok := errors.AsType[*yaml.LoadError](err); ok {
			return fmt.Errorf("line %d: %s", e.Mark.Line, e.Message)
		}
		return err
	}
	var faults []error
	for _, e := range bad.Errors {
		faults = append(faults, fmt.Errorf("line %d: %s", e.Mark.Line, plainFault(e.Message)))
	}
	return errors.Join(faults...)
}

var (
	unknownKey = regexp.MustCompile(`^field (\S+) not found in type`)
	wrongKind  = regexp.MustCompile("^cannot construct !!\\S+( `.*`)? into (\\S+)$")
)

// plainFault says in a reader's words what the library found.
func plainFault(message string) string {
	if m := unknownKey.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("there is no setting %q", m[1])
	}
	if m := wrongKind.FindStringSubmatch(message); m != nil {
		kind := map[string]string{"float64": "a number", "string": "a text", "[]string": "a list"}[m[2]]
		if kind == "" {
			kind = "settings of its own"
		}
		return fmt.Sprintf("this must be %s, not%s", kind, cmp.Or(m[1], " that"))
	}
	return message
}

func (c Config) check() error {
	var faults []error
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		faults = append(faults, fmt.Errorf("listen: %q is not an address such as 127.0.0.1:8080", c.Listen))
	}
	if u, err := url.Parse(c.Public); c.Public != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "") {
		faults = append(faults, fmt.Errorf("public: an address such as https://xiaobao.example.com, not %q", c.Public))
	}
	if strings.TrimSpace(c.Database) == "" {
		faults = append(faults, errors.New("database: name a file, or postgres://…"))
	}
	if c.Operators.Language != "en" && c.Operators.Language != "zh-Hans" {
		faults = append(faults, fmt.Errorf("operators.language: en or zh-Hans, not %q", c.Operators.Language))
	}
	if c.Simulator.Speed <= 0 || c.Simulator.Speed > 1e7 {
		faults = append(faults, fmt.Errorf("simulator.speed: a number above 0 and up to 10000000, not %v", c.Simulator.Speed))
	}
	if err := c.checkURLs(); err != nil {
		faults = append(faults, err)
	}
	if err := c.Discord.check(); err != nil {
		faults = append(faults, err)
	}
	if _, err := level(c.Log); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}
