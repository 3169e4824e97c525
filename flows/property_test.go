package flows_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"xiaobao/bot"
	"xiaobao/bot/flow"
)

// TestAdvanceIsTotal plays random events, sensible and not, in random order: the engine answers all of them, names only
// messages that exist, does not touch the state it was given, comes to the same twice, and behaves the same after the state
// was written to JSON and read back.
func TestAdvanceIsTotal(t *testing.T) {
	p := player(t)
	langs := []string{"en", "zh-Hans"}
	words := []string{
		"yes", "no", "是", "没有", "help", "返回", "back", "undo", "撤销", "status", "change", "修改", "why", "example", "skip", "跳过", "不知道",
		"cancel", "steps", "next", "继续", "stuck", "documents", "export", "erase", "invite", "join ABCD-1234", "step 4", "第四步", "7", "中文", "English",
		"FBA", "US", "美国、德国", "all", "Shenzhen Lin Trading Co., Ltd.", "深圳市林氏贸易有限公司", "91350100M000100Y43", "91350100M000100Y44", "+86 138 0013 8000",
		"lin@example.com", "60x40x50 cm", "18.5 kg", "20", "三十五", "USD 10,000", "2026-12-24", "12月24日", "明天", "FBA15ABCDEFG", "SIM", "518000",
		"什么是 AGL?", "How is volumetric weight computed?", "密码: hunter2hunter2", "4111 1111 1111 1111", "\u202eevil\u200b", "", "   ", "😀😀😀", "SKU-1, X001ABCDEF, 10",
		"MSKU-1\tB003ZYF3LO\tX001ABCDEF\t10\t20\t200", "skip step", "reopen", "open 3", "privacy", "hi",
	}
	actions := []string{"answer", "keep", "all_right", "done", "still", "problem", "pick", "reason", "send_as_is", "erase_now", "retry", "make", "open", "language", "solved", "hello", "nonsense", "back", "change", "skip"}
	values := []string{"", "yes", "us", "fba", "register", "ship", "track", "en", "zh-Hans", "register.readiness", "uscc", "marketplaces", "done_elsewhere", "us\nde"}
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))
		s := flow.State{Seed: "seed"}
		var tokens []string
		var calls []flow.Call
		person := func() flow.By {
			n := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "who")
			return flow.By{Person: "web:local:" + n, Name: n, Place: "web|local|" + n + "|", Lang: rapid.SampledFrom(langs).Draw(t, "lang"), Looks: rapid.IntRange(0, 9).Draw(t, "looks") == 0}
		}
		token := func() string {
			if len(tokens) == 0 || rapid.IntRange(0, 9).Draw(t, "old") == 0 {
				return "old"
			}
			return tokens[len(tokens)-1-rapid.IntRange(0, min(2, len(tokens)-1)).Draw(t, "token")]
		}
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.IntRange(0, 72).Draw(t, "hours")) * time.Hour)
			var e flow.Event
			switch rapid.IntRange(0, 7).Draw(t, "kind") {
			case 0, 1, 2:
				e = flow.Said{By: person(), Text: rapid.SampledFrom(words).Draw(t, "text")}
			case 3:
				e = flow.Chose{By: person(), Token: token(), Action: rapid.SampledFrom(actions).Draw(t, "action"), Values: []string{rapid.SampledFrom(values).Draw(t, "value")}}
			case 4:
				m := map[string]string{}
				for _, st := range s.Steps {
					if len(st.At) == 0 {
						continue
					}
					at := st.At[len(st.At)-1]
					if n := p.Book.Flow(at.Flow).Node(at.Node); n != nil {
						for _, slot := range n.Slots {
							m[slot] = rapid.SampledFrom(words).Draw(t, slot)
						}
					}
				}
				e = flow.Submitted{By: person(), Token: token(), Values: m}
			case 5:
				e = flow.TimePassed{Name: rapid.SampledFrom([]string{"silence", "wait:register", "wait:ship", "wait:apply", "nonsense"}).Draw(t, "timer")}
			case 6:
				e = flow.Told{Source: "simulator", Slots: map[string]string{rapid.SampledFrom([]string{"shipment_status", "nonsense", "destination"}).Draw(t, "slot"): rapid.SampledFrom([]string{"delivered", "exception", "us", "?"}).Draw(t, "told")}}
			case 7:
				if len(calls) == 0 {
					continue
				}
				c := calls[rapid.IntRange(0, len(calls)-1).Draw(t, "call")]
				a := flow.Answered{Call: c.ID, Name: c.Name, Person: c.Person, Values: map[string]string{"ticket": "T-1", "code": "X", "shipment_status": "pre_transit", "text": "Try again", "by": "Op"}}
				if rapid.Bool().Draw(t, "fault") {
					a.Fault = "fault.empty"
				}
				e = a
			}
			before, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			given := room(s)
			next, effects := p.Book.Advance(given, e, now)
			if !reflect.DeepEqual(given, s) {
				t.Fatalf("Advance changed the state it was given on %#v", e)
			}
			if where := written(reflect.ValueOf(given), "State"); where != "" {
				t.Fatalf("Advance wrote behind the end of %s on %#v", where, e)
			}
			var read flow.State
			if err := json.Unmarshal(before, &read); err != nil {
				t.Fatal(err)
			}
			again, effects2 := p.Book.Advance(read, e, now)
			one, _ := json.Marshal(next)
			two, _ := json.Marshal(again)
			if string(one) != string(two) {
				t.Fatalf("the state differs after it was written and read back, on %#v\n%s\n%s", e, one, two)
			}
			if !reflect.DeepEqual(effects, effects2) {
				t.Fatalf("the effects differ after the state was written and read back, on %#v\n%+v\n%+v", e, effects, effects2)
			}
			for _, effect := range effects {
				switch x := effect.(type) {
				case flow.Ask:
					tokens = append(tokens, x.Token)
				case flow.Call:
					calls = append(calls, x)
				}
				for _, lang := range langs {
					checkWords(t, p.Words, lang, effect)
				}
			}
			s = next
		}
	})
}

// checkWords fails for every line of an effect that names a message that does not exist.
func checkWords(t *rapid.T, w bot.Words, lang string, e any) {
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			if !v.IsNil() {
				walk(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Struct:
			if l, ok := v.Interface().(flow.Line); ok && l.ID != "" && !w.Has(lang, l.ID) {
				t.Fatalf("%T names the message %q, which does not exist in %s", e, l.ID, lang)
			}
			if a, ok := v.Interface().(flow.Arg); ok && a.Kind == flow.KindWord && !w.Has(lang, a.Text) {
				t.Fatalf("%T names the word %q, which does not exist in %s", e, a.Text, lang)
			}
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					walk(v.Field(i))
				}
			}
		}
	}
	walk(reflect.ValueOf(e))
}
