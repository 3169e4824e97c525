package slack

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/flows"
)

// sameAsMarshal checks that what encodeBlocks wrote is what json.Marshal would have written.
func sameAsMarshal(t interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}, d drawing) {
	t.Helper()
	data, err := json.Marshal(d.blocks)
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(d.json, &got); err != nil {
		t.Fatalf("%v in %s", err, d.json)
	}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("not what json.Marshal writes (-want +got):\n%s", diff)
	}
}

func TestAppendText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) }), nastyText()).Draw(t, "s")
		var got string
		data := appendText(nil, s)
		if err := json.Unmarshal(data, &got); err != nil || !utf8.Valid(data) {
			t.Fatalf("%q is written %s: %v", s, data, err)
		}
		var want string
		data, _ = json.Marshal(s)
		if json.Unmarshal(data, &want); got != want {
			t.Fatalf("%q is read again as %q", s, got)
		}
	})
}

// BenchmarkEncode writes the blocks of the card with the ten steps, beside json.Marshal, and draws it whole, with its check.
func BenchmarkEncode(b *testing.B) {
	own, err := readWords()
	if err != nil {
		b.Fatal(err)
	}
	_, words, base := content(b)
	var steps []flow.StepState
	for n, id := range []string{"register", "learn", "apply", "sign", "pay", "configure", "prepare", "ship", "track", "feedback"} {
		steps = append(steps, flow.StepState{Step: n + 1, Flow: id})
	}
	_, m, ok := bot.Render(words, flows.Library{Base: base}, flow.Spine{To: flow.To{Person: "slack::1", Lang: "zh-Hans"}, Steps: steps, Next: "register"})
	d, err := own.draw(m, true)
	if err != nil || !ok {
		b.Fatal(err)
	}
	b.Run("own", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			encodeBlocks(d.blocks)
		}
	})
	b.Run("marshal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			json.Marshal(d.blocks)
		}
	})
	b.Run("draw", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			own.draw(m, true)
		}
	})
}
