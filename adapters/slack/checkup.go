package slack

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"

	"xiaobao/bot"
)

//go:embed checkup.json
var checkupJSON []byte

// A Checkup looks at everything that Slack needs, and changes nothing.
type Checkup struct {
	Config
	Lang    string
	At      string // where this program listens: "http://127.0.0.1:8080"
	Connect bool   // open a connection of Socket Mode for a moment, to hear how many there are; clicks in that moment may be lost
}

// checkup is one run.
type checkup struct {
	Checkup
	a     *Adapter
	words words
	found []bot.Finding
}

// Run looks at everything and lists what was found, in the order in which it is mended best.
func (c Checkup) Run(ctx context.Context) ([]bot.Finding, error) {
	var w words
	if err := json.Unmarshal(checkupJSON, &w); err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	base := c.API
	if base == "" {
		base = slack.APIURL
	}
	if !strings.HasSuffix(base, "/") {
		base += "/"
	}
	k := &checkup{Checkup: c, words: w}
	k.a = &Adapter{Config: c.Config, http: &http.Client{Timeout: 10 * time.Second, CheckRedirect: stayHome, Transport: transport(nil)}}
	k.a.API = base
	defer k.a.http.CloseIdleConnections()
	k.settings()
	if k.reach(ctx, base) {
		if strings.HasPrefix(c.BotToken, botPrefix) { // what is another thing was said already
			k.token(ctx)
		}
		if strings.HasPrefix(c.AppToken, appPrefix) {
			k.link(ctx)
		}
		if c.installs() && c.Vault != nil && c.Keys != nil {
			k.workspaces(ctx)
		}
	}
	if c.Posted() && c.SigningSecret != "" {
		k.posted(ctx)
	}
	return k.found, nil
}

// say notes a finding: word says what, word_mend what to do about it. values are names and what stands for them.
func (k *checkup) say(state bot.State, word string, values ...string) {
	for i := 0; i < len(values); i += 2 {
		values[i] = "{" + values[i] + "}"
	}
	fill := strings.NewReplacer(values...)
	f := bot.Finding{State: state, Says: fill.Replace(k.words.say(k.Lang, word))}
	if state != bot.Fine {
		f.Mend = fill.Replace(k.words.say(k.Lang, word+"_mend"))
	}
	k.found = append(k.found, f)
}

// mend gives the last finding the advice of another.
func (k *checkup) mend(word string) {
	k.found[len(k.found)-1].Mend = k.words.say(k.Lang, word+"_mend")
}

// How the tokens begin.
const (
	botPrefix = "xoxb-"
	appPrefix = "xapp-"
)

// settings looks at what is set, as far as that can be seen without asking anybody.
func (k *checkup) settings() {
	if strings.HasPrefix(k.BotToken, appPrefix) && strings.HasPrefix(k.AppToken, botPrefix) {
		k.say(bot.Wrong, "swapped")
		return
	}
	switch {
	case k.BotToken == "" && !k.installs():
		k.say(bot.Wrong, "bot_missing")
	case k.BotToken != "" && !strings.HasPrefix(k.BotToken, botPrefix):
		k.say(bot.Wrong, "bot_kind")
		k.mend("bot_missing")
	}
	switch {
	case k.AppToken == "" && k.SigningSecret == "":
		k.say(bot.Wrong, "way_missing")
	case k.AppToken == "":
		k.say(bot.Fine, "mode_http", "at", k.address("/slack/events"))
	case !strings.HasPrefix(k.AppToken, appPrefix):
		k.say(bot.Wrong, "app_kind")
	case k.SigningSecret != "":
		k.say(bot.Doubtful, "mode_both")
	default:
		k.say(bot.Fine, "mode_socket")
	}
	if raw, err := hex.DecodeString(k.SigningSecret); k.SigningSecret != "" && (err != nil || len(raw) != 16 || strings.ToLower(k.SigningSecret) != k.SigningSecret) {
		k.say(bot.Doubtful, "secret_kind")
	}
	if !k.installs() {
		return
	}
	var missing []string
	for _, need := range []struct {
		name string
		here bool
	}{{"SLACK_CLIENT_SECRET", k.ClientSecret != ""}, {"SLACK_REDIRECT_URL", k.RedirectURL != ""}, {"XIAOBAO_KEY", k.Keys != nil}} {
		if !need.here {
			missing = append(missing, need.name)
		}
	}
	if len(missing) > 0 {
		k.say(bot.Wrong, "install_missing", "what", strings.Join(missing, ", "))
	}
}

