package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"xiaobao/adapters/hook"
	"xiaobao/docs"
)

// hookRoot is where webhooks are served.
const hookRoot = "/hooks/"

// HooksCmd is `xiaobao hooks`.
type HooksCmd struct {
	Key     HookKeyCmd     `cmd:"" help:"Make a key for XIAOBAO_HOOK_KEY. It is shown once and kept nowhere."`
	Secret  HookSecretCmd  `cmd:"" help:"Show the secret and the address with which a tenant's events are posted."`
	Send    HookSendCmd    `cmd:"" help:"Sign a document of tracking events and post it."`
	Schema  HookSchemaCmd  `cmd:"" help:"Print the JSON Schema of tracking events."`
	Example HookExampleCmd `cmd:"" help:"Print an example of tracking events."`
}

// HookKeyCmd is `xiaobao hooks key`.
type HookKeyCmd struct{}

// Run prints a new key.
func (HookKeyCmd) Run(out io.Writer) error {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the program instead
	_, err := fmt.Fprintln(out, base64.RawURLEncoding.EncodeToString(b[:]))
	return err
}

// HookSecretCmd is `xiaobao hooks secret`.
type HookSecretCmd struct {
	Tenant string `arg:"" optional:"" help:"The tenant whose shipments it is good for: web:local for the web chat, slack:T0123 for a Slack workspace." default:"web:local"`
}

// newHook is the hook with the keys of the environment.
func newHook(now func() time.Time) (*hook.Hook, error) {
	keys := hookKeys()
	if len(keys) == 0 {
		return nil, errors.New("XIAOBAO_HOOK_KEY is not set: `xiaobao hooks key` makes a key; set it where Xiaobao runs and here")
	}
	h, err := hook.New(keys, now)
	if err != nil {
		return nil, fmt.Errorf("XIAOBAO_HOOK_KEY: %w; `xiaobao hooks key` makes one", err)
	}
	return h, nil
}

// Run prints the secret. It follows from the key and the tenant, and is the same each time.
func (c *HookSecretCmd) Run(cli *CLI, o outside) error {
	h, err := newHook(o.now)
	if err != nil {
		return err
	}
	conf, err := readConfig(cli.Config)
	if err != nil {
		return err
	}
	base := conf.Public
	if base == "" {
		base = "http://" + conf.Listen
	}
	_, err = fmt.Fprintf(o.out, "tenant:  %s\naddress: %s\nsecret:  %s\nWhoever has the secret can post events for this tenant's shipments. To take it back, change XIAOBAO_HOOK_KEY.\n",
		c.Tenant, hookURL(base, c.Tenant), h.Secret(c.Tenant))
	return err
}

func hookURL(base, tenant string) string {
	return strings.TrimSuffix(base, "/") + hookRoot + hook.Name + "/" + url.PathEscape(tenant)
}

// HookSendCmd is `xiaobao hooks send`.
type HookSendCmd struct {
	File   string `arg:"" help:"The document; - for standard input."`
	Tenant string `help:"The tenant." default:"web:local"`
	To     string `help:"Where Xiaobao is served." default:"http://127.0.0.1:8080" placeholder:"URL"`
}

// Run posts the document, signed, and says what became of it.
func (c *HookSendCmd) Run(ctx context.Context, o outside) error {
	h, err := newHook(o.now)
	if err != nil {
		return err
	}
	body, err := readInput(c.File, o.in)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, hookURL(c.To, c.Tenant), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("--to: %q is not an address such as http://127.0.0.1:8080", c.To)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(hook.Header, hook.Sign(h.Secret(c.Tenant), o.now(), body))
	resp, err := (&http.Client{Timeout: 30 * time.Second}).Do(r)
	if err != nil {
		return fmt.Errorf("it could not be posted: %w", err)
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s\n%s", resp.Status, bytes.TrimSpace(answer))
	}
	_, err = o.out.Write(answer)
	return err
}

// HookSchemaCmd is `xiaobao hooks schema`.
type HookSchemaCmd struct{}

// Run prints it.
func (HookSchemaCmd) Run(out io.Writer) error {
	_, err := io.WriteString(out, docs.EventsSchema)
	return err
}

// HookExampleCmd is `xiaobao hooks example`.
type HookExampleCmd struct{}

// Run prints it.
func (HookExampleCmd) Run(out io.Writer) error {
	_, err := io.WriteString(out, docs.EventsExample)
	return err
}
