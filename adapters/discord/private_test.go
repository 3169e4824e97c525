package discord

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"xiaobao/adapters/adaptertest"
	"xiaobao/adapters/discord/discordtest"
	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/flows"
	"xiaobao/flows/transcript"
	"xiaobao/locales"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// F9: whatever a stranger presses, types, sends or asks for with another's ids, they hear nothing of the other's, and get the
// same as for what does not exist.
func TestIsolation(t *testing.T) {
	p := newPlayer(t, "en", discordtest.InServer, time.Now)
	const secret = "Shenzhen Canary Trading"
	p.play("> hi\n* 1. Register an Amazon seller account\n* Amazon warehouse (FBA)\n= has_account: No\n= marketplaces: United States\n= entity: Mainland China company\n* Send\n= company_name_zh: 深圳市明途贸易有限公司\n= company_name_en: " + secret + "\n= uscc: 91350100M000100Y43\n= licence_expiry: 2030-01-05\n* Send")
	mine := p.messages()
	stranger := discordtest.Where{Guild: discordtest.Guild, Channel: "1000000000000000012", User: discordtest.Stranger, Locale: "en-US"}
	theirs := func() (all []string) {
		for _, m := range p.s.Messages(stranger.Channel) {
			all = append(all, m.Reads())
		}
		return all
	}
	n := 5000
	do := func(payload map[string]any) *discordtest.Interaction {
		n++
		i := p.s.Do(payload)
		p.drain()
		return i
	}
	pressed := 0
	for _, m := range mine {
		for _, id := range customIDs(m) {
			for _, custom := range []string{id, strings.ReplaceAll(id, "a0", "a7"), id + "x"} {
				payload := stranger.Command(n, "status")
				payload["type"] = typeComponent
				payload["data"] = map[string]any{"custom_id": custom, "component_type": 2, "values": []string{"yes"}}
				payload["message"] = map[string]any{"id": m.ID, "components": []any{}}
				i := do(payload)
				pressed++
				if strings.Contains(string(i.Response), secret) {
					t.Fatalf("%s shows %s", custom, i.Response)
				}
			}
		}
	}
	if pressed < 20 {
		t.Errorf("only %d things were pressed", pressed)
	}
	for _, command := range []map[string]any{stranger.Command(n+100, "status"), stranger.Command(n+101, "documents"), stranger.Command(n+102, "list"), stranger.Command(n+103, "step", "number", "1"), stranger.Command(n+104, "join", "code", "AAAAAAAA"), stranger.Command(n+105, "say", "text", secret[:5])} {
		do(command)
	}
	form := stranger.Command(n+200, "status")
	form["type"] = typeModal
	form["data"] = map[string]any{"custom_id": "v1:f0::" + "forged" + ":1", "components": []any{map[string]any{"type": 18, "component": map[string]any{"type": 4, "custom_id": "company_name_en", "value": "x"}}}}
	do(form)
	if got := strings.Join(theirs(), "\n"); strings.Contains(got, secret) || strings.Contains(got, "91350100M000100Y43") {
		t.Errorf("a stranger reads %s", got)
	}
	if len(theirs()) == 0 {
		t.Error("a stranger gets no answer at all")
	}
	// And the other's case is as it was.
	p.do(p.at.Command(9000, "status"))
	if last := p.messages(); !slices.ContainsFunc(last, func(m discordtest.Message) bool { return strings.Contains(m.Reads(), "Company address in English") }) {
		t.Errorf("the question that was open is gone")
	}
}

func customIDs(m discordtest.Message) (ids []string) {
	var all []component
	json.Unmarshal(m.Components, &all)
	var walk func(all []component)
	walk = func(all []component) {
		for _, c := range all {
			if c.CustomID != "" {
				ids = append(ids, c.CustomID)
			}
			walk(c.Components)
		}
	}
	walk(all)
	return ids
}

