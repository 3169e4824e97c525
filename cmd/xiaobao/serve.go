package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"

	"xiaobao/adapters/admin"
	"xiaobao/adapters/discord"
	"xiaobao/adapters/slack"
	"xiaobao/adapters/timeline"
	"xiaobao/adapters/web"
	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/store"
)

// ServeCmd is `xiaobao` and `xiaobao serve`.
type ServeCmd struct {
	Listen   string `help:"Address of the web chat (default 127.0.0.1:8080)." placeholder:"HOST:PORT" env:"XIAOBAO_LISTEN"`
	Database string `help:"Database: a file, or postgres://… (default xiaobao.db)." placeholder:"DSN" env:"XIAOBAO_DATABASE"`
	Flows    string `help:"Folder with flows laid over the built-in ones." placeholder:"DIR"`
	Words    string `help:"Folder with words laid over the built-in ones." placeholder:"DIR"`
	Log      string `help:"debug, info, warn or error." placeholder:"LEVEL"`
}

// configure reads the file and lays the flags over it.
func (s ServeCmd) configure(path string) (Config, error) {
	c, err := readConfig(path)
	if err != nil {
		return c, err
	}
	for _, o := range []struct {
		flag string
		to   *string
	}{{s.Listen, &c.Listen}, {s.Database, &c.Database}, {s.Flows, &c.Flows}, {s.Words, &c.Words}, {s.Log, &c.Log}} {
		if o.flag != "" {
			*o.to = o.flag
		}
	}
	return c, c.check()
}

// Run serves until it is told to stop.
func (s *ServeCmd) Run(ctx context.Context, cli *CLI, o outside) error {
	c, err := s.configure(cli.Config)
	if err != nil {
		return err
	}
	log := newLog(o.errs, c.Log)
	slackAt, err := slackDoor(c.Public, o.now, log)
	if err != nil {
		return err
	}
	discordAt, err := discordDoor(c.Discord, o.now, log)
	if err != nil {
		return err
	}
	var beside []bot.Adapter
	posted := map[string]http.Handler{}
	if slackAt != nil {
		beside = append(beside, slackAt)
		if slackAt.Serves() {
			posted[slack.Root] = slackAt.Handler()
		}
	}
	if discordAt != nil {
		beside = append(beside, discordAt)
		if discordAt.HTTP {
			posted[discord.Path] = discordAt.Handler()
		}
	}
	ln, moved, err := listen(c.Listen, len(posted) > 0)
	if err != nil {
		return err
	}
	local := c.Public == "" // nobody said that others reach it
	if local {
		c.Public = address(ln.Addr())
	}
	c.Public = strings.TrimSuffix(c.Public, "/")
	var door *web.Adapter
	token := os.Getenv("XIAOBAO_OPERATOR_TOKEN")
	desk := &desk{}
	h, err := build(ctx, c, o.now, log, web.Network, func(db *store.Store) (bot.Adapter, error) {
		pages := map[string]http.Handler{timeline.Root: http.HandlerFunc(desk.timeline)}
		if token != "" || loopback(ln.Addr()) {
			desks, err := admin.New(admin.Config{Tickets: db, Answer: desk.answer, Title: desk.title, Replay: desk.replay, Sources: desk.sources, Token: token, Now: o.now, Logger: log})
			if err != nil {
				return nil, err
			}
			pages[admin.Root] = desks
		}
		if slackAt != nil {
			slackAt.Keep(db, db)
			slackAt.Show(desk.home, desk.suggest)
		}
		if discordAt != nil {
			discordAt.Keep(db.Notes(discord.Network), db, desk.suggest)
			discordAt.Forum.Lang, discordAt.Forum.Read, discordAt.Forum.Advise = c.Operators.Language, desk.post, desk.advise
			discordAt.Desk.Lang, discordAt.Desk.Open, discordAt.Desk.Find, discordAt.Desk.Answer = c.Operators.Language, desk.tickets(db), db.Ticket, desk.answer
		}
		posted[hookRoot] = http.HandlerFunc(desk.hooks)
		health := &watched{now: o.now, began: o.now(), backlog: db.Backlog, repeats: desk.repeats, doors: beside}
		posted["GET /healthz"], posted["GET /readyz"] = http.HandlerFunc(healthz), http.HandlerFunc(health.readyz)
		switch {
		case token != "":
			posted["GET /metrics"] = guarded(token, health.metrics)
		case loopback(ln.Addr()) && local:
			pages["GET /metrics"] = http.HandlerFunc(health.metrics)
		}
		door, err = web.New(web.Config{Listener: ln, Log: db, Heard: db.Heard, Hosts: append(c.Hosts, host(c.Public)), Beside: pages, Open: posted, Now: o.now, Logger: log})
		return door, err
	}, beside...)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	desk.house = h
	if h.store.Serve() {
		log.Warn("another xiaobao serves from this SQLite file, and the two do not hear each other: a page shows only after a reload what the other did. "+
			"Stop one of them, or use PostgreSQL for several (database: postgres://…)", "database", c.Database)
	}
	if discordAt != nil {
		h.bot.Tickets = ringing{h.store, discordAt.Ring}
	}
	announce(o.out, c, ln.Addr(), moved, slackAt, discordAt, h.carriers.names)
	return h.run(ctx, append(beside, door)...)
}

