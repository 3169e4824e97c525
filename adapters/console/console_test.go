package console

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"xiaobao/adapters/adaptertest"
	"xiaobao/bot"
)

var update = flag.Bool("update", false, "rewrite testdata")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A screen is what was printed.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func config(t *testing.T, in io.Reader, out io.Writer) Config {
	return Config{
		In: in, Out: out, User: bot.User{ID: "lin", Name: "Lin", Language: "en"}, Files: filepath.Join(t.TempDir(), "files"), Instance: "i",
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
}

func TestDoor(t *testing.T) {
	adaptertest.Run(t, func(t *testing.T, handle func(context.Context, bot.Incoming) error) adaptertest.Door {
		in, keys := io.Pipe()
		out := &screen{}
		a := New(config(t, in, out))
		done := make(chan error, 1)
		go func() { done <- a.Run(t.Context(), handle) }()
		t.Cleanup(func() {
			keys.Close()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
		return adaptertest.Door{
			Adapter: a, Place: a.Place(),
			Seen:      func() []adaptertest.Seen { return []adaptertest.Seen{{Text: out.String()}} },
			Say:       func(text string) { io.WriteString(keys, text+"\n") },
			Forbidden: []string{"\x1b", "\u202e", "\u2066", "\x07"},
		}
	})
}

// run plays input through a terminal whose bot answers each message with what it heard, and returns the screen.
func run(t *testing.T, input string, change func(*Config)) (string, []bot.Incoming) {
	t.Helper()
	out := &screen{}
	c := config(t, strings.NewReader(input), out)
	if change != nil {
		change(&c)
	}
	var a *Adapter
	var got []bot.Incoming
	handle := func(ctx context.Context, in bot.Incoming) error {
		got = append(got, in)
		switch what := in.What.(type) {
		case bot.Text:
			if what.Text == "fail" {
				return errors.New("the disk is full")
			}
			_, err := a.Send(ctx, bot.Delivery{ID: in.ID, Place: a.Place(), Message: bot.Message{Text: "heard " + what.Text}})
			return err
		case bot.File:
			_, err := a.Send(ctx, bot.Delivery{ID: in.ID, Place: a.Place(), Message: bot.Message{Text: what.Name + ": " + string(what.Data)}})
			return err
		}
		return nil
	}
	a = New(c)
	if err := a.Run(t.Context(), handle); err != nil {
		t.Fatal(err)
	}
	return out.String(), got
}

func TestPipe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "boxes.csv")
	if err := os.WriteFile(file, []byte("a,b"), 0o600); err != nil {
		t.Fatal(err)
	}
	waited := 0
	got, events := run(t, "hi\r\n\n\"\"\"\none\n\ntwo\n\"\"\"\nfail\n/file "+file+"\n/file /no/such\nlast without an end", func(c *Config) {
		c.Wait = func(context.Context) error { waited++; return nil }
	})
	want := "\nheard hi\n\nheard \n\nheard one\n\ntwo\nThis could not be processed, and nothing of it was kept. Please try again.\n" +
		"\nboxes.csv: a,b\nThis could not be processed, and nothing of it was kept. Please try again.\n\nheard last without an end\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if p, ok := events[0].What.(bot.Press); !ok || p.Action != "hello" {
		t.Errorf("did not greet first: %+v", events[0])
	}
	ids := map[string]bool{}
	for _, e := range events {
		if ids[e.ID] || e.From.Key() != "console:local:lin" || e.To != (bot.Place{Network: "console", Workspace: "local", Room: "lin"}) {
			t.Errorf("event %+v", e)
		}
		ids[e.ID] = true
	}
	if waited < len(events)-1 {
		t.Errorf("waited %d times for %d answers", waited, len(events))
	}
}

func TestEmptyInput(t *testing.T) {
	got, events := run(t, "", nil)
	if got != "" || len(events) != 1 {
		t.Errorf("printed %q after %d events", got, len(events))
	}
}

