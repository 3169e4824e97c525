package discord

import (
	"context"
	"encoding/json"
	"sync"
	"time"
	"unicode"
)

// warnEvery is how far apart notices to one person in one post are.
const warnEvery = 10 * time.Minute

// warnings are who was warned where lately.
type warnings struct {
	mu  sync.Mutex
	all map[string]time.Time
}

// overheard looks at a reply in the forum, where the configuration says so, and asks its author to take out what should not stand in public. It
// says whether the message was written in a server. What it says is not kept.
func (a *Adapter) overheard(ctx context.Context, data json.RawMessage) bool {
	var m directMessage
	if json.Unmarshal(data, &m) != nil || m.Guild == "" {
		return false
	}
	if a.Forum.Channel == "" || !a.Forum.Replies || a.Forum.Exposed == nil || !isID(m.ID) || !isID(m.Channel) || m.ID == m.Channel ||
		m.Author.Bot || !isID(m.Author.ID) || m.Webhook != "" || m.Content == "" {
		return true
	}
	if !a.Forum.Exposed(m.Content) || !a.begin() {
		return true
	}
	go func() {
		defer a.busy.Done()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*a.times.whole)
		defer cancel()
		if err := a.warn(ctx, m); err != nil {
			a.Logger.WarnContext(ctx, "discord: nobody was asked to take a number out of a reply", "error", err)
		}
	}()
	return true
}

// warn asks whoever wrote a reply to take out what everybody reads.
func (a *Adapter) warn(ctx context.Context, m directMessage) error {
	p, err := a.findPost(ctx, m.Channel)
	if err != nil || p.State == "" || !a.warnings.warns(m.Channel+" "+m.Author.ID, a.Now()) {
		return err
	}
	lang := p.Lang
	if a.Forum.Read != nil && letters(m.Content) >= 8 {
		lang = a.Forum.Read(m.Content, nil).Lang
	}
	say := a.plain(a.words.say(lang, "forum_exposed_reply"), 0)
	say.Reference = &reference{Message: m.ID}
	if err := a.utter(ctx, m.Channel, "exposed-"+m.ID, say); err != nil {
		a.warnings.forget(m.Channel + " " + m.Author.ID)
		return err
	}
	return nil
}

// warns says whether somebody is to be warned now, and notes that they are.
func (w *warnings) warns(who string, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if at, ok := w.all[who]; ok && now.Sub(at) < warnEvery {
		return false
	}
	if w.all == nil {
		w.all = map[string]time.Time{}
	}
	tidy(w.all, now.Add(-warnEvery))
	w.all[who] = now
	return true
}

func (w *warnings) forget(who string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.all, who)
}

// letters is how many letters a text has.
func letters(s string) (n int) {
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
			if unicode.Is(unicode.Han, r) {
				n++
			}
		}
	}
	return n
}
