package web

import (
	"fmt"
	"strings"

	"xiaobao/bot"
)

// What the scripted bot says: real enough to judge the page by.

func greeting(lang string) bot.Message {
	return bot.Message{Lang: lang, Text: pick(lang,
		"您好，我是小包。我陪您一步一步完成亚马逊官方物流的开通。\n\n您随时可以说「帮助」「返回」或「状态」，也可以直接提问。",
		"Hello, I am Xiaobao. I walk you through activating Amazon's official parcel logistics, step by step.\n\nAt any time you can say “help”, “back” or “status”, or simply ask a question.")}
}

var steps = [][3]string{
	{"register", "注册卖家账户", "Register a seller account"}, {"learn", "了解服务", "Learn the service"},
	{"apply", "申请开通", "Apply"}, {"sign", "签署协议", "Sign the agreements"}, {"pay", "设置付款", "Set up payment"},
	{"configure", "配置运输方案", "Configure transport"}, {"prepare", "准备货物", "Prepare the goods"}, {"ship", "发货", "Ship"},
	{"track", "跟踪货件", "Track"}, {"feedback", "反馈与调整", "Feedback and adjusting"},
}

func spine(who, lang string, marks map[string]bot.Mark, here string) bot.Message {
	var items []bot.Item
	for _, s := range steps {
		items = append(items, bot.Item{ID: s[0], Text: fmt.Sprintf("%d. %s", len(items)+1, pick(lang, s[1], s[2])), Mark: marks[s[0]], Here: s[0] == here})
	}
	return bot.Message{Key: "spine:" + who, For: who, Lang: lang, Notify: bot.Silent,
		Text:    pick(lang, "10 步已完成 1 步。下一步：了解服务", "1 of 10 steps finished. Next: Learn the service"),
		Blocks:  []bot.Block{{Kind: bot.Heading, Text: pick(lang, "开通十步", "Your ten steps")}, {Kind: bot.Progress, Items: items}},
		Actions: []bot.Action{{ID: "next", Label: pick(lang, "开始第 2 步", "Begin Step 2"), Style: bot.Primary}, {ID: "help", Label: pick(lang, "帮助", "Help"), Style: bot.Quiet}}}
}

func question(lang string) bot.Message {
	return bot.Message{Key: "prompt:q1", Lang: lang, Expect: bot.Choice, Text: pick(lang, "您有卖家账户了吗？", "Do you have a seller account?"),
		Blocks: []bot.Block{
			{Kind: bot.Note, Text: pick(lang, "第 1 步 · 注册卖家账户 · 1/6", "Step 1 · Register a seller account · 1 of 6")},
			{Kind: bot.Heading, Text: pick(lang, "您已经有亚马逊卖家账户了吗？", "Do you already have an Amazon seller account?")},
			{Kind: bot.Paragraph, Text: pick(lang, "能登录 Seller Central 就算有，还在审核的也算。", "If you can sign in to Seller Central you have one, even while it is being reviewed.")},
		},
		Actions: []bot.Action{
			{ID: "yes", Token: "t1", Label: pick(lang, "有了", "Yes, I Do"), Style: bot.Primary},
			{ID: "no", Token: "t1", Label: pick(lang, "还没有", "Not Yet")},
			{ID: "why", Token: "t1", Label: pick(lang, "为什么问这个", "Why Do You Ask?"), Style: bot.Quiet},
			{ID: "skip", Token: "t1", Label: pick(lang, "跳过", "Skip"), Style: bot.Quiet, Confirm: pick(lang, "要跳过这一步吗？以后可以再打开。", "Skip this step? You can open it again later.")},
			{ID: "help", Label: pick(lang, "帮助", "Help"), Style: bot.Quiet},
		}}
}

