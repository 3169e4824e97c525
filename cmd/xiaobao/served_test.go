package main

import (
	"slices"
	"strings"
	"testing"
)

// TestServedTwice starts a second program on the SQLite file that another serves from. It serves, and says what is wrong and
// what to do; whoever is alone, also after the other died, says nothing.
func TestServedTwice(t *testing.T) {
	t.Parallel()
	args := slices.Insert(fresh(t, ""), 0, "--log", "warn")
	const warning, advice = "another xiaobao serves from this SQLite file", "Stop one of them, or use PostgreSQL"
	first := startChild(t, opening, args...)
	second := startChild(t, opening, args...)
	second.errs.await(t, "a warning", second.ended, func(errs string) bool {
		return strings.Contains(errs, warning) && strings.Contains(errs, advice) && strings.Contains(errs, databaseOf(args))
	})
	v := visit(t, second, "en")
	v.say("hello")
	v.see("Xiaobao")
	if errs := first.errs.String(); errs != "" {
		t.Errorf("the first says %q", errs)
	}
	first.kill()
	second.kill()
	third := startChild(t, opening, args...)
	if code := third.stop(); code != 0 || third.errs.String() != "" {
		t.Errorf("alone, after the others died, it ends with %d and says %q", code, third.errs)
	}
}
