package easypost_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/easypost"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
	"xiaobao/shipment/watch/watchtest"
)

var update = flag.Bool("update", false, "write testdata/*.golden again")

var now = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

func post(h *easypost.Hook, body []byte, signature string) (watch.Push, error) {
	r := httptest.NewRequest("POST", "/hooks/easypost/main", bytes.NewReader(body))
	r.Header.Set("X-Hmac-Signature", signature)
	return h.Read(r)
}

func sign(secret string, body []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	return "hmac-sha256-hex=" + hex.EncodeToString(m.Sum(nil))
}

func status(err error) int {
	var r *watch.Rejected
	if errors.As(err, &r) {
		return r.Status
	}
	return 0
}

// TestPublished is EasyPost's own example: the body, the secret with an accent, and the signature it publishes.
func TestPublished(t *testing.T) {
	body, err := os.ReadFile("testdata/updated.json")
	if err != nil {
		t.Fatal(err)
	}
	const published = "hmac-sha256-hex=38f3f53c103713df81616a0a186d77141957323ec21d5fe9363db93840f527db"
	for _, secret := range []string{"s\u00e9cret", "se\u0301cret"} { // one letter, or two that look like it
		h := easypost.New(secret, func() time.Time { return now })
		push, err := post(h, body, published)
		if err != nil {
			t.Fatal(err)
		}
		got := watchtest.Describe(push.Events, nil, nil)
		if *update {
			_ = os.WriteFile("testdata/updated.golden", []byte(got), 0o644)
		}
		if want, err := os.ReadFile("testdata/updated.golden"); err != nil || got != string(want) {
			t.Errorf("%v\n%s", err, got)
		}
		watchtest.Sane(t, push.Events, now)
		watchtest.Payloads(t, shipment.Shipment{Number: "1", Registered: push.Events[0].At}, push.Events[:2], push.Events[2:5], push.Events)
		for _, wrong := range []string{"", published[:len(published)-1], strings.TrimPrefix(published, "hmac-sha256-hex="), sign("secret", body), "hmac-sha256-hex=", "hmac-sha256-hex=zz"} {
			if _, err := post(h, body, wrong); status(err) != 401 {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		if _, err := post(h, append(body, '\n'), published); status(err) != 401 {
			t.Errorf("a line more: %v", err)
		}
	}
	h := easypost.New("s", func() time.Time { return now })
	for _, useless := range []string{"", "{}", `{"description":"batch.updated","result":{}}`, `{"description":"tracker.updated","result":{}}`, `{"description":"tracker.updated","result":[]}`} {
		if _, err := post(h, []byte(useless), sign("s", []byte(useless))); status(err) != 200 {
			t.Errorf("%q: %v", useless, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	body, _ := os.ReadFile("testdata/updated.json")
	f.Add(body)
	h := easypost.New("s", func() time.Time { return now })
	f.Fuzz(func(t *testing.T, body []byte) {
		push, err := post(h, body, sign("s", body))
		if err != nil && status(err) != 200 {
			t.Fatal(err)
		}
		watchtest.Sane(t, push.Events, now)
	})
}
