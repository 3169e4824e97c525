package spapi

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strings"

	"xiaobao/shipment/watch"
)

// Voices are what buyers say about an item, as Customer Feedback 2024-06-01 sums it up: topics, never single reviews, of about the last
// half year.
type Voices struct {
	ASIN     string
	Item     string
	Country  string
	From, To string // dates
	Good     []Voice
	Bad      []Voice
}

// A Voice is one topic.
type Voice struct {
	Topic    string
	Mentions int
	Share    float64 // percent of the reviews that speak of it
	Impact   float64 // on the stars, as Amazon reckons it
	Snippets []string
}

// ErrNoVoices is told of an item about which Amazon has nothing to say: too few reviews, or not of a brand of this account.
var ErrNoVoices = errors.New("no reviews of this item are summed up")

var asinForm = regexp.MustCompile(`^[0-9A-Z]{10}$`)

type topicsAnswer struct {
	ASIN  string `json:"asin"`
	Item  string `json:"itemName"`
	Range struct {
		From string `json:"startDate"`
		To   string `json:"endDate"`
	} `json:"dateRange"`
	Topics struct {
		Good []topicAnswer `json:"positiveTopics"`
		Bad  []topicAnswer `json:"negativeTopics"`
	} `json:"topics"`
}

type topicAnswer struct {
	Topic   string `json:"topic"`
	Metrics struct {
		Mentions int     `json:"numberOfMentions"`
		Share    float64 `json:"occurrencePercentage"`
		Impact   float64 `json:"starRatingImpact"`
	} `json:"asinMetrics"`
	Snippets []string `json:"reviewSnippets"`
}

// getTopics asks about one item in one marketplace; an empty answer is 204.
func (a *account) getTopics(ctx context.Context, asin, marketplace string) (t topicsAnswer, err error) {
	return t, a.do(ctx, request{
		operation: "getItemReviewTopics", path: "/customerFeedback/2024-06-01/items/" + url.PathEscape(asin) + "/reviews/topics",
		query: url.Values{"marketplaceId": {marketplace}, "sortBy": {"MENTIONS"}},
	}, &t)
}

// Voices asks the accounts about an item until one has something to say.
func (s *Source) Voices(ctx context.Context, asin string) (Voices, error) {
	asin = strings.ToUpper(strings.TrimSpace(asin))
	if !asinForm.MatchString(asin) {
		return Voices{}, ErrNoVoices
	}
	if err := s.allStopped(); err != nil {
		return Voices{}, err
	}
	failed := ErrNoVoices
	for _, a := range s.accounts {
		for _, m := range a.Marketplaces {
			t, err := a.getTopics(ctx, asin, m)
			switch {
			case ctx.Err() != nil:
				return Voices{}, ctx.Err()
			case err != nil && !nothing(err):
				failed = err
			case len(t.Topics.Good)+len(t.Topics.Bad) > 0:
				return t.voices(asin, countryOf(m)), nil
			}
		}
	}
	return Voices{}, failed
}

func (t topicsAnswer) voices(asin, country string) Voices {
	day := func(s string) string { return s[:min(len(s), len("2006-01-02"))] }
	v := Voices{ASIN: asin, Item: watch.Plain(t.Item), Country: country, From: day(t.Range.From), To: day(t.Range.To)}
	read := func(list []topicAnswer) (out []Voice) {
		for _, x := range list {
			voice := Voice{Topic: watch.Plain(x.Topic), Mentions: units(x.Metrics.Mentions), Share: x.Metrics.Share, Impact: x.Metrics.Impact}
			for _, s := range x.Snippets {
				if s = watch.Plain(s); s != "" && len(voice.Snippets) < 3 {
					voice.Snippets = append(voice.Snippets, s)
				}
			}
			if voice.Topic != "" && len(out) < 10 {
				out = append(out, voice)
			}
		}
		return out
	}
	v.Good, v.Bad = read(t.Topics.Good), read(t.Topics.Bad)
	return v
}
