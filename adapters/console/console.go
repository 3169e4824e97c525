// Package console is the bot in a terminal: the same conversation as everywhere, as lines of text. Buttons are numbered,
// forms are asked one by one, files are saved to a folder and their path is printed. Colours and wrapping are only used on
// a terminal; in a pipe every line of input is one message and is answered before the next is read.
//
// Several lines are one message when they are pasted at once, or when they stand between two lines of """. A file is
// handed over with /file PATH.
package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"xiaobao/bot"
)

// Network is the name of this network.
const Network = "console"

// Config is how the terminal is used. In, Out, User, Files, Instance and Log are required.
type Config struct {
	In       io.Reader
	Out      io.Writer
	User     bot.User                    // who sits here; Network and Workspace are set by New
	Files    string                      // the folder in which files are saved; it is made when it is needed
	Instance string                      // unique for ever: the ids of what is typed begin with it
	Terminal bool                        // Out is a terminal: colours and wrapping; a prompt, if In is not a pipe or a file
	Width    func() int                  // columns of the terminal; nil or 0: no wrapping
	Wait     func(context.Context) error // returns when all replies have been sent (bot.Bot.Drain); nil: not waited for
	Now      func() time.Time            // nil: time.Now
	Log      *slog.Logger
}

// Adapter is the terminal. One person sits at it.
type Adapter struct {
	Config
	place bot.Place

	mu     sync.Mutex
	typed  bool            // somebody types: a prompt is shown, and what is pasted is one message
	seen   map[string]bool // ids of what was shown
	prompt bool            // the prompt is on the last line
	count  int
}

var _ bot.Adapter = (*Adapter)(nil)

// New makes the terminal's adapter.
func New(c Config) *Adapter {
	c.User.Network, c.User.Workspace = Network, "local"
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Adapter{Config: c, place: makePlace(c.User.ID), typed: c.Terminal && !piped(c.In), seen: map[string]bool{}}
}

// piped says whether input comes from a pipe or a file, where every line is a message.
func piped(in io.Reader) bool {
	f, ok := in.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice == 0
}

func makePlace(user string) bot.Place {
	return bot.Place{Network: Network, Workspace: "local", Room: user}
}

// Name is the network's name.
func (a *Adapter) Name() string { return Network }

// Place is where the person at this terminal is.
func (a *Adapter) Place() bot.Place { return a.place }

// Capabilities are those of a page of text that only grows.
func (a *Adapter) Capabilities(bot.Place) bot.Capabilities {
	return bot.Capabilities{Blocks: true, Files: 16 << 20, Private: true}
}

// Run greets, then hands over what is typed until the input or ctx ends. At the end of the input it waits until
// everything has been answered and returns nil.
//
// Reading from a terminal cannot be interrupted: when ctx ends Run returns, and the read ends with the process.
func (a *Adapter) Run(ctx context.Context, handle func(context.Context, bot.Incoming) error) error {
	if err := a.hand(ctx, handle, bot.Press{Action: "hello"}); err != nil {
		return fmt.Errorf("console: greet: %w", err)
	}
	lines := make(chan string)
	go a.read(ctx, lines)
	for {
		a.ask()
		text, more := a.message(ctx, lines)
		if ctx.Err() != nil {
			a.line("")
			return nil
		}
		if text != "" || more {
			a.answered()
			a.say(ctx, handle, text)
		}
		if !more {
			return a.wait(ctx)
		}
	}
}

func (a *Adapter) say(ctx context.Context, handle func(context.Context, bot.Incoming) error, text string) {
	what, err := a.input(text)
	if err == nil {
		err = a.hand(ctx, handle, what)
	}
	if err != nil && ctx.Err() == nil {
		a.Log.ErrorContext(ctx, "console: not handled", "error", err)
		a.line(a.word("not_kept"))
	}
}

// input reads a line: a file that is handed over, or text.
func (a *Adapter) input(text string) (bot.Input, error) {
	path, ok := strings.CutPrefix(text, "/file ")
	if !ok {
		return bot.Text{Text: text}, nil
	}
	path = strings.Trim(strings.TrimSpace(path), `"'`)
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open a file: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 4<<20))
	if err != nil {
		return nil, fmt.Errorf("read a file: %w", err)
	}
	return bot.File{Name: filepath.Base(path), Data: data}, nil
}

// hand gives one thing to the bot. In a pipe it waits for the answer, so that what is printed reads in order.
func (a *Adapter) hand(ctx context.Context, handle func(context.Context, bot.Incoming) error, what bot.Input) error {
	a.mu.Lock()
	a.count++
	id := a.Instance + "-" + strconv.Itoa(a.count)
	a.mu.Unlock()
	if err := handle(ctx, bot.Incoming{ID: id, At: a.Now(), From: a.User, To: a.place, What: what}); err != nil {
		return err
	}
	if a.typed {
		return nil
	}
	return a.wait(ctx)
}

func (a *Adapter) wait(ctx context.Context) error {
	if a.Wait == nil {
		return nil
	}
	if err := a.Wait(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("console: wait for the answer: %w", err)
	}
	return nil
}

