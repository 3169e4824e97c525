package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"xiaobao/adapters/slack"
	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/locales"
	"xiaobao/seal"
	"xiaobao/store"
)

// DoctorCmd is `xiaobao doctor`.
type DoctorCmd struct {
	Lang     string `help:"Language of the answer: en or zh; otherwise the language of the system." placeholder:"LANG"`
	Database string `help:"Database to look at." placeholder:"DSN" env:"XIAOBAO_DATABASE"`
	Listen   string `help:"Where the program listens." placeholder:"HOST:PORT" env:"XIAOBAO_LISTEN"`
	Connect  bool   `help:"Also open a connection to Slack for a moment and count the others. A click in that moment may be lost."`
}

// A patient is what is looked at.
type patient struct {
	DoctorCmd
	lang   string
	words  *locales.Words
	out    outside
	config Config
	keys   *seal.Ring
	db     *store.Store // nil when there is none, or none that opens
}

// Run looks at everything this installation needs, says how to mend what is wrong, and fails when something is. It sends nothing to
// anybody and writes nothing but what the next start would write anyway.
func (c *DoctorCmd) Run(ctx context.Context, cli *CLI, o outside) error {
	words, err := loadWords("")
	if err != nil {
		return err
	}
	p := &patient{DoctorCmd: *c, words: words, lang: words.Match(cmp.Or(c.Lang, os.Getenv("LC_ALL"), os.Getenv("LC_MESSAGES"), os.Getenv("LANG"))), out: o}
	defer func() {
		if p.db != nil {
			p.db.Close()
		}
	}()
	sections := []struct {
		title string
		look  func(context.Context) ([]bot.Finding, error)
	}{
		{p.say("section.program"), func(context.Context) ([]bot.Finding, error) { return p.program(cli.Config), nil }},
		{p.say("section.database"), p.database},
		{p.say("section.tracking"), p.tracking},
		{"Slack", p.slack},
		{"Discord", p.discord},
	}
	wrong, doubtful, networks := 0, 0, 0
	for i, s := range sections {
		found, err := s.look(ctx)
		if err != nil {
			return err
		}
		if i > 2 && len(found) > 0 {
			networks++
		}
		p.show(s.title, found)
		for _, f := range found {
			switch f.State {
			case bot.Wrong:
				wrong++
			case bot.Doubtful:
				doubtful++
			}
		}
	}
	if networks == 0 {
		fmt.Fprintf(o.out, "\n%s\n  → %s\n", p.say("none"), p.say("none.mend"))
	}
	switch {
	case wrong > 0:
		fmt.Fprintln(o.out)
		return errors.New(p.say("sick", flow.Number("Count", strconv.Itoa(wrong))))
	case doubtful > 0:
		fmt.Fprintf(o.out, "\n%s\n", p.say("look"))
	default:
		fmt.Fprintf(o.out, "\n%s\n", p.say("well"))
	}
	return nil
}

func (p *patient) say(id string, args ...flow.Arg) string {
	return p.words.Say(p.lang, "", flow.Say("doctor."+id, args...))
}

// found is a finding in this program's own words.
func (p *patient) found(state bot.State, id string, args ...flow.Arg) bot.Finding {
	f := bot.Finding{State: state, Says: p.say(id, args...)}
	if state != bot.Fine {
		f.Mend = p.say(id + ".mend")
	}
	return f
}

func (p *patient) show(title string, found []bot.Finding) {
	if len(found) == 0 {
		return
	}
	fmt.Fprintf(p.out.out, "\n%s\n", title)
	for _, f := range found {
		fmt.Fprintf(p.out.out, "  [%s] %s\n", p.say(string(f.State)), f.Says)
		if f.Mend != "" {
			fmt.Fprintf(p.out.out, "      → %s\n", f.Mend)
		}
	}
}

// program looks at the configuration and the key.
func (p *patient) program(config string) (found []bot.Finding) {
	c, err := ServeCmd{Listen: p.Listen, Database: p.Database}.configure(config)
	if err != nil {
		c = defaults()
		found = append(found, p.found(bot.Wrong, "config_bad", flow.Text("Why", oneLine(err))))
	} else {
		found = append(found, p.found(bot.Fine, "config"))
	}
	p.config = c
	keys, err := keyRing()
	switch {
	case err != nil:
		found = append(found, p.found(bot.Wrong, "key_bad", flow.Text("Why", oneLine(err))))
	case keys != nil:
		p.keys = keys
		found = append(found, p.found(bot.Fine, "key"))
	}
	return found
}

// database opens the database, as the next start would, when there is one.
func (p *patient) database(ctx context.Context) ([]bot.Finding, error) {
	dsn := p.config.Database
	where := flow.Text("Where", redactDSN(dsn))
	path := strings.TrimPrefix(dsn, "file:")
	if !strings.Contains(dsn, "://") {
		_, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			if _, err := os.Stat(filepath.Dir(path)); err == nil {
				return []bot.Finding{p.found(bot.Fine, "database_new", where)}, nil
			}
		}
		if err != nil {
			return []bot.Finding{p.found(bot.Wrong, "database_bad", where, flow.Text("Why", oneLine(err)))}, nil
		}
	}
	db, err := store.Open(ctx, dsn, store.Options{Networks: []string{"nowhere"}})
	if err != nil {
		return []bot.Finding{p.found(bot.Wrong, "database_bad", where, flow.Text("Why", oneLine(plainError(err))))}, nil
	}
	p.db = db
	found := []bot.Finding{p.found(bot.Fine, "database", where)}
	if list, err := db.Refusals(ctx, 100); err == nil && len(list) > 0 {
		found = append(found, p.found(bot.Doubtful, "refused", flow.Number("Count", strconv.Itoa(len(list)))))
	}
	return found, nil
}

// slack looks at Slack, when the environment has anything of it.
func (p *patient) slack(ctx context.Context) ([]bot.Finding, error) {
	c := slackEnvironment(p.config.Public)
	if c == nil {
		return nil, nil
	}
	c.Keys, c.Now = p.keys, p.out.now
	if p.db != nil {
		c.Vault = p.db
	}
	return slack.Checkup{Config: *c, Lang: p.lang, At: "http://" + p.config.Listen, Connect: p.Connect}.Run(ctx)
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
