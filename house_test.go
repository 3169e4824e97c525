// Package xiaobao_test holds the rules of the house: who may import whom, what thinks, how things are written.
package xiaobao_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows says which of our rooms each room may import. A room that is not here may import everything (cmd) or does not exist.
var arrows = map[string][]string{
	"identifier":                       {},
	"knowledge":                        {},
	"landedcost":                       {},
	"documents":                        {"identifier", "landedcost"},
	"clerk":                            {"bot", "bot/flow", "clerk/chart", "documents", "landedcost"},
	"clerk/chart":                      {},
	"clerk/clerktest":                  {"bot", "clerk", "docs", "documents", "landedcost"},
	"docs":                             {},
	"seal":                             {},
	"shipment":                         {},
	"bot/answer":                       {},
	"bot/notify":                       {},
	"bot/flow":                         {"bot/answer"},
	"bot":                              {"bot/answer", "bot/flow", "bot/notify"},
	"locales":                          {"bot/flow"},
	"shipment/intake":                  {"bot", "bot/flow", "shipment", "shipment/table", "shipment/watch"},
	"shipment/table":                   {"shipment"},
	"shipment/watch":                   {"shipment", "bot", "bot/flow"},
	"shipment/watch/watchtest":         {"shipment", "shipment/watch", "bot"},
	"flows":                            {"bot", "bot/answer", "bot/flow", "identifier", "knowledge", "shipment"},
	"flows/transcript":                 {"bot", "bot/flow"},
	"adapters/web":                     {"bot"},
	"adapters/web/webtest":             {},
	"adapters/admin":                   {"bot"},
	"adapters/console":                 {"bot"},
	"adapters/discord":                 {"bot"},
	"adapters/discord/discordtest":     {},
	"adapters/slack":                   {"adapters/slack/blockkit", "bot", "seal"},
	"adapters/slack/blockkit":          {},
	"adapters/slack/slacktest":         {"adapters/slack/blockkit"},
	"adapters/adaptertest":             {"bot", "bot/flow", "locales", "shipment", "adapters/simulator"},
	"adapters/aftership":               {"shipment", "shipment/watch"},
	"adapters/aftership/aftershiptest": {},
	"adapters/easypost":                {"shipment", "shipment/watch"},
	"adapters/ship24":                  {"shipment", "shipment/watch"},
	"adapters/hook":                    {"shipment", "shipment/watch"},
	"adapters/spapi":                   {"shipment", "shipment/watch", "bot", "bot/flow"},
	"adapters/spapi/spapitest":         {},
	"adapters/spapi/queue":             {},
	"adapters/simulator":               {"shipment", "shipment/watch"},
	"adapters/timeline":                {"bot", "bot/flow", "shipment/watch"},
	"adapters/track17":                 {"shipment", "shipment/watch"},
	"adapters/track17/track17test":     {},
	"store":                            {"bot", "shipment", "shipment/watch"},
	"store/storetest":                  {},
}

// thinking are the rooms that touch nothing: no I/O, no clock, no randomness, no log.
var thinking = []string{"identifier", "shipment", "shipment/table", "bot/answer", "bot/notify", "bot/flow", "knowledge", "landedcost", "documents", "clerk/chart"}

// forbidden are imports of the outside that a thinking room may not have.
var forbidden = []string{"os", "net", "net/http", "database/sql", "log", "log/slog", "math/rand", "math/rand/v2", "crypto/rand", "syscall", "os/exec"}

type source struct {
	path string // slash-separated, from the root
	room string
	test bool
	file *ast.File
}

var fset = token.NewFileSet()

func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "testdata" || d.Name() == "node_modules" || d.Name() == "tools") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		path = filepath.ToSlash(path)
		out = append(out, source{path, strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "./"), strings.HasSuffix(path, "_test.go"), f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 50 {
		t.Fatalf("only %d source files found: is this the root?", len(out))
	}
	return out
}

func imports(f *ast.File) []string {
	var out []string
	for _, i := range f.Imports {
		path, _ := strconv.Unquote(i.Path.Value)
		out = append(out, path)
	}
	return out
}

// TestArrows checks who imports whom. Tests may look further: they use the real store and the real content.
func TestArrows(t *testing.T) {
	rooms := map[string]bool{}
	for _, s := range sources(t) {
		if s.test || s.room == "." {
			continue
		}
		rooms[s.room] = true
		allowed, ok := arrows[s.room]
		if strings.HasPrefix(s.room, "cmd/") {
			continue
		}
		if !ok {
			t.Errorf("%s: the room %s is not in the plan: say in house_test.go whom it may import", s.path, s.room)
			continue
		}
		for _, path := range imports(s.file) {
			if room, ours := strings.CutPrefix(path, "xiaobao/"); ours && !slices.Contains(allowed, room) {
				t.Errorf("%s imports %s, which %s may not", s.path, room, s.room)
			}
		}
	}
	for room := range arrows {
		if !rooms[room] {
			t.Errorf("the plan names %s, which does not exist", room)
		}
	}
}

