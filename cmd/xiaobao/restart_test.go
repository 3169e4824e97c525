package main

import (
	"fmt"
	mrand "math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"testing"
	"time"
)

// A kill is when the power goes, seen from a post.
type kill int

const (
	never    kill = iota
	onTheWay      // when it was sent: it may or may not be kept
	atReply       // when the first thing that came of it is shown
	atAnswer      // when it was acknowledged
)

// TestRestart cuts the power again and again while a seller goes through step 1. What was acknowledged is kept, what was
// not is delivered again, nothing comes twice, and everything is where it was.
func TestRestart(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			dice := mrand.New(mrand.NewPCG(seed, 2026))
			at, args := opening, fresh(t, "")
			p := startChild(t, at, args...)
			v := visit(t, p, "en")
			again := func() {
				shown := v.sees()
				p.kill()
				at = at.Add(time.Minute)
				p = startChild(t, at, args...)
				v.look(p)
				w := v.tab() // what somebody sees who reloads the page
				w.await("what was shown before", func(now room) bool { return len(now) > 0 || len(shown) == 0 })
				now := w.sees()
				for _, e := range shown {
					if !slices.ContainsFunc(now, func(f *entry) bool { return f.Order == e.Order }) {
						t.Errorf("after the restart this is gone: %v", e.texts())
					}
				}
			}
			do := func(in posting, at kill) {
				t.Helper()
				seen := len(v.sees())
				req, sent, status := v.posted(in), make(chan struct{}), make(chan int, 1)
				req = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
					WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) },
				}))
				go func() {
					s, _ := v.deliver(req)
					status <- s
				}()
				switch at {
				case onTheWay:
					<-sent
					again()
				case atReply:
					v.await("something to come of it", func(r room) bool { return len(r) > seen })
					again()
				case atAnswer:
					status <- <-status
					again()
				}
				if s := <-status; s != http.StatusNoContent || at != never { // the page tries again when it heard nothing
					if s, body := v.post(in); s != http.StatusNoContent {
						t.Fatalf("posting %v again: %d %s", in, s, body)
					}
				}
			}

			inputs := []func() posting{
				func() posting { return posting{"kind": "text", "text": "hi"} },
				func() posting { return v.button("1. Register an Amazon seller account") },
				func() posting { return v.button("Amazon warehouse (FBA)") },
				func() posting {
					return v.filled(map[string]string{"has_account": "No", "marketplaces": "United States + Germany", "entity": "Mainland China company"})
				},
				func() posting {
					return v.filled(map[string]string{
						"company_name_zh": "深圳市明途贸易有限公司", "company_name_en": "Shenzhen Mingtu Trading Co., Ltd.", "uscc": "91350100M000100Y43",
					})
				},
				func() posting {
					return v.filled(map[string]string{"address_line": "Room 1203, 88 Xinghai Road", "address_city": "Shenzhen", "address_state": "Guangdong", "address_postcode": "518052"})
				},
				func() posting {
					return v.filled(map[string]string{"contact_name": "Lin Min", "contact_phone": "13800138000", "contact_email": "ops@mingtu.example"})
				},
				func() posting {
					v.see("Which selling plan")
					return posting{"kind": "text", "text": "professional"}
				},
				func() posting { return v.button("All Right") },
				func() posting { return v.button("It Is Done") },
			}
			kills := make([]kill, len(inputs))
			for _, k := range []kill{onTheWay, onTheWay, atReply, atAnswer} {
				kills[dice.IntN(len(kills))] = k
			}
			for i, in := range inputs {
				do(in(), kills[i])
			}
			r := v.see("What is your seller ID") // the next question
			if got := r.said(); !slices.Equal(got, []string{"hi", "professional"}) {
				t.Errorf("what was typed is shown as %q", got)
			}
			if got := r.files(); !slices.Equal(got, []string{"01-materials.md"}) {
				t.Errorf("the documents are %q", got)
			}
			for text, n := range map[string]int{"Step 1 of 10: Register": 1, "This is your company as every": 1, "That card is out of date": 0} {
				if got := r.count(text); got > n {
					t.Errorf("%q is shown %d times, want %d, with the power cut at %v", text, got, n, kills)
				}
			}
			if code := p.stop(); code != 0 {
				t.Errorf("ended with %d:\n%s", code, p.errs)
			}
		})
	}
}

// TestLateReminders lets days go by while the program does not run. What should have been said in them is said once: the
// last of it.
func TestLateReminders(t *testing.T) {
	const (
		reminder = "A reminder about “Register an Amazon seller account”"
		help     = "Reviews are usually held up by"
		ticket   = "has been waiting for so long"
		opened   = "is open. A human has your question"
	)
	for name, later := range map[string][]struct {
		days int            // after the beginning
		say  map[string]int // how often each is in the room then
	}{
		"a month": {{30, map[string]int{reminder: 0, help: 0, ticket: 1, opened: 1}}},
		"bit by bit": {
			{4, map[string]int{reminder: 1, help: 0, ticket: 0, opened: 0}},
			{7, map[string]int{reminder: 1, help: 1, ticket: 0, opened: 0}},
			{7, map[string]int{reminder: 1, help: 1, ticket: 0, opened: 0}},
			{60, map[string]int{reminder: 1, help: 1, ticket: 1, opened: 1}},
			{90, map[string]int{reminder: 1, help: 1, ticket: 1, opened: 1}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := fresh(t, "")
			p := startChild(t, opening, args...)
			v := visit(t, p, "en")
			play(t, v, untilReview)
			v.see("Amazon reviews your seller account")
			for _, l := range later {
				p.kill()
				p = startChild(t, opening.AddDate(0, 0, l.days), args...)
				v.look(p)
				v.await(fmt.Sprintf("after %d days, %v", l.days, l.say), func(r room) bool {
					for text, n := range l.say {
						if r.count(text) < n {
							return false
						}
					}
					return true
				})
				v.say("status") // whatever was late has been said before the answer to this
				r := v.see("question 8 of 8")
				for text, n := range l.say {
					if got := r.count(text); got != n {
						t.Errorf("after %d days %q is said %d times, want %d:\n%s", l.days, text, got, n, r)
					}
				}
			}
			p.stop()
		})
	}
}

// untilReview goes through step 1 until Amazon reviews the account.
const untilReview = `
> hi
* 1. Register an Amazon seller account
* Amazon warehouse (FBA)
= has_account: No
= marketplaces: United States
= entity: Mainland China company
* Send
= company_name_zh: 深圳市明途贸易有限公司
= company_name_en: Shenzhen Mingtu Trading Co., Ltd.
= uscc: 91350100M000100Y43
* Send
= address_line: Room 1203, Building B, 88 Xinghai Road, Nanshan District
= address_city: Shenzhen
= address_state: Guangdong
= address_postcode: 518052
* Send
= contact_name: Lin Min
= contact_phone: 13800138000
= contact_email: ops@mingtu.example
* Send
* Professional
* All Right`

// count is in how many entries a text stands.
func (r room) count(text string) (n int) {
	for _, e := range r {
		if strings.Contains(strings.Join(e.texts(), "\n"), text) {
			n++
		}
	}
	return n
}