// ringing are tickets of which helpers are told as soon as they are kept.
type ringing struct {
	bot.Tickets
	ring func()
}

// OpenTicket keeps a ticket and rings.
func (r ringing) OpenTicket(ctx context.Context, t bot.Ticket) error {
	err := r.Tickets.OpenTicket(ctx, t)
	if err == nil {
		r.ring()
	}
	return err
}

// desk is what the operators' pages ask of the house, which is put together after them.
type desk struct{ house *house }

func (d *desk) answer(ctx context.Context, ticket, operator, text string) error {
	return d.house.bot.AnswerTicket(ctx, ticket, operator, text)
}

func (d *desk) advise(ctx context.Context, to bot.User, id, by, text string) error {
	return d.house.bot.Advise(ctx, to, id, by, text)
}

func (d *desk) suggest(ctx context.Context, u bot.User, what, query string) ([]bot.Option, error) {
	return d.house.bot.Suggest(ctx, u, what, query)
}

func (d *desk) post(text string, tags []string) discord.Reading {
	return readPost(d.house.base, text, tags)
}

func (d *desk) home(ctx context.Context, u bot.User) ([]bot.Message, error) {
	return d.house.bot.Home(ctx, u)
}

func (d *desk) repeats() int64 { return d.house.bot.Repeats() }

func (d *desk) replay() { d.house.bot.Nudge() }

// sources is for operators how it stands with the tracking sources.
func (d *desk) sources(ctx context.Context) ([]admin.Source, []admin.Code, error) {
	states, strange, err := d.house.watch.Report(ctx)
	if err != nil {
		return nil, nil, err
	}
	sources, codes := make([]admin.Source, len(states)), make([]admin.Code, len(strange))
	for i, s := range states {
		sources[i] = admin.Source{
			Name: s.Name, Followed: s.Followed, Pushed: s.Pushed.Events, Answered: s.Answered, Failures: s.Failures, Until: s.Until, Stopped: s.Stopped, Since: s.Since,
		}
	}
	for i, s := range states {
		for _, w := range s.Warnings {
			x := admin.Warning{Kind: string(w.Kind), Account: w.Account, Over: w.Days < 0, Left: w.Left, Of: w.Of}
			if !w.On.IsZero() {
				x.On = w.On.String()
			}
			sources[i].Warnings = append(sources[i].Warnings, x)
		}
	}
	for i, c := range strange {
		codes[i] = admin.Code{Source: c.Source, Code: c.Code, Times: c.Times, Latest: c.Latest, Example: c.Example}
	}
	return sources, codes, nil
}

func (d *desk) timeline(w http.ResponseWriter, r *http.Request) { d.house.timeline.ServeHTTP(w, r) }

