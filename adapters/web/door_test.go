package web

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"xiaobao/adapters/adaptertest"
	"xiaobao/adapters/web/webtest"
	"xiaobao/bot"
)

// What every door must do, seen in a real page.
func TestDoor(t *testing.T) {
	p := webtest.Start(t).Person("en")
	adaptertest.Run(t, func(t *testing.T, handle func(context.Context, bot.Incoming) error) adaptertest.Door {
		log := newMemory()
		a, err := New(Config{Log: log, Logger: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		server := httptest.NewServer(a.Handler(ctx, handle))
		t.Cleanup(func() {
			p.Go("about:blank")
			cancel()
			server.Close()
		})
		p.Go(server.URL + "/r/" + aRoom)
		upToDate := func() {
			if m := log.newest(makePlace(aRoom)); m.seq > 0 {
				p.Wait("the page to be up to date", "document.documentElement.dataset.mark === '"+m.String()+"'")
			}
		}
		return adaptertest.Door{
			Adapter: a,
			Place:   makePlace(aRoom),
			Seen: func() []adaptertest.Seen {
				upToDate()
				var seen []adaptertest.Seen
				for _, text := range webtest.Eval[[]string](p, "[...document.querySelectorAll('#log > li')].map(e => e.innerText)") {
					seen = append(seen, adaptertest.Seen{Text: text})
				}
				return seen
			},
			Say: p.Type,
			Raw: func() string {
				upToDate()
				return strings.ToLower(webtest.Eval[string](p, "document.getElementById('log').innerHTML"))
			},
			Forbidden: []string{"<script", "<img", "<b>", `href="javascript`, `href="https://evil`, `href="mailto`, "\x1b", "\x07", "\u202e", "\u2066"},
		}
	})
	if f := p.Faults(); len(f) > 0 {
		t.Errorf("the page's scripts failed: %q", f)
	}
}
