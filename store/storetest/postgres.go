//go:build unix

// Package storetest starts a PostgreSQL for tests from the server binaries that are installed, one per test binary, and
// hands out fresh databases. Nothing else of the machine is used: a socket in a temporary directory, no TCP.
//
//	func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }
//
//	s, err := store.Open(ctx, storetest.Postgres(t), store.Options{})
package storetest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
)

// Main runs the tests and stops the server that they started, if they did. Call it from TestMain.
func Main(m *testing.M) int {
	code := m.Run()
	if server.stop != nil {
		server.stop()
	}
	return code
}

// Postgres returns the address of a new, empty database, which is dropped when the test ends. Where no server is
// installed the test is skipped; where the environment variable CI is "true" it fails, so that nobody believes it ran.
func Postgres(tb testing.TB) string {
	tb.Helper()
	server.once.Do(func() { server.err = start() })
	if server.err == errNone {
		if os.Getenv("CI") == "true" {
			tb.Fatal(errNone)
		}
		tb.Skip(errNone)
	}
	if server.err != nil {
		tb.Fatal(server.err)
	}
	server.mu.Lock()
	server.made++
	name := fmt.Sprintf("test%d", server.made)
	server.mu.Unlock()
	do(tb, "CREATE DATABASE "+name)
	tb.Cleanup(func() { do(tb, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return address(name)
}

func do(tb testing.TB, q string) {
	tb.Helper()
	db, err := sql.Open("pgx", address("postgres"))
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(q); err != nil {
		tb.Fatalf("%s: %v", q, err)
	}
}

var errNone = errors.New("no PostgreSQL server is installed: neither /usr/lib/postgresql/*/bin/postgres nor one in PATH")

var server struct {
	once sync.Once
	err  error
	dir  string // of the socket
	stop func()

	mu   sync.Mutex
	made int
}

const port = "5432" // names the socket file

func start() error {
	bin, ok := binaries()
	if !ok {
		return errNone
	}
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		return err
	}
	server.stop = func() { os.RemoveAll(dir) }
	attr, err := account(dir)
	if err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, attr
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	var log bytes.Buffer
	postgres := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-p", port, "-c", "listen_addresses=", "-c", "max_connections=200")
	postgres.Dir, postgres.SysProcAttr, postgres.Stderr = dir, attr, &log
	if err := postgres.Start(); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	server.dir = dir
	ended := make(chan error, 1)
	go func() { ended <- postgres.Wait() }()
	server.stop = func() {
		postgres.Process.Signal(syscall.SIGINT) // fast shutdown
		<-ended
		os.RemoveAll(dir)
	}
	return ready(ended, &log)
}

// ready waits until the server answers, or has ended.
func ready(ended chan error, log *bytes.Buffer) error {
	db, err := sql.Open("pgx", address("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(time.Minute)
	for {
		if err = db.PingContext(context.Background()); err == nil {
			return nil
		}
		select {
		case end := <-ended:
			ended <- end
			return fmt.Errorf("postgres ended: %v\n%s", end, log)
		case <-late:
			return fmt.Errorf("postgres does not answer: %w", err)
		case <-tick.C:
		}
	}
}

func address(database string) string {
	return "postgres:///" + database + "?" + url.Values{"host": {server.dir}, "port": {port}, "user": {"postgres"}}.Encode()
}

// binaries finds the newest installed server.
func binaries() (dir string, ok bool) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	for _, f := range found {
		return filepath.Dir(f), true
	}
	if f, err := exec.LookPath("postgres"); err == nil {
		if f, err = filepath.EvalSymlinks(f); err == nil {
			return filepath.Dir(f), true
		}
	}
	return "", false
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// account makes the server run as postgres when the tests run as root: it refuses to be root.
func account(dir string) (*syscall.SysProcAttr, error) {
	attr := dieTogether()
	if os.Getuid() != 0 {
		return attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("the tests run as root, and PostgreSQL must not: %w", err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, os.Chown(dir, uid, gid)
}
