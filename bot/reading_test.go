package bot_test

import (
	stdjson "encoding/json"
	"testing"
	"time"

	"github.com/go-json-experiment/json/v1"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"xiaobao/bot/flow"
)

// A case is written and read by the JSON of Go 1.27. What any other Go reads and writes must be the same case, with whatever bytes people
// typed in it.
func TestOneJSON(t *testing.T) {
	broken := rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, "bytes")) })
	text := rapid.OneOf(broken, rapid.String())
	texts := rapid.SliceOfN(text, 0, 3)
	at := rapid.Custom(func(t *rapid.T) time.Time { return time.UnixMicro(rapid.Int64Range(0, 1<<55).Draw(t, "at")).UTC() })
	value := rapid.Custom(func(t *rapid.T) flow.Value {
		return flow.Value{Text: text.Draw(t, "text"), Unit: text.Draw(t, "unit"), List: texts.Draw(t, "list"), Rows: rapid.SliceOfN(texts, 0, 3).Draw(t, "rows")}
	})
	old := rapid.Custom(func(t *rapid.T) flow.Old {
		return flow.Old{Value: value.Draw(t, "value"), By: text.Draw(t, "by"), At: at.Draw(t, "when")}
	})
	slot := rapid.Custom(func(t *rapid.T) flow.Slot {
		return flow.Slot{
			Value: value.Draw(t, "value"), By: text.Draw(t, "by"), At: at.Draw(t, "when"), Look: rapid.Bool().Draw(t, "look"), Turn: rapid.Int().Draw(t, "turn"),
			Was: rapid.SliceOfN(old, 0, 2).Draw(t, "was"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		s := flow.State{
			Spec: flow.Spec, Seed: text.Draw(t, "seed"), Turn: rapid.Int().Draw(t, "turn"),
			Slots: rapid.MapOfN(text, slot, 0, 4).Draw(t, "slots"), Notes: rapid.MapOfN(text, text, 0, 4).Draw(t, "notes"),
		}
		ours, err := json.Marshal(&s)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := stdjson.Marshal(&s)
		if err != nil {
			t.Fatal(err)
		}
		var first flow.State
		if err := stdjson.Unmarshal(theirs, &first); err != nil {
			t.Fatal(err)
		}
		for name, read := range map[string]func([]byte, any) error{"ours": json.Unmarshal, "theirs": stdjson.Unmarshal} {
			for _, document := range [][]byte{ours, theirs} {
				var s flow.State
				if err := read(document, &s); err != nil {
					t.Fatalf("%s: %v in %s", name, err, document)
				}
				if diff := cmp.Diff(first, s); diff != "" {
					t.Fatalf("%s reads %s differently:\n%s", name, document, diff)
				}
			}
		}
	})
}
