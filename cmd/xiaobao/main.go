// Command xiaobao walks Amazon sellers through the ten steps of activating Amazon's official parcel logistics, in Chinese and
// English, and then follows their shipments. Without arguments it serves the web chat on this machine with a database beside
// it; see --help for the rest.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// CLI is the command line. It is also the order of --help.
type CLI struct {
	Config string `help:"Configuration file; without it everything has a default." placeholder:"FILE" env:"XIAOBAO_CONFIG"`

	Serve     ServeCmd     `cmd:"" default:"withargs" help:"Serve the web chat (what happens without a command)."`
	Chat      ChatCmd      `cmd:"" help:"Talk to the same bot here in the terminal."`
	Flows     FlowsCmd     `cmd:"" help:"Check, draw, plan and test flows."`
	Backup    BackupCmd    `cmd:"" help:"Copy the database into a file, also while the bot runs."`
	Estimate  EstimateCmd  `cmd:"" help:"Estimate what a shipment comes to, route by route."`
	Rates     RatesCmd     `cmd:"" help:"Check rate cards; print an example or the schema."`
	Document  DocumentCmd  `cmd:"" help:"Make invoices, packing lists and the other papers; check lists of goods and cartons."`
	Discord   DiscordCmd   `cmd:"" help:"Set up Discord."`
	Doctor    DoctorCmd    `cmd:"" help:"Look at everything this installation needs, and say how to mend what is wrong."`
	Slack     SlackCmd     `cmd:"" help:"Set up Slack."`
	Amazon    AmazonCmd    `cmd:"" help:"Check an account of Amazon's Selling Partner API; show a shipment."`
	Import    ImportCmd    `cmd:"" help:"Import a CSV table of shipments or of tracking events."`
	Hooks     HooksCmd     `cmd:"" help:"Keys, secrets and examples for those who post tracking events."`
	Recognise RecogniseCmd `cmd:"" help:"Say which numbers in a text can be tracked, and whose they are."`
	Version   VersionCmd   `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, outside{os.Stdin, os.Stdout, os.Stderr, time.Now}, os.Args[1:]))
}

// outside is where the program reads and writes, and the clock it goes by.
type outside struct {
	in        io.Reader
	out, errs io.Writer
	now       func() time.Time
}

// run is the whole program with its outside as an argument. It returns the exit code.
func run(ctx context.Context, o outside, args []string) int {
	var cli CLI
	code := -1
	parser, err := kong.New(&cli,
		kong.Name("xiaobao"),
		kong.Description("Xiaobao (小包) walks sellers through the ten steps of Amazon Global Logistics and follows their shipments.\n"+
			"小包陪卖家完成亚马逊官方物流的十个步骤，并跟踪货件。Not affiliated with Amazon. 非亚马逊官方。"),
		kong.Writers(o.out, o.errs),
		kong.Exit(func(c int) { code = c }),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.BindTo(o.out, (*io.Writer)(nil)),
		kong.Bind(o),
	)
	if err != nil {
		panic(err) // a mistake in the structs above
	}
	parsed, err := parser.Parse(args)
	if code >= 0 {
		return code
	}
	if err != nil {
		fmt.Fprintf(o.errs, "xiaobao: %v\nTry: xiaobao --help\n", err)
		return 2
	}
	if err := parsed.Run(&cli); err != nil {
		if errors.Is(err, context.Canceled) {
			return 0
		}
		fmt.Fprintf(o.errs, "xiaobao: %v\n", plainError(err))
		return 1
	}
	return 0
}

// VersionCmd is `xiaobao version`.
type VersionCmd struct{}

// Run prints the version as the build knows it.
func (VersionCmd) Run(out io.Writer) error {
	_, err := fmt.Fprintln(out, "xiaobao "+version())
	return err
}

// version is the module's version or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	v, revision, dirty := info.Main.Version, "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+changes"
		}
	}
	if v == "" || v == "(devel)" {
		v = "development"
	}
	if revision != "" {
		v += " (" + revision + dirty + ")"
	}
	return v + " " + info.GoVersion
}
