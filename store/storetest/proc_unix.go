//go:build unix && !linux

package storetest

import "syscall"

// dieTogether ends the server when the tests are killed, where the system can do that; here it cannot.
func dieTogether() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
