package discord

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/discord/discordtest"
)

// A number in a reply: its author is asked to take it out, in their language, once in a while; the number is not said again. Nothing else that is
// written in the server is answered, and nothing is listened to unless the configuration asks for it.
func TestForumReplies(t *testing.T) {
	for _, on := range []bool{true, false} {
		t.Run(fmt.Sprint(on), func(t *testing.T) {
			s, e, c := discordtest.New(t), &ears{}, &clock{}
			s.OpenForum(true)
			c.set(time.Now())
			a, _ := connect(t, s, database(t), e.handle, serving(c), func(a *Adapter) {
				a.Forum.Replies = on
				a.Forum.Exposed = func(text string) bool { return strings.Contains(text, "1Z999") }
			})
			thread := s.Opens(discordtest.Person, "customs", "x", time.Now())
			s.Event("THREAD_CREATE", s.Told(thread, true))
			s.Wait("the reply", func() bool { return len(of(s, thread)) == 1 })
			settle(t, a, thread)
			write := func(name, author, text string) {
				s.Replies(thread, author, text, time.Now())
				s.Event(name, s.Wrote(thread), true)
			}
			write("MESSAGE_CREATE", discordtest.Stranger, "I had the same")
			elsewhere := discordtest.Said(40, "mine is 1Z999AA10123456784")
			elsewhere["guild_id"] = discordtest.Guild
			s.Event("MESSAGE_CREATE", elsewhere)
			write("MESSAGE_CREATE", discordtest.Stranger, "mine is 1Z999AA10123456784 and waits")
			write("MESSAGE_CREATE", discordtest.Stranger, "again 1Z999AA10123456784")
			write("MESSAGE_UPDATE", discordtest.Person, "清关卡住了，单号是 1Z999AA10123456784")
			want := []string{"This reply seems to show", "这条回复里似乎有"}
			if !on {
				want = nil
			}
			s.Event("MESSAGE_CREATE", discordtest.Said(50, "behind it"))
			waitFor(s, e, "behind it")
			notices := func() (all []string) {
				for _, m := range of(s, thread)[1:] {
					all = append(all, m.Reads())
					if strings.Contains(string(m.Components), "1Z999") || m.Reference == "" {
						t.Errorf("the notice is %s in answer to %q", m.Components, m.Reference)
					}
				}
				return all
			}
			s.Wait("the notices", func() bool { return len(notices()) == len(want) })
			got := notices()
			slices.Sort(got)
			for i := range want {
				if !strings.Contains(got[i], want[i]) {
					t.Errorf("the notices read %q", got)
				}
			}
			if !on {
				return
			}
			c.forward(2 * warnEvery)
			write("MESSAGE_CREATE", discordtest.Stranger, "and 1Z999AA10123456784")
			s.Wait("the next notice", func() bool { return len(notices()) == 3 })
			sound(t, s)
		})
	}
}

// Without the intent Discord ends the connection, and the program says what to do.
func TestForumRepliesForbidden(t *testing.T) {
	s := discordtest.New(t)
	s.OpenForum(false)
	_, ended := connect(t, s, database(t), (&ears{}).handle, serving(nil), func(a *Adapter) { a.Forum.Replies = true })
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "Message Content Intent") {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it goes on")
	}
}
