package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/bot"
)

func TestWorkspaces(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		keep := func(id, sealed string) {
			t.Helper()
			if err := s.KeepWorkspace(ctx, "slack", id, sealed, noon); err != nil {
				t.Fatal(err)
			}
		}
		list := func() (all []string) {
			t.Helper()
			if err := s.Workspaces(ctx, "slack", func(id, sealed string, left bool) error {
				all = append(all, fmt.Sprint(id, " ", sealed, " ", left))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			return all
		}
		keep("T1", "one")
		keep("T1", "one again")
		keep("T2", "two")
		if err := s.RenewWorkspace(ctx, "slack", "T1", "one", "late", noon); !errors.Is(err, bot.ErrGone) {
			t.Errorf("renewed what is not there any more: %v", err)
		}
		if err := s.RenewWorkspace(ctx, "slack", "T1", "one again", "fresh", noon); err != nil {
			t.Error(err)
		}
		if sealed, err := s.Workspace(ctx, "slack", "T1"); err != nil || sealed != "fresh" {
			t.Errorf("%q, %v", sealed, err)
		}
		for range 2 {
			if err := s.LeaveWorkspace(ctx, "slack", "T1", noon); err != nil {
				t.Error(err)
			}
		}
		if _, err := s.Workspace(ctx, "slack", "T1"); !errors.Is(err, bot.ErrGone) {
			t.Errorf("it is still there: %v", err)
		}
		if err := s.RenewWorkspace(ctx, "slack", "T1", "", "back", noon); !errors.Is(err, bot.ErrGone) {
			t.Errorf("renewed a workspace that left: %v", err)
		}
		if d := cmp.Diff([]string{"T1  true", "T2 two false"}, list()); d != "" {
			t.Error(d)
		}
		for range 2 {
			if err := s.EraseTenant(ctx, "slack", "T1"); err != nil {
				t.Error(err)
			}
		}
		if d := cmp.Diff([]string{"T2 two false"}, list()); d != "" {
			t.Error(d)
		}
		if err := s.EraseTenant(ctx, "slack", "T2"); err != nil || len(list()) != 1 {
			t.Errorf("one that came back meanwhile: %v, %q", err, list())
		}
	})
}

// Everything of the tenant goes, and nothing of anybody else.
func TestEraseTenant(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		for i, tenant := range []string{"T1", "T2"} {
			for n := range 130 {
				u := bot.User{Network: "slack", Workspace: tenant, ID: fmt.Sprint("U", n), Name: "canary-" + tenant}
				c := join(t, s, u, fmt.Sprint("case-", tenant, n))
				if n%40 != 0 {
					continue
				}
				_, err := s.Apply(ctx, bot.Key{Tenant: u.Tenant(), Case: c, Event: fmt.Sprint("e", n)}, noon, func([]byte) (bot.Turn, error) {
					return bot.Turn{State: []byte(`{"canary":"` + tenant + `"}`), Wake: []bot.Timer{{Name: "w", At: noon}}, Out: []bot.Outgoing{{ID: fmt.Sprint("o", i, n), Place: bot.Place{Network: "slack", Workspace: tenant, Room: fmt.Sprint("D", n)}, Message: bot.Message{Text: "canary-" + tenant, Key: "k"}}}}, nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Unanswered(ctx, "slack:"+tenant, "en", "canary-"+tenant, noon); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.EraseTenant(ctx, "slack", "T1"); err != nil {
			t.Fatal(err)
		}
		count := func(tenant string) (n int) {
			t.Helper()
			db := raw(t, dsn)
			for _, q := range []string{
				"SELECT COUNT(*) FROM cases WHERE tenant = $1", "SELECT COUNT(*) FROM members WHERE tenant = $1", "SELECT COUNT(*) FROM outbox WHERE tenant = $1",
				"SELECT COUNT(*) FROM timers WHERE tenant = $1", "SELECT COUNT(*) FROM unanswered WHERE tenant = $1",
			} {
				var one int
				if err := db.QueryRow(q, "slack:"+tenant).Scan(&one); err != nil && !errors.Is(err, sql.ErrNoRows) {
					t.Fatal(err)
				}
				n += one
			}
			return n
		}
		if n := count("T1"); n != 0 {
			t.Errorf("%d rows of the tenant that left", n)
		}
		if n := count("T2"); n != 130+130+4+4+1 {
			t.Errorf("%d rows of the other tenant", n)
		}
		check(t, s)
	})
}

func TestGrants(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		for _, g := range []string{"a", "b"} {
			if err := s.OpenGrant(ctx, g, noon, noon.Add(10*time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			grant string
			after time.Duration
			want  error
		}{{"c", 0, bot.ErrGone}, {"a", 9 * time.Minute, nil}, {"a", 9 * time.Minute, bot.ErrGone}, {"b", 10 * time.Minute, bot.ErrGone}} {
			if err := s.UseGrant(ctx, c.grant, noon.Add(c.after)); !errors.Is(err, c.want) {
				t.Errorf("%s after %v: %v, want %v", c.grant, c.after, err, c.want)
			}
		}
	})
}

func TestInbox(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		for i, id := range []string{"b", "a", "b", "c"} {
			if err := s.Receive(ctx, "slack", id, fmt.Appendf(nil, `{"n":%d}`, i), noon.Add(time.Duration(i)*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		list := func() (all []string) {
			t.Helper()
			if err := s.Unhandled(ctx, "slack", 10, func(id string, body []byte) error {
				all = append(all, id+string(body))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			return all
		}
		if d := cmp.Diff([]string{`b{"n":0}`, `a{"n":1}`, `c{"n":3}`}, list()); d != "" {
			t.Error(d)
		}
		for range 2 {
			if err := s.Received(ctx, "slack", "a"); err != nil {
				t.Fatal(err)
			}
		}
		if got := list(); len(got) != 2 {
			t.Errorf("left are %q", got)
		}
	})
}