func form(lang string, values map[string]string) bot.Message {
	fault, markets := "", "us"
	if values != nil {
		fault = pick(lang, "最后一位校验码应为 3，现在是 7。请对照营业执照再看一下。", "The last character should be 3, not 7. Please compare it with the licence.")
		markets = values["markets"]
	}
	return bot.Message{Key: "form", Lang: lang, Expect: bot.Typed, Text: pick(lang, "公司资料", "Your company"),
		Form: &bot.Form{Token: "t2", Title: pick(lang, "公司资料", "Your company"), Send: pick(lang, "提交", "Send"), Fields: []bot.Field{
			{ID: "uscc", Kind: bot.LineField, Label: pick(lang, "统一社会信用代码", "Unified social credit code"), Help: pick(lang, "在营业执照右上角，18 位。", "At the top right of the licence, 18 characters."), Example: "91350100M000100Y43", Value: values["uscc"], Fault: fault},
			{ID: "kg", Kind: bot.NumberField, Label: pick(lang, "每箱毛重", "Gross weight per carton"), Example: "18.5 kg", Value: values["kg"], Optional: true},
			{ID: "expiry", Kind: bot.DateField, Label: pick(lang, "执照到期日", "Licence expiry"), Value: values["expiry"], Optional: true},
			{ID: "mode", Kind: bot.OneField, Label: pick(lang, "运输方式", "Transport"), Value: values["mode"], Options: []bot.Option{
				{Value: "ocean", Label: pick(lang, "海运", "Ocean"), Hint: pick(lang, "便宜，慢", "cheaper, slower")}, {Value: "air", Label: pick(lang, "空运", "Air")}}},
			{ID: "markets", Kind: bot.ManyField, Label: pick(lang, "销售站点", "Marketplaces"), Value: markets, Options: []bot.Option{
				{Value: "us", Label: pick(lang, "美国", "United States")}, {Value: "de", Label: pick(lang, "德国", "Germany")}, {Value: "jp", Label: pick(lang, "日本", "Japan")}}},
			{ID: "note", Kind: bot.AreaField, Label: pick(lang, "还有什么要说明的", "Anything else"), Optional: true, Max: 200, Value: values["note"]},
		}},
		Actions: []bot.Action{{ID: "help", Label: pick(lang, "帮助", "Help"), Style: bot.Quiet}, {ID: "back", Label: pick(lang, "返回", "Back"), Style: bot.Quiet}}}
}

func choices(lang string) bot.Message {
	var ports []bot.Option
	for i := range 40 {
		ports = append(ports, bot.Option{Value: fmt.Sprintf("p%02d", i), Label: fmt.Sprintf("%s %02d", pick(lang, "港口", "Port"), i)})
	}
	ports[17].Label, ports[17].Hint = pick(lang, "盐田", "Yantian"), "CNYTN"
	return bot.Message{Lang: lang, Text: pick(lang, "请选择", "Please choose"), Actions: []bot.Action{
		{ID: "port", Token: "t3", Label: pick(lang, "起运港", "Port of loading"), Options: ports},
		{ID: "markets", Token: "t3", Label: pick(lang, "销售站点", "Marketplaces"), Multi: true, Options: []bot.Option{
			{Value: "us", Label: pick(lang, "美国", "United States"), On: true}, {Value: "de", Label: pick(lang, "德国", "Germany")}, {Value: "jp", Label: pick(lang, "日本", "Japan"), Hint: "JCT"}}},
	}}
}

func urgent(lang string) bot.Message {
	return bot.Message{Lang: lang, Notify: bot.Urgent, Text: pick(lang, "FBA15DEMO：海关要求补充商业发票", "FBA15DEMO: customs asks for the commercial invoice"), Blocks: []bot.Block{
		{Kind: bot.Heading, Text: pick(lang, "FBA15DEMO · 海关查验", "FBA15DEMO · Customs hold")},
		{Kind: bot.Paragraph, Tone: bot.Warn, Text: pick(lang, "海关要求补充商业发票。请在 12 月 4 日 18:00 前提交，否则会产生滞港费。", "Customs asks for the commercial invoice. Please hand it in by 4 December 18:00.")},
		{Kind: bot.Note, Text: pick(lang, "来源：模拟承运商，12 月 1 日 09:12", "Source: simulated carrier, 1 December 09:12")},
	}, Actions: []bot.Action{{ID: "upload", Label: pick(lang, "上传发票", "Upload Invoice"), Style: bot.Primary}, {ID: "snooze", Label: pick(lang, "稍后提醒", "Remind Me Later")}}}
}