// TestPasteIsOneMessage: on a terminal lines that come together are one message, lines that a person types are not.
func TestPasteIsOneMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, keys := io.Pipe()
		out := &screen{}
		c := config(t, in, out)
		c.Terminal = true
		var got []string
		a := New(c)
		done := make(chan error, 1)
		go func() {
			done <- a.Run(t.Context(), func(_ context.Context, in bot.Incoming) error {
				if text, ok := in.What.(bot.Text); ok {
					got = append(got, text.Text)
				}
				return nil
			})
		}()
		io.WriteString(keys, "FBA1\nFBA2\nFBA3\n")
		synctest.Wait()
		time.Sleep(pasted) // of the test's own clock
		io.WriteString(keys, "typed\n")
		time.Sleep(pasted) // of the test's own clock
		io.WriteString(keys, "typed too\n")
		time.Sleep(pasted) // of the test's own clock
		keys.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"FBA1\nFBA2\nFBA3", "typed", "typed too"}, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestCtrlCEndsCleanly(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, keys := io.Pipe()
	a := New(config(t, in, io.Discard))
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, func(context.Context, bot.Incoming) error { return nil }) }()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	keys.Close()
}

func TestFilesAreSaved(t *testing.T) {
	out := &screen{}
	a := New(config(t, strings.NewReader(""), out))
	send := func(id, name, data string) {
		t.Helper()
		m := bot.Message{Blocks: []bot.Block{{Kind: bot.Attached, File: &bot.Document{Name: name, Data: []byte(data), Note: "Readiness"}}}}
		if _, err := a.Send(t.Context(), bot.Delivery{ID: id, Place: a.Place(), Message: m}); err != nil {
			t.Fatal(err)
		}
	}
	send("1", "01-a.md", "one")
	send("2", "01-a.md", "one") // the same again
	send("3", "01-a.md", "two")
	send("4", "../../etc/passwd", "evil")
	entries, err := os.ReadDir(a.Files)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if diff := cmp.Diff([]string{"01-a-2.md", "01-a.md", "passwd"}, names); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(out.String(), "⇩ "+filepath.Join(a.Files, "01-a-2.md")) {
		t.Errorf("no path in %q", out.String())
	}
}

func TestPrint(t *testing.T) {
	m := bot.Message{Blocks: []bot.Block{
		{Kind: bot.Note, Text: "Step 1 of 10"},
		{Kind: bot.Heading, Text: "公司资料"},
		{Kind: bot.Paragraph, Text: "请填写营业执照上的英文名称，和发票、报关单上的写法要一致。", Tone: bot.Warn},
		{Kind: bot.Facts, Facts: []bot.Fact{{Label: "公司名称", Value: "Shenzhen Mingtu Trading Co., Ltd."}, {Label: "箱数", Value: "12"}}},
		{Kind: bot.List, Items: []bot.Item{{Text: "Done", Mark: bot.Done}, {Text: "Missing", Mark: bot.Missing}, {Text: "Plain"}}},
		{Kind: bot.Grid, Table: &bot.Table{Head: []string{"Box", "公斤"}, Rows: [][]string{{"FBA1U000001", "18.5"}, {"B", "二"}}}},
		{Kind: bot.Paste, Text: "Dear Seller Support\nhello"},
		{Kind: bot.Note, Text: "Source", Link: "https://sell.example/agl"},
	}}
	for _, c := range []struct {
		name  string
		width int
		color bool
	}{{"wide", 0, false}, {"narrow", 30, false}, {"color", 60, true}} {
		t.Run(c.name, func(t *testing.T) {
			p := &printer{width: c.width, color: c.color}
			if err := p.message(m); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", c.name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(p.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), p.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestForSomebodyElse keeps what is for another person, who uses the same database, off this screen: it waits for them.
func TestForSomebodyElse(t *testing.T) {
	out := &screen{}
	a := New(config(t, strings.NewReader(""), out))
	ann := a.Place()
	ann.Room = "ann"
	_, err := a.Send(t.Context(), bot.Delivery{ID: "1", Place: ann, Message: bot.Message{Text: "for Ann"}})
	if outcome, wait := bot.Fate(err, 1); outcome != bot.Deferred || wait <= 0 || out.String() != "" {
		t.Errorf("%v after %v, and the screen shows %q", outcome, wait, out.String())
	}
	if _, err := a.Send(t.Context(), bot.Delivery{ID: "2", Place: a.Place(), Message: bot.Message{Text: "for Lin"}}); err != nil || !strings.Contains(out.String(), "for Lin") {
		t.Errorf("%v, and the screen shows %q", err, out.String())
	}
}
