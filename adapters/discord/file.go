package discord

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// largestFile is how many bytes of a file are fetched: one more than the bot looks into, so that it says itself that a file is
// too large.
const largestFile = 512<<10 + 1

// fetch reads a file, but no more of it than is looked into, and only from where Discord keeps files.
func (a *Adapter) fetch(ctx context.Context, f sharedFile) ([]byte, error) {
	u, err := url.Parse(f.URL)
	if err != nil || !a.ours(u) {
		return nil, errors.New("a file that is not at Discord")
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", agent)
	resp, err := a.rest.files.Do(req)
	if err != nil {
		return nil, errors.New(redact(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer was %d", resp.StatusCode)
	}
	return io.ReadAll(io.LimitReader(resp.Body, largestFile))
}

// ours says whether an address is where Discord keeps what people hand over, or the stand-in does.
func (a *Adapter) ours(u *url.URL) bool {
	base, err := url.Parse(a.API)
	if err == nil && a.API != defaultAPI && u.Host == base.Host && u.Scheme == base.Scheme {
		return true
	}
	return u.Scheme == "https" && u.Port() == "" && (u.Hostname() == "cdn.discordapp.com" || u.Hostname() == "media.discordapp.net")
}
