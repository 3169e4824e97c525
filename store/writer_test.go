package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/store"
)

func TestAFailureInAGroupIsItsOwn(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		let := store.Hold(s)
		var wg sync.WaitGroup
		errs := make([]error, 12)
		for i := range errs {
			wg.Go(func() {
				if i%4 == 1 {
					errs[i] = s.Invite(ctx, "web:local", "no such case", fmt.Sprint(i), "member", noon)
					return
				}
				c := fmt.Sprint("case", i)
				_, errs[i] = s.Apply(ctx, key(c, c), noon, func([]byte) (bot.Turn, error) {
					return bot.Turn{State: []byte("{}"), Out: []bot.Outgoing{say(fmt.Sprint("d", i), room("r"), "hi")}}, nil
				})
			})
		}
		let(len(errs))
		wg.Wait()
		for i, err := range errs {
			if want := i%4 == 1; errors.Is(err, bot.ErrGone) != want || (err != nil) != want {
				t.Errorf("operation %d: %v", i, err)
			}
			if i%4 != 1 {
				if _, err := s.Read(ctx, "web:local", fmt.Sprint("case", i)); err != nil {
					t.Errorf("case %d: %v", i, err)
				}
			}
		}
		n := 0
		for ds := claim(t, s, noon.Add(time.Hour)); len(ds) > 0; ds = claim(t, s, noon.Add(time.Hour)) {
			sent(t, s, noon, ds[0], "")
			n++
		}
		if n != 9 {
			t.Errorf("%d deliveries, want 9", n)
		}
		check(t, s)
	})
}

func TestWhoGivesUpWhileWaitingChangesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		ctx, cancel := context.WithCancel(context.Background())
		let := store.Hold(s)
		failed := make(chan error)
		go func() {
			_, err := s.Apply(ctx, key("case", "1"), noon, func([]byte) (bot.Turn, error) { return bot.Turn{State: []byte("{}")}, nil })
			failed <- err
		}()
		store.Wait(s, 1)
		cancel()
		let(1)
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if _, err := s.Read(context.Background(), "web:local", "case"); !errors.Is(err, bot.ErrGone) {
			t.Errorf("the case was written: %v", err)
		}
	})
}

func TestTurnsOfOneCaseWaitForEachOther(t *testing.T) {
	s := open(t, kinds["sqlite"](t))
	inside := make(chan struct{})
	end := make(chan struct{})
	done := make(chan error)
	go func() {
		_, err := s.Apply(ctx, key("case", "1"), noon, func([]byte) (bot.Turn, error) {
			close(inside)
			<-end
			return bot.Turn{State: []byte("1")}, nil
		})
		done <- err
	}()
	<-inside
	impatient, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	think := func(state []byte) (bot.Turn, error) { return bot.Turn{State: append(state, '2')}, nil }
	if _, err := s.Apply(impatient, key("case", "2"), noon, think); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want to have given up waiting", err)
	}
	if _, err := s.Apply(ctx, key("other", "3"), noon, think); err != nil {
		t.Errorf("another case: %v", err)
	}
	go func() {
		_, err := s.Apply(ctx, key("case", "2"), noon, think)
		done <- err
	}()
	close(end)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if state, _ := s.Read(ctx, "web:local", "case"); string(state) != "12" {
		t.Errorf("document %q, want 12", state)
	}
}

func TestAThoughtThatPanicsLetsTheNextIn(t *testing.T) {
	s := open(t, kinds["sqlite"](t))
	func() {
		defer func() { recover() }()
		s.Apply(ctx, key("case", "1"), noon, func([]byte) (bot.Turn, error) { panic("oops") })
	}()
	apply(t, s, key("case", "1"), noon)
}

func TestAThoughtMayWriteIntoItsDocument(t *testing.T) {
	s := open(t, kinds["sqlite"](t))
	apply(t, s, key("case", "1"), noon)
	oops := errors.New("oops")
	_, err := s.Apply(ctx, key("case", "2"), noon, func(state []byte) (bot.Turn, error) {
		clear(state)
		return bot.Turn{}, oops
	})
	if err != oops {
		t.Errorf("got %v", err)
	}
	apply(t, s, key("case", "3"), noon)
	if state, _ := s.Read(ctx, "web:local", "case"); string(state) != "1;3;" {
		t.Errorf("document %q, want 1;3;", state)
	}
}

// Operations that come while the store is being closed are written or refused; none is left waiting, and none breaks anything.
func TestWhoComesWhileItCloses(t *testing.T) {
	for range 20 {
		s, err := store.Open(ctx, kinds["sqlite"](t), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		begun := make(chan struct{}, 16)
		for i := range 16 {
			wg.Go(func() {
				begun <- struct{}{}
				for n := range 50 {
					err := s.Unanswered(ctx, "web:local", "en", fmt.Sprint(i, n), noon)
					if err != nil {
						if !errors.Is(err, store.ErrClosed) {
							t.Errorf("got %v, want ErrClosed", err)
						}
						return
					}
				}
			})
		}
		for range 16 {
			<-begun
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
	}
}
