package bot_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"xiaobao/bot"
)

// Everything given to a crew runs, at once, however much there is; afterwards so many stay as may, and none after the end.
func TestCrew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := runtime.NumGoroutine()
		c := bot.NewCrew(3)
		for _, n := range []int{5, 2, 3, 7} {
			var begun, done atomic.Int32
			hold := make(chan struct{})
			for range n {
				c.Go(func() { begun.Add(1); <-hold; done.Add(1) })
			}
			synctest.Wait()
			if got := int(begun.Load()); got != n {
				t.Errorf("%d of %d begun while all of them waited", got, n)
			}
			close(hold)
			c.Wait()
			if got := int(done.Load()); got != n {
				t.Errorf("%d of %d done", got, n)
			}
			synctest.Wait()
			if got := runtime.NumGoroutine() - before; got != 3 {
				t.Errorf("%d stay, want 3", got)
			}
		}
		c.Close()
		c.Close()
		synctest.Wait()
		if got := runtime.NumGoroutine() - before; got != 0 {
			t.Errorf("%d are left after the end", got)
		}
	})
}

// What a stack that has to grow costs, in a new goroutine and in one that stayed.
func BenchmarkCrew(b *testing.B) {
	var deep func(n int) int
	deep = func(n int) int {
		var frame [256]byte
		if n == 0 {
			return int(frame[0])
		}
		return deep(n-1) + int(frame[n])
	}
	b.Run("new", func(b *testing.B) {
		done := make(chan struct{})
		for b.Loop() {
			go func() { deep(60); done <- struct{}{} }()
			<-done
		}
	})
	b.Run("crew", func(b *testing.B) {
		c := bot.NewCrew(1)
		defer c.Close()
		for b.Loop() {
			c.Go(func() { deep(60) })
			c.Wait()
		}
	})
}
