//go:build !unix

package storetest

import (
	"os"
	"testing"
)

// Main runs the tests.
func Main(m *testing.M) int { return m.Run() }

// Postgres skips the test: here the server cannot be started with the account and the socket it needs.
func Postgres(tb testing.TB) string {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatal("tests with PostgreSQL need a Unix system")
	}
	tb.Skip("tests with PostgreSQL need a Unix system")
	return ""
}
