//go:build unix

package bot_test

import (
	"syscall"
	"time"
)

// processorTime is what this process has taken so far, in all its threads, of its own and of the system for it.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