// longest is how many bytes one line may have.
const longest = 1 << 20

func (a *Adapter) read(ctx context.Context, lines chan<- string) {
	defer close(lines)
	in := bufio.NewScanner(a.In)
	in.Buffer(make([]byte, 0, 4096), longest)
	for in.Scan() {
		select {
		case lines <- strings.TrimSuffix(in.Text(), "\r"):
		case <-ctx.Done():
			return
		}
	}
	if err := in.Err(); err != nil && ctx.Err() == nil {
		a.Log.ErrorContext(ctx, "console: read", "error", err)
	}
}

// pasted is how soon a line must follow another to belong to the same paste.
const pasted = 40 * time.Millisecond

// message reads one message. more is false when it was the last.
func (a *Adapter) message(ctx context.Context, lines <-chan string) (text string, more bool) {
	line, ok := next(ctx, lines)
	if !ok {
		return "", false
	}
	if strings.TrimSpace(line) == `"""` {
		return block(ctx, lines)
	}
	all := []string{line}
	for a.typed {
		wait := time.NewTimer(pasted)
		select {
		case line, ok := <-lines:
			wait.Stop()
			if !ok {
				return strings.Join(all, "\n"), false
			}
			all = append(all, line)
			continue
		case <-wait.C:
		case <-ctx.Done():
		}
		break
	}
	return strings.Join(all, "\n"), true
}

// block reads what stands between two lines of """.
func block(ctx context.Context, lines <-chan string) (string, bool) {
	var all []string
	for {
		line, ok := next(ctx, lines)
		if !ok || strings.TrimSpace(line) == `"""` {
			return strings.Join(all, "\n"), ok
		}
		all = append(all, line)
	}
}

func next(ctx context.Context, lines <-chan string) (string, bool) {
	select {
	case line, ok := <-lines:
		return line, ok
	case <-ctx.Done():
		return "", false
	}
}

// elsewhere is how long a message for somebody else waits: they may open a terminal of their own on the same database, and then it must be theirs soon.
const elsewhere = 3 * time.Second

var errElsewhere = errors.New("console: for somebody who does not sit at this terminal")

// Send prints a message. The same id is printed once.
func (a *Adapter) Send(_ context.Context, d bot.Delivery) (bot.Receipt, error) {
	if d.Place != a.place {
		return bot.Receipt{}, bot.Later(elsewhere, errElsewhere)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.seen[d.ID] {
		return bot.Receipt{Native: d.ID}, nil
	}
	p := &printer{color: a.Terminal, save: a.save}
	if a.Terminal && a.Width != nil {
		p.width = a.Width()
	}
	if err := p.message(d.Message); err != nil {
		return bot.Receipt{}, err
	}
	text := p.String()
	if a.prompt {
		text = "\r\x1b[K" + text + a.promptText()
	}
	if _, err := io.WriteString(a.Out, text); err != nil {
		return bot.Receipt{}, fmt.Errorf("console: print: %w", err)
	}
	if len(a.seen) > 10_000 {
		clear(a.seen) // a terminal that was open for weeks
	}
	a.seen[d.ID] = true
	return bot.Receipt{Native: d.ID}, nil
}

// save writes a file to the folder and returns its path. A file of that name with other content stays.
func (a *Adapter) save(d bot.Document) (string, error) {
	if err := os.MkdirAll(a.Files, 0o700); err != nil {
		return "", fmt.Errorf("console: make the folder for files: %w", err)
	}
	name := filepath.Base(filepath.Clean("/" + d.Name))
	ext := filepath.Ext(name)
	for n := 1; n < 1000; n++ {
		path := filepath.Join(a.Files, name)
		if n > 1 {
			path = filepath.Join(a.Files, strings.TrimSuffix(name, ext)+"-"+strconv.Itoa(n)+ext)
		}
		old, err := os.ReadFile(path)
		if err == nil && string(old) == string(d.Data) {
			return path, nil
		}
		if errors.Is(err, fs.ErrNotExist) {
			if err := os.WriteFile(path, d.Data, 0o600); err != nil {
				return "", fmt.Errorf("console: save a file: %w", err)
			}
			return path, nil
		}
	}
	return "", bot.Never(fmt.Errorf("console: %s exists too often in %s", name, a.Files))
}

func (a *Adapter) ask() {
	if !a.typed {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.prompt = true
	_, _ = io.WriteString(a.Out, a.promptText()) // a terminal that is gone ends the input too
}

func (a *Adapter) answered() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.prompt = false
}

func (a *Adapter) promptText() string { return "\x1b[1m› \x1b[0m" }

func (a *Adapter) line(s string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.prompt = false
	_, _ = io.WriteString(a.Out, s+"\n") // a terminal that is gone ends the input too
}

// word is said by the terminal itself, when the bot cannot.
func (a *Adapter) word(id string) string {
	words := map[string][2]string{
		"not_kept": {"This could not be processed, and nothing of it was kept. Please try again.", "刚才的内容没有处理成功，也没有保存，请再试一次。"},
	}
	if strings.HasPrefix(a.User.Language, "zh") {
		return words[id][1]
	}
	return words[id][0]
}