// TestThinkingTouchesNothing checks that the rooms that think have no way to the outside and no clock.
func TestThinkingTouchesNothing(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || !slices.Contains(thinking, s.room) {
			continue
		}
		for _, path := range imports(s.file) {
			if slices.Contains(forbidden, path) {
				t.Errorf("%s imports %s: a room that thinks touches nothing", s.path, path)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "Tick", "LoadLocation"}, sel.Sel.Name) {
					t.Errorf("%s: time.%s: time is an argument", fset.Position(n.Pos()), sel.Sel.Name)
				}
			}
			return true
		})
	}
}

// TestComments checks that every package says what it is, and that every exported name has a sentence that begins with it.
func TestComments(t *testing.T) {
	said := map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		if s.file.Doc != nil {
			said[s.room] = true
		}
	}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		if !said[s.room] {
			t.Errorf("the package in %s has no comment", s.room)
			said[s.room] = true
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && exportedReceiver(d) {
					comment(t, d.Doc, d.Name.Name, d.Pos())
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						if spec.Name.IsExported() {
							doc := spec.Doc
							if doc == nil {
								doc = d.Doc
							}
							comment(t, doc, spec.Name.Name, spec.Pos())
						}
					case *ast.ValueSpec:
						if spec.Names[0].IsExported() && spec.Doc == nil && d.Doc == nil && spec.Comment == nil {
							t.Errorf("%s: %s has no comment", fset.Position(spec.Pos()), spec.Names[0].Name)
						}
					}
				}
			}
		}
	}
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	name := ""
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return true
	})
	return ast.IsExported(name)
}

func comment(t *testing.T, doc *ast.CommentGroup, name string, pos token.Pos) {
	t.Helper()
	text := strings.TrimSpace(doc.Text())
	for _, article := range []string{"A ", "An ", "The "} {
		text = strings.TrimPrefix(text, article)
	}
	if !strings.HasPrefix(text, name) && !strings.HasPrefix(text, "Deprecated") {
		t.Errorf("%s: %s needs a comment that begins with its name", fset.Position(pos), name)
	}
}

// TestSizes keeps files readable.
func TestSizes(t *testing.T) {
	for _, s := range sources(t) {
		if lines := fset.File(s.file.Pos()).LineCount(); lines > 600 && !s.test {
			t.Errorf("%s has %d lines: which idea in it is the second?", s.path, lines)
		}
	}
}

// TestOneGlobalNothing refuses init functions: nothing registers itself.
func TestNothingRegistersItself(t *testing.T) {
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: an init function: wire it in cmd", fset.Position(f.Pos()))
			}
		}
	}
}

// TestNoTextInFlows checks that flow files hold ids, not sentences: Chinese only stands in examples of what may be typed.
func TestNoTextInFlows(t *testing.T) {
	files, err := filepath.Glob("flows/*.yaml")
	if err != nil || len(files) < 12 {
		t.Fatalf("flows: %v, %v", files, err)
	}
	han := regexp.MustCompile(`\p{Han}`)
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			code, _, _ := strings.Cut(line, "#")
			if han.MatchString(code) && !strings.Contains(code, "example:") {
				t.Errorf("%s:%d: Chinese text in a flow; put it into the catalogues", name, i+1)
			}
		}
	}
}

// TestNoSecrets looks for anything like a real token in the whole tree.
func TestNoSecrets(t *testing.T) {
	patterns := regexp.MustCompile(`xox[abpr]-[0-9]{6,}-|xapp-1-A[0-9A-Z]{6,}-[0-9]{6,}|AKIA[0-9A-Z]{16}|-----BEGIN (RSA |EC |OPENSSH )?PRIVATE KEY|Atzr\|[A-Za-z0-9_-]{60,}|ghp_[A-Za-z0-9]{36}`)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" || d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if err != nil || info.Size() > 2<<20 || strings.HasPrefix(filepath.Ext(path), ".db") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if m := patterns.Find(data); m != nil && filepath.ToSlash(path) != "bot/answer/secret_test.go" {
			t.Errorf("%s holds something like a secret: %.12s…", path, m)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPinnedPair checks that modernc.org/libc is the version that modernc.org/sqlite was made with: another one corrupts
// memory.
func TestPinnedPair(t *testing.T) {
	list := func(format, module string) string {
		t.Helper()
		out, err := exec.Command("go", "list", "-m", "-f", format, module).Output()
		if err != nil {
			t.Fatalf("go list -m %s: %v", module, err)
		}
		return strings.TrimSpace(string(out))
	}
	data, err := os.ReadFile(list("{{.GoMod}}", "modernc.org/sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`modernc.org/libc (v\S+)`).FindStringSubmatch(string(data))
	if want == nil {
		t.Fatal("modernc.org/sqlite no longer names its libc")
	}
	if got := list("{{.Version}}", "modernc.org/libc"); got != want[1] {
		t.Errorf("modernc.org/libc is %s; the pinned sqlite was made with %s", got, want[1])
	}
}

// TestQueuesAreLeftOut: what a build tag adds is not in the usual program, and nobody downloads anything for it.
func TestQueuesAreLeftOut(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "./cmd/xiaobao").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range strings.Fields(string(out)) {
		if strings.Contains(dep, "spapi/queue") || strings.Contains(dep, "aws") {
			t.Errorf("%s is in the program", dep)
		}
	}
}
