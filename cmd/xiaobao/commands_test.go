package main

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"xiaobao/store"
)

func TestHelp(t *testing.T) {
	t.Parallel()
	_, root, _ := command(t, "", "--help")
	_, list, _ := strings.Cut(root, "Commands:\n")
	commands := []string{"", "flows"}
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z][a-z ]*?)(  | <| \[|$)`).FindAllStringSubmatch(list, -1) {
		commands = append(commands, m[1])
	}
	if len(commands) < 10 || !slices.Contains(commands, "flows check") || !slices.Contains(commands, "version") {
		t.Errorf("the commands are %q", commands)
	}
	for _, c := range commands {
		code, out, errs := command(t, "", append(strings.Fields(c), "--help")...)
		if code != 0 || errs != "" || !strings.HasPrefix(out, "Usage: xiaobao "+strings.Fields(c + " <command>")[0]) {
			t.Errorf("%q --help: %d, %q\n%s", c, code, errs, out)
		}
	}
	if code, out, _ := command(t, "", "version"); code != 0 || !strings.HasPrefix(out, "xiaobao ") || strings.Count(out, "\n") != 1 {
		t.Errorf("version: %d %q", code, out)
	}
}

// TestRefused lists what cannot be done, with the exit code and the sentence.
func TestRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := write(t, "a file", "not a database, and long enough to be looked into as if it were one")
	newer, held := filepath.Join(dir, "newer.db"), filepath.Join(dir, "held.db")
	alter(t, newer, func(db *sql.DB) error {
		_, err := db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (1000, 1)`)
		return err
	})
	holder, err := sql.Open("sqlite", held)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	if _, err := holder.Exec(`BEGIN EXCLUSIVE`); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()

	serve := func(database string) []string { return []string{"--listen", "127.0.0.1:0", "--database", database} }
	for name, c := range map[string]struct {
		args []string
		code int
		says string // parts, separated by |
	}{
		"unknown flag":      {[]string{"--nonsense"}, 2, "unknown flag --nonsense|Try: xiaobao --help"},
		"unknown command":   {[]string{"dance"}, 2, "unexpected argument dance|Try: xiaobao --help"},
		"half a command":    {[]string{"flows"}, 2, `expected one of "check", "graph", "plan", "test"`},
		"no file to backup": {[]string{"backup"}, 2, `expected "<to>"`},
		"no address":        {[]string{"--listen", "nonsense"}, 1, `"nonsense" is not an address such as 127.0.0.1:8080`},
		"no port":           {[]string{"--listen", "127.0.0.1:99999"}, 1, `"99999" is not a port: a number up to 65535`},
		"another's address": {[]string{"--listen", "192.0.2.1:8080"}, 1, "cannot listen on 192.0.2.1:8080"},
		"no log level":      {[]string{"--log", "loud"}, 1, `log: debug, info, warn or error, not "loud"`},
		"no configuration":  {[]string{"--config", filepath.Join(dir, "none.yaml")}, 1, "the configuration cannot be read|none.yaml"},
		"no flows":          {append(serve(filepath.Join(dir, "a.db")), "--flows", filepath.Join(dir, "none")), 1, "the folder|none cannot be read"},
		"no folder":         {append(serve(filepath.Join(dir, "a.db")), "--flows", file), 1, "is not a folder"},
		"unwritable":        {serve(filepath.Join(file, "xiaobao.db")), 1, "cannot be written|check the folder's permissions, or name another file with --database"},
		"no folder for it":  {serve(filepath.Join(dir, "none", "xiaobao.db")), 1, "cannot be written|check the folder's permissions"},
		"newer":             {serve(newer), 1, "made by a newer version of this program|restore a backup"},
		"locked":            {serve(held), 1, "another program holds it|name another file with --database"},
		"not a database":    {serve(file), 1, "it is damaged|restore a backup"},
		"no server":         {serve("postgres://me:secret@127.0.0.1:1/x?connect_timeout=2"), 1, "the database server does not answer|postgres://me:…@127.0.0.1:1/x"},
		"no such flow":      {[]string{"flows", "graph", "dance"}, 1, `there is no flow "dance"; the steps are register, learn`},
		"no transcript":     {[]string{"flows", "test", filepath.Join(dir, "none.txtar")}, 1, "none.txtar"},
		"backup over":       {[]string{"backup", file, "--database", filepath.Join(dir, "b.db")}, 1, "exists"},
		"no place to talk":  {[]string{"chat", "--database", filepath.Join(file, "xiaobao.db")}, 1, "cannot be written"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := command(t, "", c.args...)
			if code != c.code || out != "" || !strings.HasPrefix(errs, "xiaobao: ") {
				t.Errorf("ends with %d, want %d, and says %q %q", code, c.code, out, errs)
			}
			for part := range strings.SplitSeq(c.says, "|") {
				if !strings.Contains(errs, part) {
					t.Errorf("says %q, want %q in it", errs, part)
				}
			}
			for _, never := range []string{"secret", "main.", "goroutine", "0x"} {
				if strings.Contains(errs, never) {
					t.Errorf("says %q: %s", never, errs)
				}
			}
		})
	}
}

