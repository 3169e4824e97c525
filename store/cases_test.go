package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/bot"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
	"xiaobao/shipment/watch/watchtest"
	"xiaobao/store"
)

var (
	owner     = bot.User{Network: "web", Workspace: "local", ID: "u1", Name: "王芳", Language: "zh-Hans", Zone: "Asia/Shanghai"}
	colleague = bot.User{Network: "slack", Workspace: "T1", ID: "U7", Name: "Li Wei"}
)

func join(tb testing.TB, s *store.Store, u bot.User, fresh string) string {
	tb.Helper()
	id, err := s.Join(ctx, u, fresh, noon)
	if err != nil {
		tb.Fatalf("join: %v", err)
	}
	return id
}

func TestJoin(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		if id := join(t, s, owner, "c1"); id != "c1" {
			t.Errorf("joined %q", id)
		}
		if id := join(t, s, owner, "c2"); id != "c1" {
			t.Errorf("joined %q, want the case of before", id)
		}
		if id, err := s.Join(ctx, colleague, "c1", noon); err == nil {
			t.Errorf("joined somebody else's case %q by its id", id)
		}
		renamed := owner
		renamed.Name, renamed.Zone = "王芳芳", ""
		join(t, s, renamed, "c3")
		want := owner
		want.Name = renamed.Name // what is not reported stays
		members, err := s.Members(ctx, "web:local", "c1")
		if d := cmp.Diff([]bot.Member{{User: want, Role: "owner", Since: noon}}, members); d != "" || err != nil {
			t.Errorf("members: %v\n%s", err, d)
		}
		if state, err := s.Read(ctx, "web:local", "c1"); err != nil || state != nil {
			t.Errorf("document of a new case: %q, %v", state, err)
		}
	})
}

func TestInvitations(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		join(t, s, owner, "c1")
		join(t, s, colleague, "c2")
		invite := func(code, role string) {
			t.Helper()
			if err := s.Invite(ctx, "web:local", "c1", code, role, noon.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Invite(ctx, "slack:T1", "c1", "X", "member", noon.Add(time.Hour)); !errors.Is(err, bot.ErrGone) {
			t.Errorf("a stranger invited: %v", err)
		}
		invite("CODE", "viewer")
		if _, err := s.Redeem(ctx, colleague, "WRONG", noon); !errors.Is(err, bot.ErrGone) {
			t.Errorf("wrong code: %v", err)
		}
		if _, err := s.Redeem(ctx, colleague, "CODE", noon.Add(time.Hour)); !errors.Is(err, bot.ErrGone) {
			t.Errorf("expired code: %v", err)
		}
		if id := join(t, s, colleague, "c3"); id != "c2" {
			t.Errorf("a failed code moved the user to %q", id)
		}
		invite("CODE2", "viewer")
		if id, err := s.Redeem(ctx, colleague, "CODE2", noon); err != nil || id != "c1" {
			t.Fatalf("redeem: %q, %v", id, err)
		}
		if _, err := s.Redeem(ctx, colleague, "CODE2", noon); !errors.Is(err, bot.ErrGone) {
			t.Errorf("used code: %v", err)
		}
		if id := join(t, s, colleague, "c3"); id != "c1" {
			t.Errorf("joined %q, want c1", id)
		}
		members, err := s.Members(ctx, "slack:T1", "c1")
		if err != nil || len(members) != 2 || members[1].Role != "viewer" && members[0].Role != "viewer" {
			t.Errorf("members %+v, %v", members, err)
		}
		if _, err := s.Read(ctx, "slack:T1", "c2"); err != nil {
			t.Errorf("the case that was left: %v", err)
		}

		// Both tenants work on one document now, and nobody else does.
		apply(t, s, bot.Key{Tenant: "web:local", Case: "c1", Event: "1"}, noon)
		apply(t, s, bot.Key{Tenant: "slack:T1", Case: "c1", Event: "2"}, noon)
		if state, err := s.Read(ctx, "slack:T1", "c1"); err != nil || string(state) != "1;2;" {
			t.Errorf("document %q, %v", state, err)
		}
		_, err = s.Apply(ctx, bot.Key{Tenant: "slack:T2", Case: "c1", Event: "3"}, noon, func([]byte) (bot.Turn, error) {
			t.Error("a stranger read the document")
			return bot.Turn{}, nil
		})
		if !errors.Is(err, bot.ErrGone) {
			t.Errorf("a stranger's turn: %v", err)
		}
		if m, err := s.Enter(ctx, colleague, "c3", noon); err != nil || m != (bot.Membership{Case: "c1", Role: bot.Viewer}) {
			t.Errorf("the colleague is %+v, %v", m, err)
		}
		invite("CODE4", "member")
		if _, err := s.Redeem(ctx, colleague, "CODE4", noon); err != nil {
			t.Error(err)
		}
		if m, err := s.Enter(ctx, colleague, "c3", noon); err != nil || m.Role != bot.Colleague {
			t.Errorf("a viewer who was invited to work on the case is %+v, %v", m, err)
		}
		invite("CODE3", "viewer")
		if _, err := s.Redeem(ctx, owner, "CODE3", noon); err != nil {
			t.Error(err)
		}
		members, _ = s.Members(ctx, "web:local", "c1")
		if i := slices.IndexFunc(members, func(m bot.Member) bool { return m.User.ID == owner.ID }); i < 0 || members[i].Role != "owner" {
			t.Errorf("the owner who tried a code is %+v", members)
		}
	})
}

