package storetest

import "syscall"

// dieTogether ends the server when the tests are killed.
func dieTogether() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT} }
