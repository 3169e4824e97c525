package pictures

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"xiaobao/adapters/simulator"
)

// start builds the program and runs it until the test ends. It returns its address.
func start(t *testing.T) (address string) {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "xiaobao")
	if out, err := exec.Command("go", "build", "-o", program, "xiaobao/cmd/xiaobao").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	config := filepath.Join(dir, "xiaobao.yaml") // a journey takes a quarter of the time that it takes for people who look on
	if err := os.WriteFile(config, fmt.Appendf(nil, "simulator: {speed: %d}\n", 4*simulator.Brisk), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "--config", config, "--listen", "127.0.0.1:0", "--database", "x.db", "--log", "warn")
	cmd.Dir = dir
	cmd.Env = slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "XIAOBAO_") })
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // how it ends is known from its exit code and its log
		if code := cmd.ProcessState.ExitCode(); code != 0 || log.Len() > 0 {
			t.Errorf("the program ended with code %d and logged:\n%s", code, log.String())
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, rest, ok := strings.Cut(lines.Text(), "http://"); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return "http://" + strings.TrimSpace(rest)
		}
	}
	stop()
	t.Fatalf("the program did not say where it is: %v", lines.Err())
	return ""
}
