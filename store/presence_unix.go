//go:build unix

package store

import (
	"errors"
	"os"
	"syscall"
)

// presence is the lock on the file beside the database. Where it could not be had nothing is known, and nobody is alone.
type presence struct{ file *os.File }

// present takes the lock: exclusively when nobody else holds it.
func present(path string) (presence, bool) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return presence{}, false
	}
	p := presence{f}
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		return p, true
	}
	p.share()
	return p, false
}

// claim takes the lock on a file for one alone; taken when somebody else has it.
func claim(path string) (p presence, taken bool) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return presence{}, false
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	return presence{f}, errors.Is(err, syscall.EWOULDBLOCK)
}

// share lets others in.
func (p presence) share() { _ = syscall.Flock(int(p.file.Fd()), syscall.LOCK_SH) }

// Close implements io.Closer.
func (p presence) Close() error {
	if p.file == nil {
		return nil
	}
	return p.file.Close()
}
