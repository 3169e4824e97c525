package flow

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"
)

// An Expr is a compiled expression over the slots. It cannot loop, call out or fail: an expression that stumbles over odd
// values (a division by zero) is worth its type's empty value.
type Expr struct {
	Source  string
	reads   []string // slots
	program *vm.Program
}

// compiler compiles expressions against the slots of a book.
type compiler struct {
	slots map[string]*SlotDef
	flows map[string]bool
	env   map[string]any
}

func newCompiler(slots map[string]*SlotDef, flows map[string]bool) *compiler {
	env := map[string]any{
		"known":   func(string) bool { return false },
		"days":    func(string) float64 { return 0 },
		"has":     func([]string, string) bool { return false },
		"sum":     func([][]string, string) float64 { return 0 },
		"product": func([][]string, ...string) float64 { return 0 },
		"most":    func([][]string, string) float64 { return 0 },
		"once":    func([][]string, ...string) [][]string { return nil },
		"status":  func(string) string { return "" },
		"fact":    func(string) string { return "" },
		"today":   "",
	}
	for id, def := range slots {
		env[id] = def.zero()
	}
	return &compiler{slots: slots, flows: flows, env: env}
}

// builtins are those of expr's own functions that flows may use.
var builtins = []string{"len", "round", "ceil", "floor", "max", "min", "any", "all", "none", "count", "filter", "map", "abs", "int", "string"}

func (c *compiler) compile(source string, boolean bool) (*Expr, error) {
	e := &Expr{Source: source}
	v := &reader{c: c, e: e, seen: map[string]bool{}}
	options := []expr.Option{expr.Env(c.env), expr.Patch(v), expr.MaxNodes(200), expr.DisableAllBuiltins()}
	for _, b := range builtins {
		options = append(options, expr.EnableBuiltin(b))
	}
	if boolean {
		options = append(options, expr.AsBool())
	}
	program, err := expr.Compile(source, options...)
	if v.err != nil {
		return nil, v.err
	}
	if err != nil {
		return nil, tidy(err)
	}
	e.program = program
	return e, nil
}

// tidy keeps the first line of expr's message; the rest draws the source again.
func tidy(err error) error {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Errorf("%s", line)
}

// reader collects the slots an expression reads, also those it names in a string.
type reader struct {
	c    *compiler
	e    *Expr
	seen map[string]bool
	err  error
}

// Visit implements ast.Visitor.
func (r *reader) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		r.read(n.Value)
	case *ast.CallNode:
		callee, ok := n.Callee.(*ast.IdentifierNode)
		if !ok || len(n.Arguments) == 0 {
			return
		}
		first, literal := n.Arguments[0].(*ast.StringNode)
		switch callee.Value {
		case "known":
			if !literal {
				r.fail("known() takes the name of a slot in quotes")
			} else if r.c.slots[first.Value] == nil {
				r.fail("known(%q): there is no such slot", first.Value)
			} else {
				r.read(first.Value)
			}
		case "status":
			if !literal {
				r.fail("status() takes the name of a flow in quotes")
			} else if !r.c.flows[first.Value] {
				r.fail("status(%q): there is no such flow", first.Value)
			}
		case "sum", "product", "most", "once":
			slot := r.rowsOf(n.Arguments[0])
			if slot == nil {
				r.fail("%s() takes a rows slot first", callee.Value)
				return
			}
			for i, arg := range n.Arguments[1:] {
				name, ok := arg.(*ast.StringNode)
				if !ok {
					r.fail("%s() takes column names in quotes", callee.Value)
				} else if strings.HasPrefix(name.Value, "#") {
					continue // already a number: the tree may be visited twice
				} else if slot.column(name.Value) < 0 {
					r.fail("%s(): %q has no column %q", callee.Value, slot.ID, name.Value)
				} else {
					// The engine hands rows over without their definition, so the column goes by its number.
					n.Arguments[i+1] = &ast.StringNode{Value: "#" + strconv.Itoa(slot.column(name.Value))}
				}
			}
		}
	}
}

// rowsOf is the rows slot that an argument is, directly or by way of once(); nil when it is none.
func (r *reader) rowsOf(arg ast.Node) *SlotDef {
	switch n := arg.(type) {
	case *ast.IdentifierNode:
		if d := r.c.slots[n.Value]; d != nil && d.Type == "rows" {
			return d
		}
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && callee.Value == "once" && len(n.Arguments) > 0 {
			return r.rowsOf(n.Arguments[0])
		}
	}
	return nil
}

