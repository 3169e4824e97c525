package discord

import (
	"slices"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/discord/discordtest"
)

// What is due for a post, by what is remembered of it.
func TestPostDue(t *testing.T) {
	start := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	day := func(n float64) time.Time { return start.Add(time.Duration(n * 24 * float64(time.Hour))) }
	open := post{State: postOpen, Heard: start}
	reminded := func(at float64) post { p := open; p.Reminded = day(at); return p }
	for _, c := range []struct {
		name string
		post post
		now  time.Time
		want chore
	}{
		{"nothing is known", post{}, day(9), choreNone},
		{"just begun elsewhere", post{State: postNew, Heard: start}, start.Add(time.Second), choreNone},
		{"begun and left", post{State: postNew, Heard: start}, start.Add(startWithin), choreAnswer},
		{"quiet", open, day(2.9), choreNone},
		{"three days", open, day(3), choreRemind},
		{"reminded", reminded(3), day(6.9), choreNone},
		{"a week", reminded(3), day(7), choreExpire},
		{"reminded late", reminded(10), day(12), choreNone},
		{"four days after that", reminded(10), day(14), choreExpire},
		{"a week, never reminded", open, day(9), choreRemind},
		{"somebody wrote after the reminder", post{State: postOpen, Heard: day(4), Reminded: day(3)}, day(6.9), choreNone},
		{"and fell silent", post{State: postOpen, Heard: day(4), Reminded: day(3)}, day(7), choreRemind},
		{"solved", post{State: postSolved, Heard: start}, day(30), choreNone},
		{"solved, not yet archived", post{State: postSolved, Heard: start, Closing: true}, start, choreClose},
		{"archived", post{State: postArchived, Heard: start}, day(30), choreNone},
	} {
		if got := c.post.due(c.now); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// A silent post is brought to mind after three days and archived after seven; a reply begins the count anew, and brings back
// what was archived. Nothing is said twice, whatever is lost.
func TestForumSilence(t *testing.T) {
	for _, c := range []struct{ title, reminder, archived, button string }{
		{"customs", "Nobody has written here for three days", "archived. Any reply opens it again", "Mark solved"},
		{"清关", "三天没有新回复", "帖子已归档", "标记已解决"},
	} {
		s, at, db := discordtest.New(t), &clock{}, database(t)
		s.OpenForum(true)
		// The stand-in stamps what the bot says with its own clock, so the post is older instead of the clock faster.
		began := time.Now().Add(-8 * 24 * time.Hour)
		at.set(began)
		a, _ := connect(t, s, db, (&ears{}).handle, serving(at))
		a.Forum.Desk = ""
		thread := s.Opens(discordtest.Person, c.title, "x", began)
		s.Event("THREAD_CREATE", s.Told(thread, true))
		s.Wait("the reply", func() bool { return len(of(s, thread)) == 1 })
		settle(t, a, thread)
		// What the bot said stands at the time of the stand-in: taken away, so that it does not look as if it were the reminder.
		s.Remove(of(s, thread)[0].ID)
		day := 24 * time.Hour
		said := func(text string) (n int) {
			for _, m := range of(s, thread) {
				if strings.Contains(m.Reads(), text) {
					n++
				}
			}
			return n
		}
		at.set(began.Add(2 * day))
		s.Replies(thread, helper, "I had that too", began.Add(2*day))
		at.set(began.Add(4 * day))
		a.tendOnce(t.Context())
		if n := said(c.reminder); n != 0 {
			t.Fatalf("%d reminders two days after a reply", n)
		}
		at.set(began.Add(5*day + time.Hour))
		s.Fail("POST /channels/{channel_id}/messages", discordtest.Fault{Status: 502, Late: true})
		a.tendOnce(t.Context()) // it arrives; the answer does not
		s.ForgetNonces()
		for range 3 {
			a.tendOnce(t.Context())
		}
		if n := said(c.reminder); n != 1 {
			t.Fatalf("%d reminders", n)
		}
		if m := of(s, thread)[0]; m.Pressed(1, discordtest.Where{}, c.button) == nil {
			t.Errorf("it has no button %q", c.button)
		}
		p, _ := a.findPost(t.Context(), thread)
		if !p.Answered {
			t.Error("that a helper wrote is not noted")
		}
		at.set(p.Reminded.Add(3 * day))
		a.tendOnce(t.Context())
		if s.Thread(thread).Archived {
			t.Fatal("archived three days after the reminder")
		}
		at.set(p.Reminded.Add(4*day + time.Hour))
		for range 3 {
			a.tendOnce(t.Context())
		}
		if !s.Thread(thread).Archived || said(c.archived) != 1 {
			t.Fatalf("archived %v, said %d times", s.Thread(thread).Archived, said(c.archived))
		}
		s.Event("THREAD_UPDATE", s.Told(thread, false))
		settle(t, a, thread)
		if p, _ := a.findPost(t.Context(), thread); p.State != postArchived {
			t.Errorf("our own change made it %+v", p)
		}
		s.Replies(thread, discordtest.Person, "still", time.Now().Add(time.Minute))
		s.Event("THREAD_UPDATE", s.Told(thread, false))
		s.Wait("it to be open", func() bool { p, _ := a.findPost(t.Context(), thread); return p.State == postOpen })
		sound(t, s)
	}
}

// A post that was deleted, or where the bot may not speak any more, is forgotten; what Discord cannot do now is done later.
func TestForumFaults(t *testing.T) {
	s, at := discordtest.New(t), &clock{}
	s.OpenForum(true)
	at.set(time.Now())
	a, _ := connect(t, s, database(t), (&ears{}).handle, serving(at))
	a.Forum.Desk = ""
	var threads []string
	for range 3 {
		thread := s.Opens(discordtest.Person, "customs", "x", time.Now())
		s.Event("THREAD_CREATE", s.Told(thread, true))
		s.Wait("the reply", func() bool { return len(of(s, thread)) == 1 })
		settle(t, a, thread)
		threads = append(threads, thread)
	}
	s.Vanish(threads[0])
	s.Event("THREAD_DELETE", map[string]any{"id": threads[1], "parent_id": discordtest.Forum, "guild_id": discordtest.Guild, "type": 11})
	settle(t, a, threads[1])
	s.Wait("the second to be forgotten", func() bool { p, _ := a.findPost(t.Context(), threads[1]); return p.State == "" })
	at.forward(3*24*time.Hour + time.Minute)
	s.Fail("GET /channels/{channel_id}/messages", discordtest.Fault{Status: 404, Code: 10003}, discordtest.Fault{Status: 503})
	a.tendOnce(t.Context())
	a.tendOnce(t.Context())
	if all, err := a.posts(t.Context()); err != nil || len(all) != 1 || all[0].Thread != threads[2] || all[0].Reminded.IsZero() {
		t.Errorf("%+v, %v", all, err)
	}
	if n := len(of(s, threads[2])); n != 2 {
		t.Errorf("%d messages in the post that is left", n)
	}
	sound(t, s)
}

// Once a week helpers get the posts that nobody has answered, after a rest too, and from one of two processes.
func TestForumWeek(t *testing.T) {
	s, at, db := discordtest.New(t), &clock{}, database(t)
	s.OpenForum(true)
	at.set(time.Now())
	a, _ := connect(t, s, db, (&ears{}).handle, serving(at))
	b, _ := connect(t, s, db, (&ears{}).handle, serving(at))
	s.Wait("both to run", func() bool { return a.running() && b.running() })
	var threads []string
	for range 3 {
		thread := s.Opens(discordtest.Person, "customs", "x", time.Now())
		s.Event("THREAD_CREATE", s.Told(thread, true))
		s.Wait("the reply", func() bool { return len(of(s, thread)) == 1 })
		settle(t, a, thread)
		threads = append(threads, thread)
	}
	s.Replies(threads[1], discordtest.Person, "more of it", time.Now())
	s.Replies(threads[2], helper, "here is how", time.Now())
	lists := func() (out []string) {
		for _, m := range s.Messages(discordtest.Channel) {
			out = append(out, m.Reads()+string(m.Components))
		}
		return out
	}
	both := func() {
		done := make(chan bool, 2)
		for _, one := range []*Adapter{a, b} {
			go func() { one.tendOnce(t.Context()); done <- true }()
		}
		<-done
		<-done
	}
	for range 3 {
		both()
	}
	got := lists()
	if len(got) != 1 || !strings.Contains(got[0], "以下帖子还没有人回复") || !strings.Contains(got[0], "<#"+threads[0]+">") || !strings.Contains(got[0], threads[1]) || strings.Contains(got[0], threads[2]) {
		t.Fatalf("the lists are %q", got)
	}
	at.forward(7 * 24 * time.Hour)
	s.Fail("POST /channels/{channel_id}/messages", discordtest.Fault{Status: 503}, discordtest.Fault{Status: 503}, discordtest.Fault{Status: 503})
	a.tendOnce(t.Context()) // three reminders or the list fail
	s.Fail("POST /channels/{channel_id}/messages", slices.Repeat([]discordtest.Fault{{Status: 502, Late: true}}, 4)...)
	at.forward(tendEvery + time.Second)
	a.tendOnce(t.Context()) // the list arrives, its answer does not
	s.ForgetNonces()
	for range 3 {
		at.forward(tendEvery + time.Second)
		both()
	}
	if n := len(lists()); n != 2 {
		t.Errorf("%d lists in two weeks", n)
	}
	at.forward(5 * 7 * 24 * time.Hour) // a rest: nothing is made up for
	both()
	both()
	if n := len(lists()); n > 3 {
		t.Errorf("%d lists after a rest of five weeks", n)
	}
	sound(t, s)
}