// Suggestions are the person's own, as they type, in time, and never anybody else's.
func TestSuggest(t *testing.T) {
	p := newPlayer(t, "en", discordtest.InServer, time.Now)
	p.do(p.at.Command(1, "status"))
	stranger := p.at
	stranger.User = discordtest.Stranger
	p.do(stranger.Command(2, "status"))
	put := func(user, number string) {
		u := bot.User{Network: Network, ID: user}
		id, err := p.db.Join(t.Context(), u, "fresh", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := p.db.PutShipment(t.Context(), watch.Watched{Case: id, Tenant: u.Tenant(), Shipment: shipment.Shipment{Number: number, Status: shipment.InTransit}}); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	for n := range 30 {
		put(discordtest.Person, fmt.Sprintf("SIMMINE%08d", n))
	}
	put(discordtest.Stranger, "SIMTHEIRS00000001")
	choices := func(i *discordtest.Interaction) (values []string) {
		var c struct {
			Data struct {
				Choices []struct{ Name, Value string }
			}
		}
		json.Unmarshal(i.Response, &c)
		for _, x := range c.Data.Choices {
			values = append(values, x.Value)
			if !strings.Contains(x.Name, x.Value) {
				t.Errorf("the choice %q does not name %q", x.Name, x.Value)
			}
		}
		return values
	}
	i := p.s.Do(p.at.Suggest(10, "mine0000001"))
	if got := choices(i); len(got) != 10 || i.After > 300*time.Millisecond {
		t.Errorf("%q after %v", got, i.After)
	}
	if got := choices(p.s.Do(p.at.Suggest(11, ""))); len(got) != 25 {
		t.Errorf("%d of 30 without a word", len(got))
	}
	for n, query := range []string{"THEIRS", "SIMTHEIRS00000001", "SIM"} {
		for _, v := range choices(p.s.Do(p.at.Suggest(12+n, query))) {
			if strings.Contains(v, "THEIRS") {
				t.Errorf("%q suggests %q", query, v)
			}
		}
	}
	if got := choices(p.s.Do(p.at.Suggest(20, strings.Repeat("x", 5000)))); len(got) != 0 {
		t.Errorf("%q", got)
	}
	if f := p.s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
}

// F10: what a seller shares with a room has nothing in it of what they are.
func TestShare(t *testing.T) {
	o := newOutbox(t)
	at := discordtest.InServer("en-US")
	canaries := []string{"1Z999AA10123456784", "FBA15ABCDEF", "91350100M000100Y43", "USD 9,600", "$9600", "lin@mingtu.example", "+86 138 0013 8000", "https://secret.example/x", "518052", "Room 1203"}
	o.s.Do(at.Command(1, "status"))
	m := bot.Message{Text: "Your ten steps", Lang: "en", Key: "spine:x", Blocks: []bot.Block{
		{Kind: bot.Heading, Text: "Your ten steps " + canaries[0]}, {Kind: bot.Paragraph, Text: strings.Join(canaries, " ")},
		{Kind: bot.Facts, Facts: []bot.Fact{{Label: "Address", Value: strings.Join(canaries, " ")}}},
		{Kind: bot.Progress, Items: []bot.Item{{Text: "1. Register", Mark: bot.Done, ID: "register"}, {Text: "8. Shipping (" + strings.Join(canaries[:9], ", ") + ")", Mark: bot.Waiting, ID: "ship"}}},
	}}
	o.send(bot.Delivery{ID: "a", Place: corner(), Message: m})
	mine := o.s.Messages(discordtest.Channel)[0]
	if mine.Only == "" {
		t.Fatal("everybody sees the card")
	}
	o.s.Do(mine.Pressed(2, at, "Share Here"))
	all := o.s.Messages(discordtest.Channel)
	shared := all[len(all)-1]
	if shared.Only != "" || !strings.Contains(shared.Reads(), "✅ 1. Register") || !strings.Contains(shared.Reads(), "Lin shares") {
		t.Errorf("shared %q", shared.Reads())
	}
	for _, c := range canaries {
		if strings.Contains(shared.Reads(), c) {
			t.Errorf("everybody reads %q in %q", c, shared.Reads())
		}
	}
	if f := o.s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
	// In direct messages, and on cards without steps, there is nothing to share.
	w := o.a.words
	for _, place := range []bot.Place{home(), channel(), makeCorner("", discordtest.Channel, discordtest.Person)} {
		if out, _ := w.draw(m, place); strings.Contains(fmt.Sprint(out.Components), "Share Here") {
			t.Errorf("it can be shared from %v", place)
		}
	}
}

// Nothing that the bot says to one person goes where others read: every message of every transcript, sent to a corner, is
// ephemeral or an answer that is. What the transcripts hold of names and numbers never stands in a channel.
func TestDisclosure(t *testing.T) {
	o := newOutbox(t)
	at := discordtest.InServer("en-US")
	book, words, base := content(t)
	data := transcripts(t)[0]
	p := &transcript.Player{Book: book, Words: words, Library: flows.Library{Base: base}}
	n := 0
	o.s.Do(at.Command(1, "status"))
	p.Effect = func(e flow.Effect) {
		_, m, ok := bot.Render(words, p.Library, e)
		if !ok {
			return
		}
		for _, m := range bot.Fit(m, o.a.Capabilities(corner()), words).Messages {
			n++
			o.send(bot.Delivery{ID: fmt.Sprint("d", n), Place: corner(), Message: m})
		}
	}
	p.Play(data)
	all := o.s.Messages(discordtest.Channel)
	if len(all) < 10 {
		t.Fatalf("%d messages", len(all))
	}
	for _, m := range all {
		if m.Only != discordtest.Person {
			t.Errorf("everybody reads %q", m.Reads())
		}
	}
}

// nastyText is text as nobody should type it.
func nastyText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.SampledFrom(append(adaptertest.Nasty,
			"<", ">", "@everyone", "@here", "\\", "\\\\", "`", "```", "*", "_", "[", "](", ")", "\n\n", "\n- ", "\n1. ", "\n# ", "\n>>> ", " ", "<@1>", "<t:1:R>", "<id:guide>", "</a:1>", "||", "://", "discord.gg/x", "👩‍👩‍👧‍👦", "说中文也可以。",
			strings.Repeat("长", 400), strings.Repeat("*", 900), "\xff\xfe"))), 0, 6).Draw(t, "parts")
		return strings.Join(parts, "")
	})
}

