package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOverrides lays an operator's words and flows over the built-in ones: they are said, and a mistake in them is found.
func TestOverrides(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	words, flows := filepath.Join(dir, "words"), filepath.Join(dir, "flows")
	put("words/en/ours.toml", `"hello.who" = "This is the desk of Lin & Sons."`+"\n")
	put("flows/README.txt", "nothing here yet\n")
	if code, out, errs := command(t, "", "flows", "check", flows, "--words", words); code != 0 || !strings.Contains(out, "No mistakes") {
		t.Fatalf("good words: %d\n%s%s", code, out, errs)
	}
	code, out, errs := command(t, "hi\n", "chat", "--lang", "en", "--database", filepath.Join(dir, "x.db"), "--files", dir, "--words", words, "--flows", flows)
	if code != 0 || !strings.Contains(out, "This is the desk of Lin & Sons.") || strings.Contains(out, "I'm Xiaobao") {
		t.Errorf("the operator's words are not said: %d\n%s%s", code, out, errs)
	}

	put("words/en/ours.toml", `"hello.who" = "Hello {{.Stranger}}."`+"\n")
	if code, _, errs := command(t, "", "flows", "check", flows, "--words", words); code != 1 || !strings.Contains(errs, "hello.who") || !strings.Contains(errs, "{{.Stranger}}") {
		t.Errorf("a hole that nobody fills: %d\n%s", code, errs)
	}
	put("flows/04-sign.yaml", "spec: 1\nflow: sign\nstep: 4\nrevision: 2\nnodes:\n  - ask: seal_usd\n  - done: end\n")
	if code, _, errs := command(t, "", "flows", "check", flows); code != 1 || !strings.Contains(errs, `04-sign.yaml:6: node seal_usd: there is no slot "seal_usd"`) {
		t.Errorf("a slot that does not exist: %d\n%s", code, errs)
	}
	put("flows/04-sign.yaml", "spec: 1\nflow: sign\nstep: 4\nrevision: 2\nnodes:\n  - do: watch\n    call: shipment.wach\n  - done: end\n")
	for _, args := range [][]string{{"flows", "check", flows}, {"chat", "--database", filepath.Join(dir, "y.db"), "--flows", flows}} {
		if code, _, errs := command(t, "", args...); code != 1 || !strings.Contains(errs, `04-sign.yaml:6: do watch calls "shipment.wach", which nobody answers; did you mean shipment.watch?`) {
			t.Errorf("%s: a call that nobody answers: %d\n%s", args[0], code, errs)
		}
	}
}
