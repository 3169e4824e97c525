//go:build !unix

package store

// presence knows nothing here: leases of a process that died run to their end.
type presence struct{}

func present(string) (presence, bool) { return presence{}, false }

func claim(string) (p presence, taken bool) { return presence{}, false }

func (presence) share() {}

// Close implements io.Closer.
func (presence) Close() error { return nil }
