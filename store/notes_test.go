package store_test

import (
	"strings"
	"testing"
	"time"

	"xiaobao/bot"
)

func TestNotes(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		n := s.Notes("discord")
		keep := func(name string, about bot.User, body string, until time.Time) {
			t.Helper()
			if err := n.Keep(ctx, name, about, []byte(body), noon, until); err != nil {
				t.Fatal(err)
			}
		}
		find := func(name string, now time.Time, want string) {
			t.Helper()
			if got, err := n.Find(ctx, name, now); err != nil || string(got) != want {
				t.Errorf("%s: %q, %v, want %q", name, got, err, want)
			}
		}
		join(t, s, colleague, "c1")
		hour := noon.Add(time.Hour)
		keep("dm:U7", colleague, "[1]", hour)
		keep("dm:U7", colleague, "[2]", hour)
		keep("dm:U8", bot.User{}, "[3]", hour)
		keep("reply:a", bot.User{}, "[4]", noon.Add(time.Minute))
		if err := s.Notes("slack").Keep(ctx, "dm:U9", bot.User{}, []byte("x"), noon, hour); err != nil {
			t.Fatal(err)
		}
		find("dm:U7", noon, "[2]")
		find("reply:a", noon, "[4]")
		find("reply:a", noon.Add(time.Minute), "") // ended
		find("dm:U9", noon, "")                    // another network's
		list := func(prefix, after string) string {
			t.Helper()
			var all []string
			if err := n.List(ctx, prefix, after, noon, 9, func(name string, body []byte) { all = append(all, name+string(body)) }); err != nil {
				t.Fatal(err)
			}
			return strings.Join(all, " ")
		}
		if got := list("dm:", ""); got != "dm:U7[2] dm:U8[3]" {
			t.Errorf("listed %q", got)
		}
		if got := list("dm:", "dm:U7"); got != "dm:U8[3]" {
			t.Errorf("after the first: %q", got)
		}
		if err := s.Erase(ctx, colleague.Tenant(), "c1"); err != nil {
			t.Fatal(err)
		}
		find("dm:U7", noon, "") // went with the case
		find("dm:U8", noon, "[3]")
		if err := n.Drop(ctx, "dm:U8"); err != nil {
			t.Fatal(err)
		}
		find("dm:U8", noon, "")
	})
}
