package ship24_test

import (
	"bytes"
	"errors"
	"flag"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/ship24"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
	"xiaobao/shipment/watch/watchtest"
)

var update = flag.Bool("update", false, "write testdata/*.golden again")

var now = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

func post(body []byte, authorization string) (watch.Push, error) {
	r := httptest.NewRequest("POST", "/hooks/ship24/main", bytes.NewReader(body))
	r.Header.Set("Authorization", authorization)
	return ship24.New("whs", func() time.Time { return now }).Read(r)
}

func status(err error) int {
	var r *watch.Rejected
	if errors.As(err, &r) {
		return r.Status
	}
	return 0
}

func TestPayloads(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.json")
	var all [][]shipment.Event
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		push, err := post(body, "Bearer whs")
		got := watchtest.Describe(push.Events, nil, err)
		golden := strings.TrimSuffix(name, ".json") + ".golden"
		if *update {
			_ = os.WriteFile(golden, []byte(got), 0o644)
		}
		want, err := os.ReadFile(golden)
		if err != nil || got != string(want) {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
		watchtest.Sane(t, push.Events, now)
		all = append(all, push.Events)
	}
	if len(all) != 3 {
		t.Fatal(files)
	}
	watchtest.Payloads(t, shipment.Shipment{Number: "9400111202544843610364"}, all...)
}

func TestSecret(t *testing.T) {
	body, _ := os.ReadFile("testdata/1-held.json")
	for _, wrong := range []string{"", "Bearer", "Bearer ", "Bearer wh", "Bearer whs ", "bearer whs", "whs", "Basic whs"} {
		if _, err := post(body, wrong); status(err) != 401 {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	for _, useless := range []string{"", "{}", `{"trackings":[]}`, `{"trackings":[7,{}]}`} {
		if _, err := post([]byte(useless), "Bearer whs"); status(err) != 200 {
			t.Errorf("%q: %v", useless, err)
		}
	}
	if push, err := post([]byte(`{"trackings":[7,`+string(bytes.TrimSuffix(bytes.TrimPrefix(bytes.ReplaceAll(body, []byte("\n"), nil), []byte(`{ "trackings": [`)), []byte(`]}`)))+`]}`), "Bearer whs"); err != nil || len(push.Events) == 0 {
		t.Errorf("one that cannot be read beside one that can: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, name := range files {
		body, _ := os.ReadFile(name)
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		push, err := post(body, "Bearer whs")
		if err != nil && status(err) != 200 {
			t.Fatal(err)
		}
		watchtest.Sane(t, push.Events, now)
	})
}
