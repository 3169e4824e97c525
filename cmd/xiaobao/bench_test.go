package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/store"
)

// tenThousand is a database of 10,000 cases, each with an owner, a document of a few kilobytes and a timer.
func tenThousand(b *testing.B) string {
	b.Helper()
	ctx, path := context.Background(), filepath.Join(b.TempDir(), "x.db")
	db, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	state := []byte(fmt.Sprintf(`{"spec":%d,"seed":"s","turn":1,"notes":{"note":%q}}`, flow.Spec, strings.Repeat("what is known ", 300)))
	var wg sync.WaitGroup
	for w := range 64 {
		wg.Go(func() {
			for i := w; i < 10_000; i += 64 {
				u := bot.User{Network: "web", Workspace: "local", ID: strconv.Itoa(i), Name: "Ann", Language: "en"}
				id, err := db.Join(ctx, u, "case"+u.ID, opening)
				if err == nil {
					_, err = db.Apply(ctx, bot.Key{Tenant: u.Tenant(), Case: id, Event: "web:" + u.ID}, opening, func([]byte) (bot.Turn, error) {
						return bot.Turn{State: state, Wake: []bot.Timer{{Tenant: u.Tenant(), Case: id, Name: "silence", At: opening.AddDate(0, 0, 1+i%100)}}}, nil
					})
				}
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkStart is the time from the start of the process until the page is served, with 10,000 cases in the database.
func BenchmarkStart(b *testing.B) {
	db := tenThousand(b)
	for b.Loop() {
		p := startChild(b, opening, "--listen", "127.0.0.1:0", "--database", db)
		b.StopTimer()
		p.stop()
		b.StartTimer()
	}
}

// BenchmarkRest is what the program takes while nobody talks: memory, and processor time in a second. It needs Linux.
func BenchmarkRest(b *testing.B) {
	db, bin := tenThousand(b), shipped(b)
	for b.Loop() {
		p := startProgram(b, bin, opening, "--listen", "127.0.0.1:0", "--database", db)
		const watched = 3 * time.Second
		time.Sleep(time.Second) // a measurement, not a test: it comes to rest
		before, _ := usage(b, p.child.Pid)
		time.Sleep(watched)
		after, resident := usage(b, p.child.Pid)
		b.ReportMetric(float64(after-before)/watched.Seconds()/float64(time.Millisecond), "cpu-ms/s")
		b.ReportMetric(float64(resident)/(1<<20), "MB")
		p.stop()
	}
}

// shipped makes the program as it ships: what runs the tests is larger.
func shipped(b *testing.B) (file string) {
	b.Helper()
	file = filepath.Join(b.TempDir(), "xiaobao")
	if out, err := exec.Command("go", "build", "-o", file, ".").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	return file
}

// usage is the processor time and the memory a process has taken.
func usage(b *testing.B, pid int) (cpu time.Duration, resident int) {
	b.Helper()
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		b.Skip("no /proc: ", err)
	}
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(tasks) == 0 {
		b.Fatalf("the threads of the program: %d, %v", len(tasks), err)
	}
	for _, task := range tasks {
		data, err := os.ReadFile(task)
		if err != nil {
			continue // the thread has ended
		}
		ns, err := strconv.ParseInt(strings.Fields(string(data))[0], 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		cpu += time.Duration(ns)
	}
	pages, err := strconv.Atoi(strings.Fields(string(statm))[1])
	if err != nil {
		b.Fatal(err)
	}
	return cpu, pages * os.Getpagesize()
}