// address is where others reach this program, as far as it is known.
func (k *checkup) address(path string) string {
	if u, err := url.Parse(k.RedirectURL); err == nil && u.Host != "" {
		return u.Scheme + "://" + u.Host + path
	}
	return k.At + path
}

// reach asks Slack for anything at all, and looks at its clock.
func (k *checkup) reach(ctx context.Context, base string) bool {
	host := base
	if u, err := url.Parse(base); err == nil {
		host = u.Host
	}
	begun := k.Now()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"api.test", nil)
	if err != nil {
		k.say(bot.Wrong, "reach_not", "host", host, "why", plainly(err))
		return false
	}
	resp, err := k.a.http.Do(r)
	if err != nil {
		k.say(bot.Wrong, "reach_not", "host", host, "why", plainly(err))
		return false
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 500 {
		k.say(bot.Wrong, "reach_not", "host", host, "why", resp.Status)
		return false
	}
	k.say(bot.Fine, "reach", "host", host)
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		took := k.Now().Sub(begun)
		off := begun.Add(took / 2).Sub(at).Abs()
		switch {
		case off > 2*time.Minute:
			k.say(bot.Wrong, "clock_off", "off", off.Round(time.Second).String())
		case off > 30*time.Second:
			k.say(bot.Doubtful, "clock_off", "off", off.Round(time.Second).String())
		default:
			k.say(bot.Fine, "clock", "off", off.Round(time.Second).String())
		}
	}
	return true
}

// token asks who the bot token is, and which scopes it has.
func (k *checkup) token(ctx context.Context) {
	who, err := k.a.newClient(k.BotToken).AuthTestContext(ctx)
	if err != nil {
		k.say(bot.Wrong, "token_bad", "code", codeOf(err))
		return
	}
	k.say(bot.Fine, "token", "name", who.Team, "id", who.TeamID)
	k.scopes(who.Header.Get("X-Oauth-Scopes"))
}

func (k *checkup) scopes(header string) {
	var held, missing, more []string
	for s := range strings.SplitSeq(header, ",") {
		if s = strings.TrimSpace(s); s != "" {
			held = append(held, s)
		}
	}
	if len(held) == 0 {
		k.say(bot.Doubtful, "scopes_unknown")
		return
	}
	for _, s := range Scopes {
		if !slices.Contains(held, s) {
			missing = append(missing, s)
		}
	}
	for _, s := range held {
		if !slices.Contains(Scopes, s) {
			more = append(more, s)
		}
	}
	switch {
	case len(missing) > 0:
		k.say(bot.Wrong, "scopes_missing", "scopes", strings.Join(missing, ", "))
	default:
		k.say(bot.Fine, "scopes")
	}
	if len(more) > 0 {
		k.say(bot.Doubtful, "scopes_more", "scopes", strings.Join(more, ", "))
	}
}

// link asks for a connection of Socket Mode. It is opened only when somebody said so.
func (k *checkup) link(ctx context.Context) {
	_, address, err := k.a.newClient("").StartSocketModeContext(ctx)
	var refused slack.SlackErrorResponse
	switch {
	case errors.As(err, &refused) && refused.Err == "link_disabled":
		k.say(bot.Wrong, "link_off")
		return
	case errors.As(err, &refused) && refusedToken(refused.Err):
		k.say(bot.Wrong, "link_bad", "code", refused.Err)
		k.mend("app_kind")
		return
	case err != nil:
		k.say(bot.Doubtful, "link_not", "why", plainly(err))
		return
	}
	k.say(bot.Fine, "link")
	if !k.Connect {
		return
	}
	dialer := websocket.Dialer{HandshakeTimeout: 10 * time.Second}
	conn, _, err := dialer.DialContext(ctx, address, nil)
	if err != nil {
		k.say(bot.Doubtful, "link_not", "why", plainly(err))
		return
	}
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	var hello envelope
	if err := conn.ReadJSON(&hello); err != nil || hello.Type != "hello" {
		k.say(bot.Doubtful, "link_not", "why", "hello")
		return
	}
	conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	switch others := hello.Connections - 1; {
	case others <= 0:
		k.say(bot.Fine, "ghosts_none")
	case others == 1:
		k.say(bot.Fine, "ghosts_one")
	default:
		k.say(bot.Doubtful, "ghosts", "n", strconv.Itoa(others))
	}
}

