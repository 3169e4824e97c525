package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/shipment/intake"
	tables "xiaobao/shipment/table"
	"xiaobao/shipment/watch"
	"xiaobao/store"
)

// ImportCmd is `xiaobao import`.
type ImportCmd struct {
	File     string `arg:"" optional:"" help:"A CSV table of shipments to follow, or of tracking events; - for standard input."`
	Yes      bool   `help:"Do it. Without this it is only shown what would be done."`
	Case     string `help:"The case it is for; needed when the database has several." placeholder:"ID"`
	Undo     string `help:"Take an import back, by the name it was given." placeholder:"NAME"`
	Template string `help:"Print an empty table with an example: shipments or events." placeholder:"KIND"`
	Language string `help:"en or zh-Hans." default:"en" enum:"en,zh-Hans"`
	Database string `help:"The database (default xiaobao.db)." placeholder:"DSN" env:"XIAOBAO_DATABASE"`
}

// errNotAll makes the exit code tell that not every line could be used.
var errNotAll = errors.New("some lines have mistakes and were left out")

// Run reads the table, says what is in it, and does it when it was told to.
func (c *ImportCmd) Run(ctx context.Context, cli *CLI, o outside) error {
	if k := tables.Kind(c.Template); k != "" {
		if k != tables.Shipments && k != tables.Events {
			return fmt.Errorf("--template: shipments or events, not %q", c.Template)
		}
		_, err := o.out.Write(tables.Template(tables.Kind(c.Template), c.Language == "zh-Hans"))
		return err
	}
	if (c.File == "") == (c.Undo == "") {
		return errors.New("name a file to import, or an import to --undo; --template shows what a table looks like")
	}
	conf, err := ServeCmd{Database: c.Database}.configure(cli.Config)
	if err != nil {
		return err
	}
	content, err := loadContent(conf.Flows, conf.Words)
	if err != nil {
		return err
	}
	var data []byte
	if c.File != "" {
		if data, err = readInput(c.File, o.in); err != nil {
			return err
		}
		if !tables.Is(data) {
			return errors.New(content.words.Say(c.Language, "", flow.Say("shipment.import.fault.no_table")))
		}
	}
	carriers, err := newCarriers(conf, o.now, newLog(o.errs, conf.Log))
	if err != nil {
		return err
	}
	db, err := openStore(ctx, conf.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	d, err := c.delivery(ctx, db, o)
	if err != nil {
		return err
	}
	k := &intake.Intake{
		Watch:  watch.New(db, func(context.Context, bot.Incoming) error { return nil }, o.now, newLog(o.errs, conf.Log), carriers.sources...), // it does not run here
		Drafts: db.Notes("import"), Now: o.now,
	}
	p := importPrinter{content: content, lang: c.Language, out: o.out}
	if c.Undo != "" {
		return p.call(ctx, k, d, "import.undo", map[string]string{"id": c.Undo})
	}
	name := filepath.Base(c.File)
	t, err := tables.Read(data, o.now())
	if err != nil {
		return err
	}
	if !c.Yes {
		numbers := map[string]bool{}
		for _, s := range t.Shipments {
			numbers[s.Number] = true
		}
		for _, e := range t.Events {
			numbers[e.Number] = true
		}
		var list []string
		for n := range numbers {
			list = append(list, n)
		}
		there, err := k.Watch.Followed(ctx, d.Tenant, d.Case, list)
		if err != nil {
			return err
		}
		show := intake.Preview(t, name, len(there), o.now())
		p.show(&show)
		if len(t.Shipments)+len(t.Events) > 0 {
			fmt.Fprintln(o.out, p.say(flow.Say("shipment.import.dry")))
		}
	} else {
		if d.Call.Body, err = json.Marshal(intake.Handed{Name: name, Data: data}); err != nil {
			return err
		}
		if err := p.call(ctx, k, d, "import.preview", nil); err != nil {
			return err
		}
		if len(t.Shipments)+len(t.Events) == 0 {
			return errNotAll
		}
		if err := p.call(ctx, k, d, "import.apply", map[string]string{"id": d.Call.ID}); err != nil {
			return err
		}
		fmt.Fprintf(o.out, "To take it back: xiaobao import --undo %s\n", d.Call.ID)
	}
	if len(t.Faults) > 0 {
		return errNotAll
	}
	return nil
}

// delivery is the call as it would come from the chat: by the owner of the case.
func (c *ImportCmd) delivery(ctx context.Context, db *store.Store, o outside) (bot.Delivery, error) {
	d := bot.Delivery{Decided: o.now(), Call: &bot.Call{ID: newID()}}
	var found []string
	err := db.EachCase(ctx, func(tenant, id string, _ []byte) error {
		if c.Case == "" || c.Case == id {
			d.Tenant, d.Case = tenant, id
			found = append(found, id)
		}
		return nil
	})
	switch {
	case err != nil:
		return d, err
	case len(found) == 0 && c.Case != "":
		return d, fmt.Errorf("there is no case %s in the database", c.Case)
	case len(found) == 0:
		return d, errors.New("nobody has talked to the bot yet: there is no case to import into. Say hello in the chat first")
	case len(found) > 1:
		return d, fmt.Errorf("the database has %d cases: name one with --case, or hand the file over in its chat. They are:\n  %s", len(found), strings.Join(found[:min(len(found), 20)], "\n  "))
	}
	members, err := db.Members(ctx, d.Tenant, d.Case)
	if err != nil {
		return d, err
	}
	for _, m := range members {
		if m.Role == "owner" || d.Call.From.ID == "" {
			d.Call.From = m.User
		}
	}
	d.Call.By, d.Call.From.Language = d.Call.From.Key(), c.Language
	return d, nil
}

// importPrinter writes what the calls come to as lines of text.
type importPrinter struct {
	*content
	lang string
	out  io.Writer
}

func (p importPrinter) call(ctx context.Context, k *intake.Intake, d bot.Delivery, name string, args map[string]string) error {
	call := *d.Call
	call.Name, call.Args = name, args
	d.Call = &call
	r, err := k.Calls()[name](ctx, d)
	if err != nil {
		return err
	}
	if r.Fault != "" {
		return errors.New(p.say(flow.Say(r.Fault)))
	}
	p.show(r.Show)
	return nil
}

func (p importPrinter) say(l flow.Line) string {
	if l.ID == "" {
		return ""
	}
	return p.words.Say(p.lang, "", l)
}

func (p importPrinter) show(s *flow.Show) {
	for _, part := range s.Sheet.Parts {
		if part.Heading != nil {
			fmt.Fprintln(p.out, p.say(*part.Heading))
		}
		for _, l := range part.Text {
			fmt.Fprintln(p.out, p.say(l))
		}
		for _, i := range part.Items {
			fmt.Fprintln(p.out, "  "+p.say(i.Line))
		}
		if part.Table == nil {
			continue
		}
		for _, row := range append([][]flow.Line{part.Table.Head}, part.Table.Rows...) {
			cells := make([]string, len(row))
			for i, l := range row {
				cells[i] = p.say(l)
			}
			fmt.Fprintln(p.out, "  "+strings.Join(cells, " | "))
		}
	}
}