func (d *desk) hooks(w http.ResponseWriter, r *http.Request) { d.house.hooks.ServeHTTP(w, r) }

// tickets lists the unanswered questions, their steps by name.
func (d *desk) tickets(db *store.Store) func(context.Context, int) ([]bot.Ticket, error) {
	return func(ctx context.Context, n int) ([]bot.Ticket, error) {
		all, err := db.OpenTickets(ctx, n)
		for i, t := range all {
			if t.Flow != "" {
				all[i].Flow = d.title(d.house.config.Operators.Language, t.Flow)
			}
		}
		return all, err
	}
}

func (d *desk) title(lang, step string) string {
	return d.house.words.Say(lang, "", flow.Say("step."+step))
}

// announce says where the chat is, in both languages.
func announce(out io.Writer, c Config, at net.Addr, moved bool, slackAt *slack.Adapter, discordAt *discord.Adapter, carriers []string) {
	if moved {
		fmt.Fprintf(out, "%s is taken by another program; using the next free port. 端口被占用，已换下一个。\n", c.Listen)
	}
	url := address(at)
	fmt.Fprintf(out, "Xiaobao 小包 is ready 已就绪:  %s\n", url)
	fmt.Fprintf(out, "  operators 客服页面: %sadmin/\n", url)
	switch {
	case slackAt == nil:
	case slackAt.Posted():
		fmt.Fprintf(out, "  Slack: waiting for what Slack posts to 等待 Slack 投递到 %sslack/\n", url)
	default:
		fmt.Fprintf(out, "  Slack: connecting, see the log 正在连接，见日志\n")
	}
	switch {
	case discordAt == nil:
	case discordAt.HTTP:
		fmt.Fprintf(out, "  Discord: waiting for what Discord posts to 等待 Discord 投递到 %s%s\n", url, strings.TrimPrefix(discord.Path, "/"))
	default:
		fmt.Fprintf(out, "  Discord: connecting, see the log 正在连接，见日志\n")
	}
	fmt.Fprintf(out, "  database 数据库: %s\n", redactDSN(c.Database))
	if len(carriers) > 0 {
		fmt.Fprintf(out, "  carriers 轨迹来源: %s; SIMULATION 模拟 for numbers that begin with SIM\n", strings.Join(carriers, ", "))
	} else {
		fmt.Fprintf(out, "  carrier 承运商: SIMULATION 模拟 (no real carrier is connected 未连接真实承运商)\n")
	}
	fmt.Fprintf(out, "  stop with Ctrl-C 按 Ctrl-C 停止\n")
}

// address is how the page is opened on this machine.
func address(at net.Addr) string {
	if loopback(at) {
		return "http://localhost:" + strconv.Itoa(at.(*net.TCPAddr).Port) + "/"
	}
	return "http://" + at.String() + "/"
}

// host is the host's name in a URL that config checked.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// listen opens the address, or one of the next twenty ports when it is taken: not where others call at that very one.
func listen(addr string, fixed bool) (ln net.Listener, moved bool, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, false, fmt.Errorf("%q is not an address such as 127.0.0.1:8080", addr)
	}
	first, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, false, fmt.Errorf("%q is not a port: a number up to 65535", port)
	}
	for p := first; p <= min(first+20, 65535); p++ {
		ln, err = net.Listen("tcp", net.JoinHostPort(host, strconv.FormatUint(p, 10)))
		if err == nil {
			return ln, p != first, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, false, fmt.Errorf("cannot listen on %s: %w", addr, err)
		}
		if fixed {
			return nil, false, fmt.Errorf("%s is taken by another program, and Slack posts to that port: close that program, or name another address with --listen", addr)
		}
		if first == 0 {
			break
		}
	}
	return nil, false, fmt.Errorf("ports %d to %d on %s are all taken: name another with --listen", first, min(first+20, 65535), host)
}

func loopback(a net.Addr) bool {
	t, ok := a.(*net.TCPAddr)
	return ok && t.IP.IsLoopback()
}
