package discord

import (
	"fmt"
	"testing"
	"time"

	"xiaobao/bot"
)

// However many people press within a quarter of an hour, the messages that can still be edited are so many and no more, the latest; one that is
// pressed again counts as new.
func TestRepliesAreBounded(t *testing.T) {
	now := time.Unix(1764550800, 0)
	r := newReplies(nil, func() time.Time { return now })
	press := func(person int, interaction, message string) *reply {
		place := bot.Place{Network: Network, Workspace: "g", Room: "c", Thread: fmt.Sprint("~", person)}
		return r.open(place, fmt.Sprint(person), &reply{Interaction: interaction, Token: "t", Until: now.Add(tokenLife), Original: message, Left: manyFurther})
	}
	name := func(n int) string { return fmt.Sprint("message ", n) }
	const people, pressed = 50, 2*mostOwned + 10
	for n := range pressed {
		one := press(n%people, fmt.Sprint(n), "")
		r.made(name(n), one)
		if n == mostOwned/2 {
			press(0, "again", name(0))
		}
	}
	if len(r.owner) != mostOwned || len(r.places) != people || len(r.order) > 2*mostOwned {
		t.Errorf("%d messages of %d places are kept, in an order of %d", len(r.owner), len(r.places), len(r.order))
	}
	for n := range pressed {
		if can := r.by(name(n)) != nil; can != (n >= pressed-mostOwned) {
			t.Fatalf("%s: can be edited %v", name(n), can)
		}
	}
	last := name(pressed - mostOwned)
	again := press(1, "once more", last)
	for n := range mostOwned - 1 {
		r.made(fmt.Sprint("more ", n), press(2, fmt.Sprint("more ", n), ""))
	}
	if r.by(last) != again {
		t.Error("what was pressed again is forgotten as if it were old")
	}
	r.made("one more", press(2, "one more", ""))
	if r.by(last) != nil {
		t.Error("it is kept for ever")
	}

	// What has ended is forgotten in the order too.
	now = now.Add(time.Hour)
	for n := range 3 * mostOwned {
		r.made(fmt.Sprint("later ", n), press(3, fmt.Sprint("later ", n), ""))
	}
	if len(r.owner) > mostOwned || len(r.order) > 2*mostOwned {
		t.Errorf("%d messages in an order of %d", len(r.owner), len(r.order))
	}
}
