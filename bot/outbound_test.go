package bot

import (
	"testing"
	"testing/synctest"
)

// TestTurnsWaitForRoom: turns that wait for room go on waiting when others were faster, so that nothing of theirs makes a detour through the
// outbox; they do not wait for longer than longestPause.
func TestTurnsWaitForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutbound(&Bot{Config: Config{Sending: 1}, nudge: make(chan struct{}, 1)})
		if got := o.reserve(mostUnderWay); got != mostUnderWay {
			t.Fatalf("room for %d", got)
		}
		const turns = 100
		admitted := make(chan bool, turns)
		for range turns {
			go func() { admitted <- o.admit(t.Context()) }()
		}
		count := func() (in, left int) {
			synctest.Wait()
			for len(admitted) > 0 {
				if <-admitted {
					in++
				} else {
					left++
				}
			}
			return in, left
		}
		o.release(70)
		if in, left := count(); in != 70 || left != 0 {
			t.Errorf("room for 70: %d go on, %d leave what they say to the outbox", in, left)
		}
		o.release(mostUnderWay)
		if in, left := count(); in != turns-70 || left != 0 {
			t.Errorf("room for the others: %d go on, %d do not", in, left)
		}
		o.reserve(mostUnderWay)
		if o.admit(t.Context()) { // the time in here passes at once
			t.Error("a turn is let in where there is no room")
		}
	})
}