func TestErase(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		fill := func(u bot.User, id string) {
			t.Helper()
			join(t, s, u, id)
			k := bot.Key{Tenant: u.Tenant(), Case: id, Event: "e" + id}
			later := say("later"+id, room(id), "later")
			later.After = noon.Add(time.Hour)
			ds, err := s.Apply(ctx, k, noon, func([]byte) (bot.Turn, error) {
				return bot.Turn{State: []byte(`{"case":"` + id + `"}`), Wake: []bot.Timer{{Name: "t" + id, At: noon}}, Out: []bot.Outgoing{
					card("a"+id, room("own-"+id), "card", "a"), say("b"+id, room("shared"), "b"), say("c"+id, room("refusing"), "c"), later,
				}}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			sent(t, s, noon, ds[0], "native-"+id)
			for _, d := range ds {
				if d.ID == "c"+id {
					settle(t, s, noon, bot.Settlement{Delivery: d, Outcome: bot.Refused, Reason: "no"})
				}
			}
			for _, p := range []string{"own-" + id, "shared"} {
				if _, err := s.Post(ctx, room(p), id, "post-"+id, "", noon, []byte(`"`+id+`"`)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.Post(ctx, room("own-"+id), "", "nobody's", "", noon, []byte(`"welcome"`)); err != nil {
				t.Fatal(err)
			}
			if err := s.OpenTicket(ctx, bot.Ticket{ID: "ticket-" + id, Tenant: u.Tenant(), Case: id}); err != nil {
				t.Fatal(err)
			}
			if err := s.Invite(ctx, u.Tenant(), id, "code"+id, "member", noon.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			w := watch.Watched{Tenant: u.Tenant(), Case: id, Due: noon}
			w.Shipment.Number = "SIM" + id
			if ok, err := s.PutShipment(ctx, w); !ok || err != nil {
				t.Fatal(ok, err)
			}
			if err := s.KeepEarly(ctx, u.Tenant(), []shipment.Event{{Number: w.Shipment.Number, Source: "hook", At: noon, Text: id}}, noon); err != nil {
				t.Fatal(err)
			}
		}
		fill(owner, "gone1")
		fill(colleague, "stays1")
		if err := s.Erase(ctx, "slack:T1", "gone1"); !errors.Is(err, bot.ErrGone) {
			t.Errorf("a stranger erased: %v", err)
		}
		if err := s.Erase(ctx, "web:local", "gone1"); err != nil {
			t.Fatal(err)
		}
		if err := s.Erase(ctx, "web:local", "gone1"); !errors.Is(err, bot.ErrGone) {
			t.Errorf("erased twice: %v", err)
		}
		// What was under way meanwhile comes too late to leave a trace.
		settle(t, s, noon, bot.Settlement{Delivery: bot.Delivery{
			ID: "agone1", Tenant: "web:local", Case: "gone1", Place: room("own-gone1"), Message: bot.Message{Key: "card"},
		}, Outcome: bot.Sent, Native: "native-gone1"})
		if _, err := s.Post(ctx, room("own-gone1"), "gone1", "late-gone1", "card", noon, []byte(`"gone1"`)); err != nil {
			t.Error(err)
		}
		if err := s.OpenTicket(ctx, bot.Ticket{ID: "late-gone1", Tenant: "web:local", Case: "gone1"}); err != nil {
			t.Error(err)
		}
		for table, rows := range dump(t, dsn) {
			for _, r := range rows {
				if strings.Contains(r, "gone1") {
					t.Errorf("left in %s: %s", table, r)
				}
			}
			if table != "seen" && table != "unanswered" && !strings.Contains(strings.Join(rows, "\n"), "stays1") {
				t.Errorf("the other case is gone from %s: %v", table, rows)
			}
		}
		check(t, s)
		expect(t, "what waited behind the erased case", claim(t, s, noon), "bstays1/1 ")
		if entries, err := s.Since(ctx, room("own-gone1"), 0, 10); err != nil || len(entries) != 0 {
			t.Errorf("the log of its own place: %+v, %v", entries, err)
		}
		if id := join(t, s, owner, "new"); id != "new" {
			t.Errorf("joined %q after the erasure", id)
		}

		// A timer or a carrier's news that comes too late leaves no trace of the case.
		_, err := s.Apply(ctx, bot.Key{Tenant: "web:local", Case: "gone1", Event: "late"}, noon, func(state []byte) (bot.Turn, error) {
			if state != nil {
				t.Errorf("document %q", state)
			}
			return bot.Turn{}, nil
		})
		if err != nil {
			t.Error(err)
		}
		if _, err := s.Read(ctx, "web:local", "gone1"); !errors.Is(err, bot.ErrGone) {
			t.Errorf("read: %v", err)
		}
	})
}

func TestErasedIsErased(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "x.db")
	s := open(t, dsn)
	const secret = "91440300MA5EXAMPLE"
	traces := func() (files []string) {
		for _, name := range []string{dsn, dsn + "-wal"} {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(data, []byte(secret)) {
				files = append(files, filepath.Base(name))
			}
		}
		return files
	}
	for i := range 20 {
		_, err := s.Apply(ctx, key("case", fmt.Sprint(i)), noon, func([]byte) (bot.Turn, error) {
			return bot.Turn{State: []byte(strings.Repeat(secret, 100*i+1)), Out: []bot.Outgoing{say(fmt.Sprint(i), room("r"), secret)}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(traces()) == 0 {
		t.Fatal("the test looks in the wrong files")
	}
	if err := s.Erase(ctx, "web:local", "case"); err != nil {
		t.Fatal(err)
	}
	if files := traces(); len(files) > 0 {
		t.Errorf("the erased document can still be read in %v", files)
	}
}

// dump reads every row of every table.
func dump(t *testing.T, dsn string) map[string][]string {
	t.Helper()
	driver, tables := "sqlite", `SELECT name FROM sqlite_master WHERE type = 'table'`
	if strings.HasPrefix(dsn, "postgres") {
		driver, tables = "pgx", `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	query := func(q string) (list [][]any) {
		rows, err := db.Query(q)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		columns, _ := rows.Columns()
		for rows.Next() {
			row := make([]any, len(columns))
			into := make([]any, len(columns))
			for i := range row {
				into[i] = &row[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			list = append(list, row)
		}
		return list
	}
	all := map[string][]string{}
	for _, table := range query(tables) {
		name := fmt.Sprint(table[0])
		if strings.HasPrefix(name, "goose") || strings.HasPrefix(name, "sqlite") {
			continue
		}
		for _, row := range query(`SELECT * FROM ` + name) {
			all[name] = append(all[name], fmt.Sprint(row...))
		}
	}
	if len(all) < 10 {
		t.Fatalf("only %d tables have rows: the test proves nothing", len(all))
	}
	return all
}

func TestEachCase(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		var want, got []string
		for i := range 230 {
			id := fmt.Sprintf("case-%03d", i)
			apply(t, s, key(id, "e"+id), noon)
			want = append(want, "web:local "+id+" e"+id+";")
		}
		join(t, s, owner, "without a document")
		err := s.EachCase(ctx, func(tenant, id string, state []byte) error {
			got = append(got, fmt.Sprintf("%s %s %s", tenant, id, state))
			return nil
		})
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%v\n%s", err, d)
		}
		stop := errors.New("stop")
		if err := s.EachCase(ctx, func(string, string, []byte) error { return stop }); err != stop {
			t.Errorf("got %v", err)
		}
	})
}

func TestTickets(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		ticket := bot.Ticket{
			ID: "t1", Tenant: "web:local", Case: "c", Person: "web:local:u1", Name: "王芳\x00", Lang: "zh-Hans", Flow: "tax", Node: "eori",
			Question: "EORI 要多久？\xff", Pack: bot.Message{Text: "pack", Blocks: []bot.Block{{Kind: bot.Heading, Text: "税务"}}}, Opened: noon,
		}
		join(t, s, owner, "c")
		second := ticket
		second.ID, second.Opened = "t0", noon.Add(time.Second)
		for _, x := range []bot.Ticket{second, ticket, ticket} {
			if err := s.OpenTicket(ctx, x); err != nil {
				t.Fatal(err)
			}
		}
		want := ticket
		want.Name, want.Question = "王芳", "EORI 要多久？\uFFFD"
		list, err := s.OpenTickets(ctx, 10)
		if err != nil || len(list) != 2 || list[1].ID != "t0" {
			t.Fatalf("open tickets %+v, %v", list, err)
		}
		if d := cmp.Diff(want, list[0]); d != "" {
			t.Error(d)
		}
		if first, err := s.CloseTicket(ctx, "t1", "op", "三天", noon.Add(time.Hour)); !first || err != nil {
			t.Errorf("close: %v %v", first, err)
		}
		if first, err := s.CloseTicket(ctx, "t1", "op2", "四天", noon.Add(time.Hour)); first || err != nil {
			t.Errorf("close again: %v %v", first, err)
		}
		if _, err := s.CloseTicket(ctx, "none", "op", "", noon); !errors.Is(err, bot.ErrGone) {
			t.Errorf("close none: %v", err)
		}
		want.Answered, want.By, want.Answer = noon.Add(time.Hour), "op", "三天"
		got, err := s.Ticket(ctx, "t1")
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%v\n%s", err, d)
		}
		if list, _ := s.OpenTickets(ctx, 10); len(list) != 1 {
			t.Errorf("open tickets %+v", list)
		}
		if _, err := s.Ticket(ctx, "none"); !errors.Is(err, bot.ErrGone) {
			t.Errorf("ticket none: %v", err)
		}
	})
}

func TestUnanswered(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		long := strings.Repeat("税", 3000)
		for i, q := range []string{"关税多少", "how long", "关税多少", "关税多少", "how long", long} {
			if err := s.Unanswered(ctx, fmt.Sprint("tenant", i%2), "zh-Hans", q, noon.Add(time.Duration(i)*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.UnansweredTop(ctx, 10)
		if err != nil || len(got) != 3 {
			t.Fatalf("%+v, %v", got, err)
		}
		want := []bot.Unanswered{
			{Lang: "zh-Hans", Question: "关税多少", Count: 3, Last: noon.Add(3 * time.Second)},
			{Lang: "zh-Hans", Question: "how long", Count: 2, Last: noon.Add(4 * time.Second)},
		}
		if d := cmp.Diff(want, got[:2]); d != "" {
			t.Error(d)
		}
	})
}

func TestLog(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		r := room("r")
		join(t, s, owner, "case")
		post := func(id, card, body string) int64 {
			t.Helper()
			seq, err := s.Post(ctx, r, "case", id, card, noon, []byte(body))
			if err != nil {
				t.Fatal(err)
			}
			return seq
		}
		show := func(after int64, n int) string {
			t.Helper()
			entries, err := s.Since(ctx, r, after, n)
			if err != nil {
				t.Fatal(err)
			}
			list := ""
			for _, e := range entries {
				list += string(e.Body) + " "
			}
			return list
		}
		equal := func(what, got, want string) {
			t.Helper()
			if got != want {
				t.Errorf("%s: got %q, want %q", what, got, want)
			}
		}
		a := post("1", "", "a")
		v1 := post("2", "card", "v1")
		b := post("3", "", "b")
		if !(a < v1 && v1 < b) {
			t.Errorf("positions %d %d %d do not grow", a, v1, b)
		}
		if again := post("3", "", "b"); again != b {
			t.Errorf("posted twice: position %d, then %d", b, again)
		}
		equal("all", show(0, 10), "a v1 b ")
		v2 := post("4", "card", "v2")
		if v2 <= b {
			t.Errorf("the replaced entry has position %d, want one after %d", v2, b)
		}
		equal("in its old place", show(0, 10), "a v2 b ")
		equal("what changed", show(b, 10), "v2 ")
		equal("nothing changed", show(v2, 10), "")
		equal("the newest two", show(0, 2), "v2 b ")
		post("5", "other", "o1")
		equal("another card", show(v2, 10), "o1 ")
		if _, err := s.Post(ctx, room("elsewhere"), "case", "9", "card", noon, []byte("e")); err != nil {
			t.Error(err)
		}
		equal("another place", show(0, 10), "a v2 b o1 ")
	})
}

func TestShipments(t *testing.T) {
	for name, dsn := range kinds {
		t.Run(name, func(t *testing.T) {
			watchtest.Store(t, func(t *testing.T) (watch.Store, func(*testing.T) (string, string)) {
				s, n := open(t, dsn(t)), 0
				return s, func(t *testing.T) (string, string) {
					n++
					u := bot.User{Network: "web", Workspace: "local", ID: fmt.Sprint(n)}
					return u.Tenant(), join(t, s, u, fmt.Sprintf("case%d", n))
				}
			})
		})
	}
}

// TestTheFileIsTheDatabase closes a database: nothing of it is left beside the file.
func TestTheFileIsTheDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := openWith(t, path, store.Options{})
	apply(t, s, key("case", "1"), noon, say("a", room("r"), "a"))
	if _, err := s.Read(ctx, "web:local", "case"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, beside := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(path + beside); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("x.db%s is still there: %v", beside, err)
		}
	}
}