func (r *reader) read(name string) {
	if r.c.slots[name] != nil && !r.seen[name] {
		r.seen[name] = true
		r.e.reads = append(r.e.reads, name)
	}
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// facts is what expressions are evaluated against: the slots of one state at one moment. Values are converted when they
// are first read and forgotten when a slot is set.
type facts struct {
	b     *Book
	slots map[string]Slot
	steps map[string]Step
	now   time.Time
	env   map[string]any
	vm    vm.VM
}

func (f *facts) forget(slot string) { delete(f.env, slot) }

func (f *facts) prepare(e *Expr) {
	if f.env == nil {
		f.env = map[string]any{
			"known":   func(slot string) bool { _, ok := f.slots[slot]; return ok },
			"days":    func(date string) float64 { return daysUntil(date, f.now) },
			"has":     func(list []string, item string) bool { return contains(list, item) },
			"sum":     sumColumn,
			"product": sumProduct,
			"most":    mostOf,
			"once":    once,
			"status":  func(flow string) string { return string(f.steps[flow].Status) },
			"fact":    func(key string) string { return f.b.deps.Fact(key, f.now) },
			"today":   f.now.Format(time.DateOnly),
		}
	}
	for _, slot := range e.reads {
		if _, ok := f.env[slot]; ok {
			continue
		}
		def := f.b.slots[slot]
		if s, ok := f.slots[slot]; ok {
			f.env[slot] = def.native(s.Value)
		} else {
			f.env[slot] = def.zero()
		}
	}
}

func (f *facts) eval(e *Expr) any {
	f.prepare(e)
	v, err := f.vm.Run(e.program, f.env)
	if err != nil {
		return nil
	}
	return v
}

// true evaluates a condition; no condition is true.
func (f *facts) true(e *Expr) bool {
	if e == nil {
		return true
	}
	v, _ := f.eval(e).(bool)
	return v
}

// text evaluates an expression to what it would be typed as.
func (f *facts) text(e *Expr) string { return nativeText(f.eval(e)) }

func nativeText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case int:
		return strconv.Itoa(v)
	case float64:
		s := strconv.FormatFloat(v, 'f', 3, 64)
		return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	case []string:
		return strings.Join(v, ", ")
	case []any: // what map and filter make
		var list []string
		for _, item := range v {
			list = append(list, nativeText(item))
		}
		return strings.Join(list, ", ")
	}
	return ""
}

func contains(list []string, item string) bool {
	for _, s := range list {
		if s == item {
			return true
		}
	}
	return false
}

func daysUntil(date string, now time.Time) float64 {
	d, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return 0
	}
	y, m, day := now.Date()
	return d.Sub(time.Date(y, m, day, 0, 0, 0, 0, time.UTC)).Hours() / 24
}

// cell is the number in a cell; 0 where there is none.
func cell(row []string, column string) float64 {
	number, _, _ := strings.Cut(typed(row, column), " ")
	v, _ := strconv.ParseFloat(number, 64)
	return v
}

// typed is what stands in a cell; nothing where there is none.
func typed(row []string, column string) string {
	i, err := strconv.Atoi(strings.TrimPrefix(column, "#"))
	if err != nil || i < 0 || i >= len(row) {
		return ""
	}
	return row[i]
}

func sumColumn(rows [][]string, column string) float64 {
	total := 0.0
	for _, r := range rows {
		total += cell(r, column)
	}
	return total
}

func sumProduct(rows [][]string, columns ...string) float64 {
	total := 0.0
	for _, r := range rows {
		one := 1.0
		for _, c := range columns {
			one *= cell(r, c)
		}
		total += one
	}
	return total
}

// once are the rows without those that repeat the named columns of a row above: the lines of a mixed carton are one carton.
func once(rows [][]string, columns ...string) [][]string {
	var out [][]string
	seen := map[string]bool{}
	for _, r := range rows {
		key := ""
		for _, c := range columns {
			key += typed(r, c) + "\x00"
		}
		if !seen[key] {
			seen[key] = true
			out = append(out, r)
		}
	}
	return out
}

// mostOf is the largest number in a column; 0 when there is none.
func mostOf(rows [][]string, column string) float64 {
	most := 0.0
	for i, r := range rows {
		if v := cell(r, column); i == 0 || v > most {
			most = v
		}
	}
	return most
}
