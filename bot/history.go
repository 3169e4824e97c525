package bot

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"xiaobao/bot/flow"
)

// The message under a card grows for longestBurst, to mostInBurst moves at most; then the next one begins.
const (
	longestBurst = 5 * time.Minute
	mostInBurst  = 8
)

// A burst is a message under a card: moves that came soon after one another.
type burst struct {
	Number int           `json:"number"`
	Card   string        `json:"card"`
	Begun  int64         `json:"begun"` // microseconds since 1970
	Moves  [][]flow.Line `json:"moves"`
}

// history puts what only the card tells under the card, in a line, so that it can be read later how things went. Moves that come all at once
// stand in one message there, which grows in place: a line each, and nobody is told twice.
func (t *turn) history(p reader, h heldNews, place Place, c Capabilities) {
	at := h.Key + " " + place.String()
	times, _, _ := strings.Cut(t.state.Notes[cardNote+at], " ")
	begun, err := strconv.Atoi(times)
	if err != nil {
		return // no card was begun here
	}
	m := Message{Lang: p.to.Lang, Notify: Silent, Under: cardKey(h.Key, begun)}
	var b burst
	_ = json.Unmarshal([]byte(t.state.Notes[burstNote+at]), &b) // empty at first
	if b.Card != m.Under || !c.Edits || len(b.Moves) >= mostInBurst || t.now.Sub(time.UnixMicro(b.Begun)) >= longestBurst {
		b = burst{Number: b.Number + 1, Card: m.Under, Begun: t.now.UnixMicro()}
	}
	b.Moves = append(b.Moves, h.Lines)
	list := Block{Kind: List}
	for _, lines := range b.Moves {
		text := p.sentence(lines)
		list.Items = append(list.Items, Item{Text: text})
		m.Text = join("\n", m.Text, text)
	}
	if len(b.Moves) > 1 {
		m.Blocks = []Block{list}
	}
	if c.Edits {
		m.Key = "burst:" + at + "/" + strconv.Itoa(b.Number)
		if text, err := json.Marshal(b); err == nil {
			t.note(burstNote+at, string(text))
		}
	}
	t.post(place, m, c)
}