// posted posts to the program what Slack posts to try an address.
func (k *checkup) posted(ctx context.Context) {
	bases := []string{k.At}
	if public := k.address(""); public != k.At {
		bases = append(bases, public)
	}
	for _, base := range bases {
		if base == "" {
			continue
		}
		at := base + "/slack/events"
		body := []byte(`{"type":"url_verification","challenge":"xiaobao doctor"}`)
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, at, bytes.NewReader(body))
		if err != nil {
			k.say(bot.Wrong, "posted_not", "at", at, "why", plainly(err))
			continue
		}
		stamp := strconv.FormatInt(k.Now().Unix(), 10)
		var signature [67]byte
		newSignatures(k.SigningSecret).sign(signature[:], stamp, body)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Slack-Request-Timestamp", stamp)
		r.Header.Set("X-Slack-Signature", string(signature[:]))
		resp, err := k.a.http.Do(r)
		if err != nil {
			k.say(bot.Doubtful, "posted_not", "at", at, "why", plainly(err))
			continue
		}
		answer, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		resp.Body.Close()
		switch {
		case resp.StatusCode == http.StatusOK && strings.Contains(string(answer), "xiaobao doctor"):
			k.say(bot.Fine, "posted", "at", at)
		case resp.StatusCode == http.StatusUnauthorized:
			k.say(bot.Wrong, "posted_secret", "at", at, "code", "401")
		default:
			k.say(bot.Wrong, "posted_not", "at", at, "why", resp.Status)
		}
	}
}

// mostAsked is how many workspaces are asked for, one by one.
const mostAsked = 50

// workspaces looks at every installation.
func (k *checkup) workspaces(ctx context.Context) {
	n, asked := 0, 0
	var broken []func()
	err := k.Vault.Workspaces(ctx, Network, func(id, sealed string, left bool) error {
		if left {
			return nil
		}
		n++
		g, err := k.a.unseal(id, sealed)
		if err != nil {
			broken = append(broken, func() { k.say(bot.Wrong, "workspace_sealed", "id", id) })
			return nil
		}
		if asked++; asked > mostAsked || g.left(k.Now()) <= refreshLast { // one that has ended is refreshed when it is needed
			return nil
		}
		if _, err := k.a.newClient(g.Access).AuthTestContext(ctx); err != nil {
			broken = append(broken, func() {
				k.say(bot.Wrong, "workspace_bad", "id", id, "code", codeOf(err), "at", k.address("/slack/install"))
			})
		}
		return nil
	})
	if err != nil {
		return // the database has its own section
	}
	state := bot.Fine
	if n == 0 {
		state = bot.Doubtful
	}
	k.say(state, "workspaces", "n", strconv.Itoa(n), "at", k.address("/slack/install"))
	for _, say := range broken {
		say()
	}
}

// codeOf is what Slack said, or what went wrong on the way, in a word.
func codeOf(err error) string {
	var refused slack.SlackErrorResponse
	if errors.As(err, &refused) {
		return refused.Err
	}
	return plainly(err)
}

// plainly says a fault of the network without addresses, which may hold tickets.
func plainly(err error) string {
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &dns):
		return "DNS: " + dns.Name
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.As(err, &op) && op.Err != nil:
		return op.Op + ": " + op.Err.Error()
	}
	return redact(err)
}