// markup is what nothing of data may become in Discord.
var markup = []string{"<@", "<#", "<t:", "<id:", "</", "@everyone", "@here", "](", "||", "~~", "://", "\x00", "\x07", "\x1b", "\u202e", "\u2066"}

// F13: whatever stands in a message: after fitting Discord takes it, and nothing in it is markup.
func TestAnything(t *testing.T) {
	fitter, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	c := (&Adapter{}).Capabilities(home())
	rapid.Check(t, func(t *rapid.T) {
		text := nastyText()
		m := bot.Message{Text: text.Draw(t, "text"), Lang: rapid.SampledFrom([]string{"en", "zh-Hans"}).Draw(t, "lang"), ForName: text.Draw(t, "name"), For: "discord::1"}
		for range rapid.IntRange(0, 4).Draw(t, "blocks") {
			s := text.Draw(t, "s")
			m.Blocks = append(m.Blocks, rapid.SampledFrom([]bot.Block{
				{Kind: bot.Heading, Text: s}, {Kind: bot.Paragraph, Text: s, Tone: bot.Warn}, {Kind: bot.Note, Text: s}, {Kind: bot.Paste, Text: s}, {Kind: bot.Divider},
				{Kind: bot.Facts, Facts: []bot.Fact{{Label: s, Value: s}, {Label: "", Value: s}}}, {Kind: bot.List, Items: []bot.Item{{Text: s, Mark: bot.Done}}},
				{Kind: bot.Progress, Items: []bot.Item{{Text: s, ID: s}}}, {Kind: bot.Grid, Table: &bot.Table{Head: []string{s, s}, Rows: [][]string{{s, s}}}}, {Kind: "new", Text: s},
			}).Draw(t, "block"))
		}
		for range rapid.IntRange(0, 3).Draw(t, "actions") {
			s := text.Draw(t, "s")
			m.Actions = append(m.Actions, rapid.SampledFrom([]bot.Action{
				{ID: s, Token: s, Value: s, Label: s}, {ID: "a", Label: s, Style: bot.Quiet}, {ID: "e", Label: s, Confirm: s, Style: bot.Dangerous}, {ID: "l", Label: s, Link: s},
				{ID: "o", Label: s, Options: []bot.Option{{Value: s, Label: s, Hint: s, On: true}, {Value: s, Label: s}}}, {ID: "m", Label: s, Multi: true, Options: []bot.Option{{Value: s, Label: s}}},
			}).Draw(t, "action"))
		}
		for _, m := range bot.Fit(m, c, fitter).Messages {
			for _, place := range []bot.Place{home(), corner(), channel()} {
				out, err := w.draw(m, place)
				if err != nil {
					t.Fatal(err)
				}
				for _, drawn := range []drawing{out, w.drawClassic(m, place)} {
					if f := drawn.faults(); len(f) > 0 {
						t.Fatalf("%q", f)
					}
					raw, err := json.Marshal(drawn.message)
					if err != nil {
						t.Fatal(err)
					}
					var seen discordtest.Message
					json.Unmarshal(raw, &seen)
					for _, b := range markup {
						if strings.Contains(seen.Markup(), b) {
							t.Fatalf("%q is left in %q", b, seen.Markup())
						}
					}
				}
			}
		}
	})
}