func gallery(lang string) bot.Message {
	return bot.Message{Lang: lang, Text: "all", Blocks: []bot.Block{
		{Kind: bot.Heading, Text: pick(lang, "第 1 步的结果：开店资料清单", "Result of step 1: readiness checklist")},
		{Kind: bot.Paragraph, Text: pick(lang, "下面的内容可以直接用在 Seller Central。", "You can use the following in Seller Central as it is.")},
		{Kind: bot.Paragraph, Tone: bot.Good, Text: pick(lang, "统一社会信用代码的校验码正确。", "The check digit of the credit code is right.")},
		{Kind: bot.Paragraph, Tone: bot.Warn, Text: pick(lang, "营业执照还有 40 天到期，建议先换证再申请。", "The licence expires in 40 days; renewing it first is safer.")},
		{Kind: bot.Paragraph, Tone: bot.Bad, Text: pick(lang, "德国站缺增值税号，不能继续。", "Germany needs a VAT number; this cannot go on.")},
		{Kind: bot.Facts, Facts: []bot.Fact{
			{Label: pick(lang, "公司名称", "Company"), Value: "厦门小包贸易有限公司"}, {Label: pick(lang, "统一社会信用代码", "Credit code"), Value: "91350100M000100Y43"}, {Label: pick(lang, "站点", "Marketplaces"), Value: pick(lang, "美国、德国", "United States, Germany")}}},
		{Kind: bot.List, Items: []bot.Item{{Text: pick(lang, "先注册，再申请", "Register first, then apply")}, {Text: pick(lang, "资料要和执照一致", "The papers must agree with the licence")}}},
		{Kind: bot.List, Items: []bot.Item{{Mark: bot.Done, Text: pick(lang, "营业执照扫描件", "Scan of the licence")}, {Mark: bot.Open, Text: pick(lang, "法人身份证件", "Identity document of the representative")}, {Mark: bot.Missing, Text: pick(lang, "德国增值税证明", "German VAT certificate")}}},
		{Kind: bot.Grid, Table: &bot.Table{Head: []string{pick(lang, "线路", "Route"), pick(lang, "时效（天）", "Days"), pick(lang, "适合", "Good for")}, Rows: [][]string{
			{pick(lang, "海运快船", "Fast ocean"), "18–25", pick(lang, "常规补货", "Regular restock")}, {pick(lang, "空运", "Air"), "7–10", pick(lang, "急货、高值货", "Urgent or valuable goods")}}}},
		{Kind: bot.Paste, Text: "Dear Seller Support,\n\nWe would like to activate Amazon Global Logistics for our account.\nCompany: Xiamen Xiaobao Trading Co., Ltd."},
		{Kind: bot.Attached, File: &bot.Document{Name: "01-register-readiness.csv", Type: "text/csv", Note: pick(lang, "开店资料清单", "Readiness checklist"), Data: []byte("item,state\nlicence,done\n")}},
		{Kind: bot.Divider},
		{Kind: bot.Note, Text: pick(lang, "来源：亚马逊全球开店，2026-09-30。政策会变，以官方页面为准。", "Source: Amazon Global Selling, 2026-09-30. Policies change; the official page counts."), Link: "https://gs.amazon.cn/"},
		{Kind: bot.Note, Text: "javascript", Link: "javascript:alert(1)"},
		{Kind: bot.Progress, Items: []bot.Item{{ID: "ship", Text: pick(lang, "发货", "Ship"), Mark: bot.Active}, {Text: pick(lang, "跟踪", "Track")}}},
	}, Actions: []bot.Action{{ID: "next", Label: pick(lang, "下一步", "Next"), Style: bot.Primary}, {ID: "page", Label: pick(lang, "官方页面", "Official Page"), Link: "https://sellercentral.amazon.com/"}, {ID: "erase", Label: pick(lang, "删除", "Erase"), Style: bot.Dangerous, Confirm: pick(lang, "确定要删除吗？", "Really erase it?")}}}
}

// hostile is text that must stay text.
var hostile = strings.Join([]string{
	`<script>document.title = "taken"</script>`, `<img src=x onerror="document.title='taken'">`,
	"\u202eevil\u202c [link](javascript:alert(1)) <@U123> @everyone", "مرحبا", "&lt;b&gt;",
}, "\n")
