//go:build !sqs

package main

import "context"

// readQueue does nothing: this program was built without queues, see queue.go.
func (*house) readQueue(context.Context) error { return nil }