// Forms of anything: Discord takes their windows, and what was filled in comes back as it was.
func TestAnyForm(t *testing.T) {
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := nastyText()
		f := bot.Form{Token: "tok", Title: text.Draw(t, "title"), Send: "Send"}
		for n := range rapid.IntRange(1, 12).Draw(t, "fields") {
			field := bot.Field{
				ID: fmt.Sprint("f", n), Kind: rapid.SampledFrom([]bot.FieldKind{bot.LineField, bot.AreaField, bot.NumberField, bot.DateField, bot.OneField, bot.ManyField}).Draw(t, "kind"),
				Label: text.Draw(t, "label"), Help: text.Draw(t, "help"), Example: text.Draw(t, "example"), Value: text.Draw(t, "value"), Fault: text.Draw(t, "fault"), Max: rapid.IntRange(0, 5000).Draw(t, "max"), Optional: rapid.Bool().Draw(t, "optional"),
			}
			for o := range rapid.IntRange(0, 25).Draw(t, "options") {
				field.Options = append(field.Options, bot.Option{Value: fmt.Sprint("o", o), Label: text.Draw(t, "option"), On: rapid.Bool().Draw(t, "on")})
			}
			f.Fields = append(f.Fields, field)
		}
		s := sheet{form: f, lang: "en"}
		seen := 0
		for page := range s.pages() {
			m, err := w.modal(s, page, map[string]string{"f0": text.Draw(t, "saved")})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range m.Components {
				if !strings.HasPrefix(c.Component.CustomID, fileField) {
					seen++
				}
			}
		}
		if seen != len(f.Fields) {
			t.Fatalf("%d of %d fields", seen, len(f.Fields))
		}
	})
}

// FuzzInteraction reads whatever may come, and says what it is without touching anything.
func FuzzInteraction(f *testing.F) {
	at := discordtest.InServer("zh-CN")
	for _, p := range []map[string]any{at.Command(1, "say", "text", "hi"), at.Suggest(2, "1Z"), at.Track(3, "x"), discordtest.InDM("en-US").Command(4, "step", "number", "4"), discordtest.Said(5, "hello")} {
		data, err := json.Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"id":"1","token":"t","type":5,"channel_id":"2","user":{"id":"4"},"data":{"custom_id":"v1:f0::t:2","components":[{"type":18,"component":{"type":99,"custom_id":"x","values":["1"]}}]}}`))
	f.Add([]byte(`{"id":"1","token":"t","type":3,"channel_id":"2","user":{"id":"4"},"data":{"custom_id":"v1:m0:::","values":["%zz"]},"message":{"id":"1","components":[{"type":17,"components":[{"type":1}]}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		i, err := parse(data)
		o := i.read()
		if err == nil && o.id != "" && (o.user.ID == "" || !isID(o.user.ID)) {
			t.Errorf("something of nobody: %+v", o)
		}
		if o.place.Network != "" {
			if back, ok := bot.ParsePlace(o.place.String()); !ok || back != o.place {
				t.Errorf("the place %v comes back as %v", o.place, back)
			}
		}
		for _, id := range []string{i.Data.CustomID} {
			if a, ok := parseActionID(id); ok {
				if again, ok := parseActionID(a.String()); !ok || again != a {
					t.Errorf("%q is read as %+v and then as %+v", id, a, again)
				}
			}
		}
		if m, err := readMessage(data, identity{user: "1"}); err == nil && m.id != "" && len(m.inputs)+len(m.files) == 0 {
			t.Errorf("an empty message: %+v", m)
		}
	})
}
