package flow_test

import (
	"testing"

	"xiaobao/bot/flow"
)

// spines are the ten steps as the last turn drew them, by person.
func (c *chat) spines() map[string]flow.Spine {
	out := map[string]flow.Spine{}
	for _, e := range c.effects {
		if sp, ok := e.(flow.Spine); ok {
			if _, twice := out[sp.To.Person]; twice {
				c.Errorf("the ten steps were drawn twice for %s", sp.To.Person)
			}
			out[sp.To.Person] = sp
		}
	}
	return out
}

// TestSpineFollows checks that the ten steps on screen are brought up to date when one of them moves, for colleagues too,
// and that they are left alone otherwise.
func TestSpineFollows(t *testing.T) {
	c := newChat(t)
	c.say("b", "hello")
	c.say("a", "hello")
	c.say("a", "step 1")
	got := c.spines()
	for _, person := range []string{"a", "b"} {
		sp, ok := got[person]
		if !ok {
			t.Fatalf("step 1 began and %s still sees it as not started", person)
		}
		if sp.Steps[0].Status != flow.Active || !sp.Redraw || sp.To.Place != "place-"+person {
			t.Errorf("%s sees %+v at %s, redraw %v; want step 1 under way, redrawn", person, sp.Steps[0], sp.To.Place, sp.Redraw)
		}
	}
	c.say("a", "Lin")
	if got := c.spines(); len(got) != 0 {
		t.Errorf("an answer drew the ten steps again: %+v", got)
	}
	c.say("a", "steps")
	if sp := c.spines()["a"]; len(sp.Steps) == 0 || sp.Redraw {
		t.Errorf("asked for the ten steps and got %+v", sp)
	}
	c.say("a", "step 2")
	c.say("a", "step 1") // both are under way: none moves, but which one a is in does
	got = c.spines()
	if sp := got["a"]; len(sp.Steps) == 0 || !sp.Redraw || sp.Next != sp.Steps[0].Flow || sp.Steps[1].Status != flow.Active || len(got) != 1 {
		t.Errorf("a went back to step 1; the ten steps were drawn as %+v", got)
	}
}
