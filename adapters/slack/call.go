package slack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	json "github.com/go-json-experiment/json/v1"
	"github.com/slack-go/slack"
)

// A client speaks for one workspace. Messages are posted and edited by hand: they are most of what leaves, their blocks are JSON
// already when they were checked, and the token belongs into the header and nowhere else.
type client struct {
	*slack.Client
	base   string
	header http.Header // of what is written by hand; nobody changes it
	http   *http.Client
}

func (a *Adapter) newClient(token string) *client {
	api := slack.New(token, slack.OptionAPIURL(a.API), slack.OptionAppLevelToken(a.AppToken), slack.OptionHTTPClient(a.http))
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Authorization": {"Bearer " + token}}
	return &client{Client: api, base: a.API, header: header, http: a.http}
}

// longestAnswer is how much of an answer is read.
const longestAnswer = 1 << 20

// write calls chat.postMessage, chat.update or chat.delete with a body of JSON. It returns the message's ts, and errors of the kinds that
// slack-go returns.
func (c *client) write(ctx context.Context, method string, body []byte) (ts string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+method, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header = c.header
	resp, err := c.http.Transport.RoundTrip(r) // Slack redirects nobody here, and whoever sends says how long
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	switch wait := resp.Header.Get("Retry-After"); {
	case resp.StatusCode == http.StatusTooManyRequests && wait != "":
		seconds, err := strconv.ParseInt(wait, 10, 32)
		if err != nil || seconds < 0 {
			return "", slack.StatusCodeError{Code: resp.StatusCode, Status: resp.Status}
		}
		return "", &slack.RateLimitedError{RetryAfter: time.Duration(seconds) * time.Second}
	case resp.StatusCode != http.StatusOK:
		return "", slack.StatusCodeError{Code: resp.StatusCode, Status: resp.Status}
	}
	data, err := readAnswer(resp)
	if err != nil {
		return "", fmt.Errorf("read the answer: %w", err)
	}
	var answer struct {
		OK       bool   `json:"ok"`
		Error    string `json:"error"`
		TS       string `json:"ts"`
		Metadata struct {
			Messages []string `json:"messages"`
		} `json:"response_metadata"`
	}
	switch err := json.Unmarshal(data, &answer); {
	case err != nil:
		return "", fmt.Errorf("read the answer: %w", err)
	case !answer.OK:
		return "", slack.SlackErrorResponse{Err: answer.Error, ResponseMetadata: slack.ResponseMetadata{Messages: answer.Metadata.Messages}}
	case answer.TS == "":
		return "", errors.New("the answer names no message")
	}
	return answer.TS, nil
}

// readAnswer reads an answer, mostly as long as it was announced to be.
func readAnswer(resp *http.Response) ([]byte, error) {
	if resp.ContentLength < 0 || resp.ContentLength > longestAnswer {
		return io.ReadAll(io.LimitReader(resp.Body, longestAnswer))
	}
	data := make([]byte, resp.ContentLength)
	_, err := io.ReadFull(resp.Body, data)
	return data, err
}