// alter makes a database as the program does and then does something to it.
func alter(t *testing.T, path string, do func(*sql.DB) error) {
	t.Helper()
	s, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := do(db); err != nil {
		t.Fatal(err)
	}
}

func TestConfiguration(t *testing.T) {
	t.Parallel()
	example, err := readConfig("../../docs/xiaobao.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if example.Hosts == nil {
		t.Error("the example does not name hosts")
	}
	example.Hosts = nil
	if diff := cmp.Diff(defaults(), example); diff != "" {
		t.Errorf("the example is not the defaults:\n%s", diff)
	}

	for text, want := range map[string]string{
		"":                           "",
		"# nothing\n":                "",
		"log: warn\nhosts: [a, b]\n": "",
		"listen: nonsense\nlisten_on: 3\noperators: {language: fr, who: me}\nsimulator: {speed: fast}\nlog: loud\ndatabase: \"\"\n": "" +
			"line 2: there is no setting \"listen_on\"\nline 3: there is no setting \"who\"\nline 4: this must be a number, not `fast`\n" +
			"listen: \"nonsense\" is not an address such as 127.0.0.1:8080\ndatabase: name a file, or postgres://…\n" +
			"operators.language: en or zh-Hans, not \"fr\"\nlog: debug, info, warn or error, not \"loud\"",
		"simulator: {speed: -1}\n": "simulator.speed: a number above 0 and up to 10000000, not -1",
		"hosts: {a: b}\n":          "line 1: this must be a list, not that",
		"listen: [1,\n":            "line 2",
	} {
		_, err := readConfig(write(t, "xiaobao.yaml", text))
		got := fmt.Sprint(err)
		if want == "" && err != nil || !strings.HasSuffix(strings.TrimPrefix(got, "<nil>"), want) && !strings.Contains(got, want) {
			t.Errorf("of %q it says\n%s\nwant\n%s", text, got, want)
		}
	}
}

// TestTakenPort: the next free port is used, and said.
func TestTakenPort(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	args := fresh(t, "")
	p := start(t, clockFrom(opening), append(args, "--listen", taken.Addr().String())...)
	if want := taken.Addr().String() + " is taken by another program; using the next free port."; !strings.Contains(p.out.String(), want) {
		t.Errorf("it says\n%s, want %q", p.out, want)
	}
	port, _ := strconv.Atoi(p.url[strings.LastIndex(p.url, ":")+1:])
	if was := taken.Addr().(*net.TCPAddr).Port; port <= was || port > was+20 {
		t.Errorf("port %d was taken, and it uses %d", was, port)
	}
	visit(t, p, "en").say("hi")
}

func TestFlowCommands(t *testing.T) {
	t.Parallel()
	if code, out, errs := command(t, "", "flows", "check"); code != 0 || !strings.Contains(out, "No mistakes: 10 steps") {
		t.Errorf("check: %d %s %s", code, out, errs)
	}
	if code, out, errs := command(t, "", "flows", "check", "../../bot/flow/testdata/broken"); code != 1 || out != "" ||
		strings.Count(errs, "01-first.yaml:") < 5 || !strings.Contains(errs, "02-second.yaml:") || !strings.Contains(errs, "patterns.yaml:") {
		t.Errorf("check of a broken folder: %d %s %s", code, out, errs)
	}
	if code, out, errs := command(t, "", "flows", "graph", "track", "--lang", "zh"); code != 0 || !strings.HasPrefix(out, "flowchart ") || !hasHan(out) {
		t.Errorf("graph: %d %s %s", code, out, errs)
	}
	if code, out, errs := command(t, "", "flows", "test", "../../flows/testdata/learn.txtar"); code != 0 || !strings.HasPrefix(out, "ok ") {
		t.Errorf("test: %d %s %s", code, out, errs)
	}
	wrong, err := os.ReadFile("../../flows/testdata/learn.txtar")
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, "learn.txtar", strings.Replace(string(wrong), "\n> none\n", "\n> aerosol\n", 1))
	if code, out, _ := command(t, "", "flows", "test", path); code != 1 || !strings.HasPrefix(out, "FAIL ") {
		t.Errorf("test of a transcript that is not so: %d %s", code, out)
	}
}

