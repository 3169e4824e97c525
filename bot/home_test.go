package bot_test

import (
	"context"
	"strings"
	"testing"

	"xiaobao/bot"
	"xiaobao/bot/flow"
)

// texts is everything a page says.
func texts(list []bot.Message) string {
	var b strings.Builder
	for _, m := range list {
		b.WriteString(bot.Flatten(m.Blocks) + "\n")
		for _, a := range m.Actions {
			b.WriteString("[" + a.Label + "]")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestHome shows a page to somebody new, to somebody in the middle, and with another room's part; looking changes nothing.
func TestHome(t *testing.T) {
	engine, _, _ := book(t)
	r := newRig(t, engine, bot.Capabilities{Blocks: true, Edits: true, Buttons: 12})
	r.Furnish(func(_ context.Context, tenant, caseID string) (bot.HomePart, error) {
		if tenant != "wall:w" || caseID == "" {
			t.Errorf("asked for %q of %q", caseID, tenant)
		}
		return bot.HomePart{
			Needs: []flow.Line{flow.Say("ui.link", flow.Text("Label", "customs"), flow.Text("URL", "now"))}, Title: flow.Say("ui.spine"),
			Part: flow.Part{Text: []flow.Line{flow.Say("ui.link", flow.Text("Label", "ten"), flow.Text("URL", "boxes"))}}, Actions: []flow.Action{{Verb: "shipments", Label: flow.Say("verb.shipments")}},
		}, nil
	})
	page := func(u bot.User) string {
		t.Helper()
		list, err := r.Home(context.Background(), u)
		if err != nil {
			t.Fatal(err)
		}
		return texts(list)
	}
	has := func(got string, parts ...string) {
		t.Helper()
		for _, p := range parts {
			if !strings.Contains(got, p) {
				t.Errorf("no %q in\n%s", p, got)
			}
		}
	}
	fresh := user("ann")
	fresh.Language = "zh-CN"
	has(page(fresh), "欢迎", "我是小包", "[开始：注册亚马逊卖家账号]", "[English]")
	has(page(user("ann")), "Welcome", "I never ask for passwords", "[Start: Register an Amazon seller account]", "[中文]", "Updated 1 Dec 2026")
	r.do("1", "ann", bot.Text{Text: "hello"})
	r.do("2", "ann", bot.Press{Action: "open", Values: []string{"register"}})
	before := r.state("ann")
	got := page(user("ann"))
	has(got, "Needs you now", "customs: now", "Where should your goods go?", "[Continue]", "0 of 10", "Register an Amazon seller account", "ten: boxes", "[Shipments]", "Quiet hours", "[Notifications]", "[Help]", "[Privacy]")
	if after := r.state("ann"); after.Turn != before.Turn {
		t.Error("looking at the page changed the case")
	}
	r.do("3", "ann", bot.Text{Text: "中文"})
	has(page(user("ann")), "待您处理", "您的货打算怎么走？", "[继续]", "[English]")
}
