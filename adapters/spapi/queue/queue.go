//go:build sqs

// Package queue reads the SQS queue to which Amazon writes its notifications. It is built with the tag sqs only: most installations poll,
// and nothing of this is in their program.
//
//	Amazon ──► SQS ──20 s at a time──► receive ──► take: kept for good ──► delete
//	            ▲                                    │ not now, or not to be read: it comes again when its visibility ends,
//	            └────────────────────────────────────┘ and goes to the dead letters when the queue says so
//
// A message may come twice and in any order; whoever takes it must not mind.
package queue

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Config is what it takes to read a queue.
type Config struct {
	URL         string // of the queue, as AWS shows it: https://sqs.us-east-1.amazonaws.com/123456789012/xiaobao; its host is asked
	Region      string // empty: as the host says
	Credentials Credentials
	Now         func() time.Time
	Log         *slog.Logger
}

// A Queue is one queue. Run it once.
type Queue struct {
	Config
	base string
	http *http.Client
	rest func(ctx context.Context, d time.Duration) error
}

var regional = regexp.MustCompile(`^sqs\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$`)

// New checks what is configured. It connects to nothing.
func New(c Config) (*Queue, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.HasSuffix(u.Path, ".fifo") {
		return nil, fmt.Errorf("queue: %q is no address of a standard queue such as https://sqs.us-east-1.amazonaws.com/123456789012/xiaobao", c.URL)
	}
	if m := regional.FindStringSubmatch(u.Host); c.Region == "" && m != nil {
		c.Region = m[1]
	}
	switch {
	case c.Region == "":
		return nil, errors.New("queue: AWS_REGION is missing")
	case c.Credentials.Key == "" || c.Credentials.Secret == "":
		return nil, errors.New("queue: AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is missing")
	}
	return &Queue{Config: c, base: u.Scheme + "://" + u.Host + "/", http: &http.Client{Timeout: wait + 15*time.Second}, rest: rest}, nil
}

const (
	wait       = 20 * time.Second // for messages, at the longest that SQS allows
	visibility = 2 * time.Minute  // before a message that was not deleted comes again
	atOnce     = 10               // the most that SQS gives
	longest    = time.Minute      // between attempts, where they fail
	largest    = 4 << 20          // an answer: ten messages of a quarter of a megabyte, as JSON
)

// Run hands over the bodies of messages until ctx ends. A message is deleted when take returned nil: then it must be kept for good.
func (q *Queue) Run(ctx context.Context, take func(ctx context.Context, body []byte) error) error {
	for failures := 0; ctx.Err() == nil; {
		began := q.Now()
		n, err := q.round(ctx, take)
		if err == nil {
			failures = 0
			if n == 0 && q.Now().Sub(began) < time.Second && q.rest(ctx, time.Second) != nil { // it ought to have waited itself
				break
			}
			continue
		}
		if ctx.Err() != nil {
			break
		}
		pause := min(longest, time.Second<<min(failures, 6))
		pause += time.Duration(rand.Float64() * float64(pause) / 4)
		failures++
		q.Log.ErrorContext(ctx, "queue: cannot be read", "error", err, "again", pause)
		if q.rest(ctx, pause) != nil {
			break
		}
	}
	return nil
}

type message struct {
	ID      string `json:"MessageId"`
	Receipt string `json:"ReceiptHandle"`
	Body    string
}

// round takes what is there, or waits for it. It says how many messages there were.
func (q *Queue) round(ctx context.Context, take func(context.Context, []byte) error) (n int, err error) {
	var got struct{ Messages []message }
	err = q.call(ctx, "ReceiveMessage", map[string]any{
		"QueueUrl": q.URL, "MaxNumberOfMessages": atOnce, "WaitTimeSeconds": int(wait.Seconds()), "VisibilityTimeout": int(visibility.Seconds()),
	}, &got)
	if err != nil {
		return 0, err
	}
	var failed error
	for _, m := range got.Messages {
		if err := take(ctx, []byte(m.Body)); err != nil { // the others may be taken
			q.Log.WarnContext(ctx, "queue: a message was not taken; it stays in the queue", "id", m.ID, "error", err)
			continue
		}
		failed = errors.Join(failed, q.call(ctx, "DeleteMessage", map[string]any{"QueueUrl": q.URL, "ReceiptHandle": m.Receipt}, nil))
	}
	return len(got.Messages), failed // what could not be deleted comes again, and changes nothing then
}

// A Fault is a refusal of SQS.
type Fault struct {
	Status  int
	Type    string // such as "AccessDeniedException"
	Message string
}

// Error says what SQS answered.
func (f *Fault) Error() string {
	return fmt.Sprintf("SQS answered %d %s: %s", f.Status, f.Type, f.Message)
}

// call makes one request in the JSON protocol of AWS.
func (q *Queue) call(ctx context.Context, action string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("queue: %s: %w", action, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, q.base, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("queue: %s: %w", action, err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AmazonSQS."+action)
	q.Credentials.sign(r, body, q.Region, "sqs", q.Now())
	resp, err := q.http.Do(r)
	if err != nil {
		return fmt.Errorf("queue: %s: %w", action, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, largest))
	if err != nil {
		return fmt.Errorf("queue: %s: read the answer: %w", action, err)
	}
	if resp.StatusCode != http.StatusOK {
		var said struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		_ = json.Unmarshal(data, &said) // what is no JSON has a status all the same
		return fmt.Errorf("queue: %s: %w", action, &Fault{resp.StatusCode, said.Type[strings.LastIndexByte(said.Type, '#')+1:], said.Message})
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("queue: %s: read the answer: %w", action, err)
	}
	return nil
}

func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