// TestPlan says what a renamed and a lost node mean for somebody who stands there, and changes nothing.
func TestPlan(t *testing.T) {
	t.Parallel()
	args := fresh(t, "")
	p := start(t, clockFrom(opening), args...)
	v := visit(t, p, "en")
	v.say("hi")
	v.press("1. Register an Amazon seller account")
	v.button("Amazon warehouse (FBA)")
	p.stop()
	register, err := os.ReadFile("../../flows/01-register.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"the same": {"", "", "register.fulfilment  1"},
		"renamed":  {"- ask: fulfilment", "- ask: fulfilment\n    id: delivery\n    was: fulfilment", "register.delivery"},
		"lost":     {"- ask: fulfilment", "- ask: fulfilment\n    id: delivery", "1 would be asked again from their first open question"},
	} {
		path := write(t, "01-register.yaml", strings.Replace(string(register), c.old, c.new, 1))
		code, out, errs := command(t, "", "flows", "plan", filepath.Dir(path), "--database", databaseOf(args))
		if code != 0 || !strings.Contains(out, c.want) || !strings.Contains(out, "Cases: 1; questions at which somebody stands: 1.") {
			t.Errorf("%s: %d %s %s, want %q", name, code, out, errs, c.want)
		}
	}
}

// TestBackup copies the database while people are talking; the copy goes on where the original was.
func TestBackup(t *testing.T) {
	t.Parallel()
	args := fresh(t, "")
	p := start(t, clockFrom(opening), args...)
	v := visit(t, p, "zh-Hans")
	v.say("你好")
	v.press("1. 注册亚马逊卖家账号")
	v.button("发往亚马逊仓")
	to := filepath.Join(t.TempDir(), "copy.db")
	if code, out, errs := command(t, "", "backup", to, "--database", databaseOf(args)); code != 0 || !strings.Contains(out, "Copied to "+to) {
		t.Fatalf("%d %s %s", code, out, errs)
	}
	v.press("发往亚马逊仓") // not in the copy
	p.stop()
	q := start(t, clockFrom(opening.Add(time.Hour)), append(args, "--database", to)...)
	v.mark = ""
	v.look(q)
	v.press("发往亚马逊仓")
	v.filled(map[string]string{"has_account": "否"})
	if code, _, errs := command(t, "", "backup", to, "--database", databaseOf(args)); code != 1 || !strings.Contains(errs, "exists") {
		t.Errorf("a backup over another: %d %s", code, errs)
	}
}

// TestEnd: Ctrl-C ends the program cleanly, also with pages open, and nothing of it goes on.
func TestEnd(t *testing.T) {
	args := append([]string{"--log", "debug"}, fresh(t, "")...)
	p := startChild(t, opening, args...)
	v := visit(t, p, "en")
	v.say("hi")
	for _, sign := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		began := time.Now()
		if err := p.child.Signal(sign); err != nil {
			t.Fatal(err)
		}
		code := p.end()
		if took := time.Since(began); code != 0 || took > time.Second {
			t.Errorf("after %v it ended with %d in %v:\n%s", sign, code, took, p.errs)
		}
		if strings.Contains(p.errs.String(), "level=ERROR") || strings.Contains(p.errs.String(), "level=WARN") {
			t.Errorf("it complains:\n%s", p.errs)
		}
		p = startChild(t, opening, args...)
		v.look(p)
	}
	p.stop()
	v.leave()
	v.client.CloseIdleConnections()

	ours := goleak.IgnoreCurrent()
	q := start(t, clockFrom(opening), args...)
	w := visit(t, q, "en")
	w.say("hi")
	if code := q.stop(); code != 0 {
		t.Errorf("ended with %d", code)
	}
	w.leave()
	w.client.CloseIdleConnections()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(ours); err != nil {
		t.Errorf("something goes on: %v", err)
	}
}

// TestChat talks in a terminal: the same bot, the same database.
func TestChat(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "xiaobao.db")
	talk := func(lines ...string) string {
		t.Helper()
		code, out, errs := command(t, strings.Join(lines, "\n")+"\n", "chat", "--database", db, "--as", "lin", "--lang", "zh", "--files", t.TempDir())
		if code != 0 || errs != "" {
			t.Errorf("ended with %d: %s", code, errs)
		}
		return out
	}
	if out := talk("你好", "1", "发往亚马逊仓"); !strings.Contains(out, "我是小包") || !strings.Contains(out, "配送方式  发往亚马逊仓") {
		t.Errorf("it says\n%s", out)
	}
	if out := talk("进度"); !strings.Contains(out, "注册亚马逊卖家账号") || strings.Contains(out, "我是小包") {
		t.Errorf("the second time it says\n%s", out)
	}
}

var _ = context.Background
