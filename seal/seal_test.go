package seal

import (
	"errors"
	"strings"
	"testing"
)

const (
	old  = "an old secret of enough bytes"
	next = "a new secret of enough bytes!"
)

func TestSeal(t *testing.T) {
	r, err := NewRing(old)
	if err != nil {
		t.Fatal(err)
	}
	sealed := r.Seal([]byte("xoxb-token"), "slack:T1", "token", "bot")
	if strings.Contains(sealed, "xoxb") || sealed == r.Seal([]byte("xoxb-token"), "slack:T1", "token", "bot") {
		t.Errorf("sealed as %q", sealed)
	}
	if text, err := r.Open(sealed, "slack:T1", "token", "bot"); err != nil || string(text) != "xoxb-token" {
		t.Errorf("opened: %q, %v", text, err)
	}
	for _, name := range [][]string{{"slack:T2", "token", "bot"}, {"slack:T1", "token"}, {"slack:T1token", "", "bot"}, nil} {
		if _, err := r.Open(sealed, name...); !errors.Is(err, ErrBroken) {
			t.Errorf("opened as %q: %v", name, err)
		}
	}
	for i := range sealed {
		changed := []byte(sealed)
		changed[i] ^= 1
		if text, err := r.Open(string(changed), "slack:T1", "token", "bot"); err == nil && string(text) != "xoxb-token" {
			t.Errorf("changed at %d it opens as %q", i, text)
		}
	}
	for _, broken := range []string{"", ".", "x", sealed[:12], strings.Split(sealed, ".")[0] + ".%%%"} {
		if _, err := r.Open(broken, "slack:T1", "token", "bot"); err == nil {
			t.Errorf("%q opens", broken)
		}
	}
}

func TestKeysChange(t *testing.T) {
	before, _ := NewRing(old)
	both, err := NewRing(next, old)
	if err != nil {
		t.Fatal(err)
	}
	after, _ := NewRing(next)
	sealed := before.Seal([]byte("x"), "n")
	if !both.Stale(sealed) || before.Stale(sealed) {
		t.Error("what is stale is not known")
	}
	if text, err := both.Open(sealed, "n"); err != nil || string(text) != "x" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := after.Open(sealed, "n"); !errors.Is(err, ErrNoKey) {
		t.Errorf("without its key: %v", err)
	}
	if text, err := after.Open(both.Seal([]byte("x"), "n"), "n"); err != nil || string(text) != "x" {
		t.Errorf("sealed again: %q, %v", text, err)
	}
	for _, bad := range [][]string{nil, {""}, {"short"}, {next, "short"}} {
		if _, err := NewRing(bad...); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
