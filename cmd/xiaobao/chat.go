package main

import (
	"context"
	"io"
	"os"
	"os/user"
	"path/filepath"

	"golang.org/x/term"

	"xiaobao/adapters/console"
	"xiaobao/bot"
	"xiaobao/store"
)

// ChatCmd is `xiaobao chat`.
type ChatCmd struct {
	Database string `help:"Database: a file, or postgres://… (default xiaobao.db)." placeholder:"DSN" env:"XIAOBAO_DATABASE"`
	Flows    string `help:"Folder with flows laid over the built-in ones." placeholder:"DIR"`
	Words    string `help:"Folder with words laid over the built-in ones." placeholder:"DIR"`
	Files    string `help:"Folder for the documents." default:"xiaobao-documents" type:"path"`
	As       string `help:"Name to talk as; each name has a case of its own." placeholder:"NAME"`
	Lang     string `help:"Language to begin in: en or zh-Hans (default: the terminal's)." placeholder:"LANG"`
	Log      string `help:"debug, info, warn or error." default:"error" placeholder:"LEVEL"`
}

// Run talks until the input ends or it is told to stop.
func (c *ChatCmd) Run(ctx context.Context, cli *CLI, o outside) error {
	conf, err := ServeCmd{Database: c.Database, Flows: c.Flows, Words: c.Words, Log: c.Log}.configure(cli.Config)
	if err != nil {
		return err
	}
	log := newLog(o.errs, conf.Log)
	width, terminal := terminalOf(o.out)
	var door *console.Adapter
	var h *house
	h, err = build(ctx, conf, o.now, log, console.Network, func(*store.Store) (bot.Adapter, error) {
		door = console.New(console.Config{
			In: o.in, Out: o.out, User: c.user(), Files: filepath.Clean(c.Files), Instance: newID(),
			Terminal: terminal, Width: width, Now: o.now, Log: log,
			Wait: func(ctx context.Context) error { return h.bot.Drain(ctx) },
		})
		return door, nil
	})
	if err != nil {
		return err
	}
	return h.run(ctx, untilEnd{door})
}

// untilEnd ends everything when the terminal's input ends.
type untilEnd struct{ bot.Adapter }

// Run implements bot.Adapter.
func (u untilEnd) Run(ctx context.Context, handle func(context.Context, bot.Incoming) error) error {
	if err := u.Adapter.Run(ctx, handle); err != nil {
		return err
	}
	return context.Canceled
}

func (c *ChatCmd) user() bot.User {
	name := c.As
	if name == "" {
		if u, err := user.Current(); err == nil {
			name = u.Username
		}
	}
	if name == "" {
		name = "me"
	}
	lang := c.Lang
	for _, v := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if lang == "" {
			lang = os.Getenv(v)
		}
	}
	return bot.User{ID: name, Name: name, Language: lang, Zone: localZone()}
}

// terminalOf says how wide the terminal is, and whether there is one.
func terminalOf(w io.Writer) (width func() int, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return nil, false
	}
	return func() int {
		n, _, err := term.GetSize(int(f.Fd()))
		if err != nil {
			return 80
		}
		return n
	}, true
}
