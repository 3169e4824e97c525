package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything in these tests may take before it counts as not happening.
const patience = 2 * time.Minute // a busy machine is no fault

// childEnv makes the test binary the program itself. Its value is what the clock says when it starts.
const childEnv = "XIAOBAO_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" { // whoever runs the tests may also run the program
		for _, name := range []string{"CONFIG", "DATABASE", "LISTEN", "OPERATOR_TOKEN", "17TRACK_KEY", "AFTERSHIP_KEY", "AFTERSHIP_SECRET", "EASYPOST_SECRET", "SHIP24_SECRET", "HOOK_KEY", "KEY"} {
			os.Unsetenv("XIAOBAO_" + name)
		}
		for _, name := range []string{"BOT_TOKEN", "APP_TOKEN", "API_URL", "SIGNING_SECRET", "CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URL", "WORKSPACES"} {
			os.Unsetenv("SLACK_" + name)
		}
	}
	if start, err := time.Parse(time.RFC3339, os.Getenv(childEnv)); err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(run(ctx, outside{os.Stdin, os.Stdout, os.Stderr, clockFrom(start)}, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// opening is when every story of these tests begins: a Tuesday morning in Shenzhen.
var opening = time.Date(2026, 12, 1, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))

// clockFrom is a clock that shows start now and runs as time does.
func clockFrom(start time.Time) func() time.Time {
	began := time.Now()
	return func() time.Time { return start.Add(time.Since(began)) }
}

// A standing clock stands while somebody acts and goes on while they wait, by ticks: on a slow machine a journey is not over before
// anybody asked about it, and a moment in which the machine did nothing else counts as one tick.
type standing struct {
	mu sync.Mutex
	at time.Time
}

func (c *standing) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// goOn lets it go on until wait returns. Nil is any other clock.
func (c *standing) goOn(wait func()) {
	if c == nil {
		wait()
		return
	}
	const tick = 10 * time.Millisecond
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		ticks := time.NewTicker(tick)
		defer ticks.Stop()
		for {
			select {
			case <-ended:
				return
			case <-ticks.C:
				c.mu.Lock()
				c.at = c.at.Add(tick)
				c.mu.Unlock()
			}
		}
	}()
	wait()
}

// A program is the whole program, running: in this process, or as a child that can be killed.
type program struct {
	t      testing.TB
	url    string // "http://localhost:…"
	out    *screen
	errs   *screen
	ended  chan struct{} // closed when it has ended
	code   int           // once it has ended
	cancel func()
	child  *os.Process
}

// start runs the program in this process and waits until it is ready.
func start(t testing.TB, now func() time.Time, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &program{t: t, out: newScreen(), errs: newScreen(), ended: make(chan struct{}), cancel: cancel}
	go func() {
		defer close(p.ended)
		p.code = run(ctx, outside{strings.NewReader(""), p.out, p.errs, now}, args)
	}()
	p.ready()
	return p
}

// startChild runs the program as a process of its own and waits until it is ready.
func startChild(t testing.TB, at time.Time, args ...string) *program {
	t.Helper()
	return startProgram(t, os.Args[0], at, args...)
}

// startProgram is startChild with another file: the program itself, which reads its own clock.
func startProgram(t testing.TB, file string, at time.Time, args ...string) *program {
	t.Helper()
	p := &program{t: t, out: newScreen(), errs: newScreen(), ended: make(chan struct{})}
	cmd := exec.Command(file, args...)
	cmd.Env = append(os.Environ(), childEnv+"="+at.Format(time.RFC3339), "GORACE=atexit_sleep_ms=0") // the race detector waits a second at the end
	cmd.Stdout, cmd.Stderr = p.out, p.errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.child, p.cancel = cmd.Process, func() { cmd.Process.Signal(os.Interrupt) }
	go func() {
		defer close(p.ended)
		err := cmd.Wait()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			p.code = exit.ExitCode()
		}
	}()
	p.ready()
	return p
}

var readyLine = regexp.MustCompile(`is ready .*(http://localhost:\d+)/\n`)

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (p *program) ready() {
	p.t.Helper()
	p.t.Cleanup(func() { p.stop() })
	p.out.await(p.t, "the program to be ready", p.ended, func(s string) bool { return s == "" && isClosed(p.ended) || strings.Contains(s, "Ctrl-C") })
	m := readyLine.FindStringSubmatch(p.out.String())
	if m == nil {
		p.t.Fatalf("the program did not say where it is:\n%s%s", p.out, p.errs)
	}
	p.url = m[1]
}

// stop ends the program as Ctrl-C does, and returns the exit code.
func (p *program) stop() int {
	p.t.Helper()
	p.cancel()
	return p.end()
}

// kill ends the child without a warning, as a power cut does.
func (p *program) kill() {
	p.t.Helper()
	if err := p.child.Kill(); err != nil {
		p.t.Fatal(err)
	}
	p.end()
}

func (p *program) end() int {
	p.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.ended:
	case <-timer.C:
		p.t.Fatalf("the program did not end within %v:\n%s", patience, p.errs)
	}
	return p.code
}

// A screen is something to write on that can be watched.
type screen struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func newScreen() *screen { return &screen{changed: make(chan struct{})} }

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// await waits until what was written is as it should be; it fails when the writer ends before.
func (s *screen) await(t testing.TB, what string, ended <-chan struct{}, ok func(string) bool) {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		s.mu.Lock()
		text, changed := s.text.String(), s.changed
		s.mu.Unlock()
		if ok(text) {
			return
		}
		select {
		case <-changed:
		case <-ended:
			if !ok(s.String()) {
				t.Fatalf("waited for %s, and it ended; it wrote:\n%s", what, s)
			}
			return
		case <-timer.C:
			t.Fatalf("waited for %s; it wrote:\n%s", what, text)
		}
	}
}

// command runs the program to its end.
func command(t testing.TB, stdin string, args ...string) (code int, out, errs string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var o, e bytes.Buffer
	code = run(ctx, outside{strings.NewReader(stdin), &o, &e, clockFrom(opening)}, args)
	if ctx.Err() != nil {
		t.Errorf("xiaobao %s did not end by itself", strings.Join(args, " "))
	}
	return code, o.String(), e.String()
}

var loadOnce = sync.OnceValues(func() (*content, error) { return loadContent("", "") })

// ours is what the program says when nothing is laid over it.
func ours(t testing.TB) *content {
	t.Helper()
	k, err := loadOnce()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// write makes a file in a new folder.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// fresh are the arguments of a program with a database of its own; config is its configuration file.
func fresh(t testing.TB, config string) []string {
	t.Helper()
	return []string{
		"--config", write(t, "xiaobao.yaml", "log: error\n"+config),
		"--listen", "127.0.0.1:0", "--database", filepath.Join(t.TempDir(), "xiaobao.db"),
	}
}

func databaseOf(args []string) string { return args[len(args)-1] }

var (
	_ io.Writer    = (*screen)(nil)
	_ fmt.Stringer = (*screen)(nil)
)
