package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/store"
)

// raw opens the file beside the store.
func raw(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	driver := "sqlite"
	if strings.HasPrefix(dsn, "postgres") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func run(t *testing.T, db *sql.DB, q string, args ...any) {
	t.Helper()
	if _, err := db.Exec(q, args...); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
}

func TestANewerDatabaseIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		apply(t, s, key("case", "1"), noon)
		db := raw(t, dsn)
		run(t, db, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, $1)`, true)
		if _, err := store.Open(ctx, dsn, store.Options{}); !errors.Is(err, store.ErrNewer) {
			t.Errorf("got %v, want ErrNewer", err)
		} else if !strings.Contains(err.Error(), "version 99") {
			t.Errorf("%q does not name the version", err)
		}
	})
}

func TestALockedFile(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "x.db")
	s := openWith(t, dsn, store.Options{Patience: 50 * time.Millisecond})
	apply(t, s, key("case", "1"), noon)
	db := raw(t, dsn)
	db.SetMaxOpenConns(1)
	run(t, db, "BEGIN IMMEDIATE")
	think := func(state []byte) (bot.Turn, error) { return bot.Turn{State: append(state, '2')}, nil }
	if _, err := s.Apply(ctx, key("case", "2"), noon, think); !errors.Is(err, store.ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
	if state, err := s.Read(ctx, "web:local", "case"); err != nil || string(state) != "1;" {
		t.Errorf("reading meanwhile: %q, %v", state, err)
	}
	if again, err := store.Open(ctx, dsn, store.Options{Patience: 50 * time.Millisecond}); err != nil {
		t.Errorf("opening a file that is up to date needs no lock: %v", err)
	} else if err := again.Close(); err != nil {
		t.Error(err)
	}
	run(t, db, "ROLLBACK")
	if _, err := s.Apply(ctx, key("case", "2"), noon, think); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}

func TestAFullDisk(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "x.db")
	s := open(t, dsn)
	store.Quota(s, 60) // pages
	kept, full := 0, 0
	big := []byte(`"` + strings.Repeat("x", 20_000) + `"`)
	for i := range 100 {
		c := fmt.Sprint("case", i)
		_, err := s.Apply(ctx, key(c, "e"+c), noon, func([]byte) (bot.Turn, error) { return bot.Turn{State: big}, nil })
		switch {
		case err == nil:
			kept++
		case errors.Is(err, store.ErrFull):
			full++
		default:
			t.Fatalf("got %v, want ErrFull", err)
		}
	}
	if kept == 0 || full == 0 {
		t.Fatalf("%d kept, %d refused", kept, full)
	}
	found := 0
	if err := s.EachCase(ctx, func(string, string, []byte) error { found++; return nil }); err != nil || found != kept {
		t.Errorf("%d cases, want %d; %v", found, kept, err)
	}
	check(t, s)
	store.Quota(s, 100_000)
	apply(t, s, key("case99", "again"), noon)
}

func TestOneOfAGroupDoesNotFit(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "x.db")
	s := open(t, dsn)
	store.Quota(s, 60)
	var wg sync.WaitGroup
	errs := make([]error, 9)
	together := store.Hold(s) // until all wait, so that they are one group
	for i := range errs {
		size := 100
		if i == 4 {
			size = 4_000_000
		}
		wg.Go(func() {
			c := fmt.Sprint("case", i)
			_, errs[i] = s.Apply(ctx, key(c, "e"+c), noon, func([]byte) (bot.Turn, error) {
				return bot.Turn{State: []byte(`"` + strings.Repeat("x", size) + `"`)}, nil
			})
		})
	}
	together(len(errs))
	wg.Wait()
	for i, err := range errs {
		if want := i == 4; errors.Is(err, store.ErrFull) != want || (err != nil) != want {
			t.Errorf("case %d: %v", i, err)
		}
	}
	check(t, s)
}

func TestUnwritable(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "none", "x.db")
	if _, err := store.Open(ctx, missing, store.Options{}); !errors.Is(err, store.ErrUnwritable) {
		t.Errorf("a folder that is not there: got %v, want ErrUnwritable", err)
	}
	file := filepath.Join(dir, "x.db")
	if err := openAndClose(file); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 { // root may write everything: the file system itself must refuse
		if _, err := store.Open(ctx, "/proc/version", store.Options{}); !errors.Is(err, store.ErrUnwritable) && !errors.Is(err, store.ErrDamaged) {
			t.Errorf("a file that cannot be written: got %v, want ErrUnwritable", err)
		}
		return
	}
	os.Chmod(file, 0o400)
	if _, err := store.Open(ctx, file, store.Options{}); !errors.Is(err, store.ErrUnwritable) {
		t.Errorf("a file that cannot be written: got %v, want ErrUnwritable", err)
	}
}

func TestNotADatabase(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(file, []byte(strings.Repeat("this is a shopping list. ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(ctx, file, store.Options{}); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("got %v, want ErrDamaged", err)
	}
}

func TestNoServer(t *testing.T) {
	dsn := "postgres:///x?host=" + t.TempDir()
	if _, err := store.Open(ctx, dsn, store.Options{}); !errors.Is(err, store.ErrUnreachable) {
		t.Errorf("got %v, want ErrUnreachable", err)
	}
}

func TestTheServerDropsTheConnections(t *testing.T) {
	dsn := kinds["postgres"](t)
	s := open(t, dsn)
	apply(t, s, key("case", "1"), noon)
	db := raw(t, dsn)
	run(t, db, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()`)
	think := func(state []byte) (bot.Turn, error) { return bot.Turn{State: append(state, "2;"...)}, nil }
	var err error
	for range 10 { // each lost connection may cost one attempt
		if _, err = s.Apply(ctx, key("case", "2"), noon, think); err == nil {
			break
		}
		if !errors.Is(err, store.ErrUnreachable) {
			t.Errorf("got %v, want ErrUnreachable", err)
		}
	}
	if err != nil {
		t.Fatal("the store does not come back")
	}
	if state, err := s.Read(ctx, "web:local", "case"); err != nil || string(state) != "1;2;" {
		t.Errorf("%q, %v", state, err)
	}
}

func TestFileMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no file modes")
	}
	dir := t.TempDir()
	dsn := filepath.Join(dir, "strange ?#% name.db")
	s := open(t, dsn)
	apply(t, s, key("case", "1"), noon)
	backup := filepath.Join(dir, "backup.db")
	if err := s.Backup(ctx, backup); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) < 3 {
		t.Fatalf("%v, %v", entries, err)
	}
	for _, e := range entries {
		if info, _ := e.Info(); info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o, want 600", e.Name(), info.Mode().Perm())
		}
	}
}

func TestBackup(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "x.db"))
	apply(t, s, key("case", "1"), noon, say("a", room("r"), "a"))
	copied := filepath.Join(dir, "copy.db")
	if err := s.Backup(ctx, copied); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(ctx, copied); err == nil {
		t.Error("a backup was overwritten")
	}
	apply(t, s, key("case", "2"), noon)
	b := open(t, copied)
	check(t, b)
	if state, err := b.Read(ctx, "web:local", "case"); err != nil || string(state) != "1;" {
		t.Errorf("%q, %v", state, err)
	}
	expect(t, "the outbox", claim(t, b, noon.Add(time.Hour)), "a/2 ")
	if left, _ := filepath.Glob(filepath.Join(dir, ".backup-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestDamageIsFound(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		apply(t, s, key("case", "1"), noon, say("a", room("r"), "a"), say("b", room("r"), "b"))
		check(t, s)
		run(t, raw(t, dsn), `UPDATE outbox SET stand = 0`)
		if err := s.Check(ctx); !errors.Is(err, store.ErrDamaged) {
			t.Errorf("got %v, want ErrDamaged", err)
		}
	})
}

func TestClosed(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s, err := store.Open(ctx, dsn, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var kept sync.Map
		for i := range 20 {
			wg.Go(func() {
				c := fmt.Sprint("case", i)
				_, err := s.Apply(ctx, key(c, "e"+c), noon, func([]byte) (bot.Turn, error) { return bot.Turn{State: []byte("{}")}, nil })
				if err == nil {
					kept.Store(c, true)
				}
			})
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if err := s.Settle(ctx, noon, bot.Settlement{Outcome: bot.Sent}); !errors.Is(err, store.ErrClosed) {
			t.Errorf("got %v, want ErrClosed", err)
		}
		again := open(t, dsn)
		kept.Range(func(c, _ any) bool {
			if _, err := again.Read(ctx, "web:local", c.(string)); err != nil {
				t.Errorf("%s was kept and is gone: %v", c, err)
			}
			return true
		})
	})
}

func TestSeenIsForgottenAfterALongTime(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		const n = 300
		for i := range n {
			apply(t, s, key("old", fmt.Sprint("old", i)), noon)
		}
		count := func() (n int) {
			if err := raw(t, dsn).QueryRow(`SELECT COUNT(*) FROM seen`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		for i := range n {
			apply(t, s, key("new", fmt.Sprint("new", i)), noon.Add(44*24*time.Hour))
		}
		if got := count(); got != 2*n {
			t.Errorf("%d events are remembered, want %d", got, 2*n)
		}
		for i := range n {
			apply(t, s, key("newer", fmt.Sprint("newer", i)), noon.Add(46*24*time.Hour))
		}
		if got := count(); got != 2*n {
			t.Errorf("%d events are remembered, want %d", got, 2*n)
		}
	})
}
