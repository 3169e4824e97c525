//go:build sqs

package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"xiaobao/adapters/spapi"
	"xiaobao/adapters/spapi/queue"
	"xiaobao/shipment/watch"
)

// readQueue reads the queue that XIAOBAO_SQS_URL names, with AWS's usual variables, until ctx ends. What it says of a shipment is not believed:
// Amazon is asked.
func (h *house) readQueue(ctx context.Context) error {
	address := os.Getenv("XIAOBAO_SQS_URL")
	if address == "" {
		return nil
	}
	if h.carriers.amazon == nil {
		return errors.New("XIAOBAO_SQS_URL is set and no Amazon account is: see docs/amazon.md")
	}
	q, err := queue.New(queue.Config{
		URL: address, Region: os.Getenv("AWS_REGION"), Now: time.Now, Log: h.log,
		Credentials: queue.Credentials{Key: os.Getenv("AWS_ACCESS_KEY_ID"), Secret: os.Getenv("AWS_SECRET_ACCESS_KEY"), Session: os.Getenv("AWS_SESSION_TOKEN")},
	})
	if err != nil {
		return err
	}
	h.log.InfoContext(ctx, "queue: waiting for what Amazon writes", "region", q.Region)
	return q.Run(ctx, func(ctx context.Context, body []byte) error {
		push, err := h.carriers.amazon.Notified(body)
		var rejected *watch.Rejected
		if errors.As(err, &rejected) && rejected.Status == http.StatusOK {
			h.log.InfoContext(ctx, "queue: a message that is of no use", "why", rejected.Why)
			return nil // it would only come again
		}
		if err != nil {
			return err
		}
		_, err = h.watch.Heard(ctx, spapi.Name, push)
		return err
	})
}
