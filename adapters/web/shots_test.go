package web

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"xiaobao/adapters/web/webtest"
)

// TestShots writes pictures of the page into the folder SHOTS names; without it there is nothing to look at.
func TestShots(t *testing.T) {
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	c := newClerk()
	a, err := New(Config{Log: newMemory()})
	if err != nil {
		t.Fatal(err)
	}
	c.send = a.Send
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(a.Handler(ctx, c.handle))
	defer server.Close()
	defer cancel()
	b := webtest.Start(t)
	shot := func(p *webtest.Page, name string) { p.Shot(filepath.Join(dir, name+".png")) }

	zh := b.Person("zh-CN,zh;q=0.9")
	zh.Size(1280, 860, false)
	zh.Go(server.URL)
	zh.See("您好，我是小包")
	shot(zh, "01-welcome-zh")
	zh.PressIn(".welcome", "中文")
	zh.See("下一步：了解服务")
	shot(zh, "01b-onward-zh")
	zh.PressIn(".live", "开始第 2 步")
	zh.See("您已经有亚马逊卖家账户了吗？")
	zh.Type("我们是厦门的公司，做家居")
	zh.See("heard 我们")
	zh.Type("ask")
	shot(zh, "02-question-zh")
	zh.Type("all")
	zh.See("开店资料清单")
	shot(zh, "03-gallery-zh")
	webtest.Eval[bool](zh, "(document.getElementById('scroll').scrollTop = 1e6, true)")
	shot(zh, "04-gallery-end-zh")
	zh.Media("prefers-color-scheme", "dark")
	shot(zh, "05-gallery-end-dark")
	zh.Type("form")
	zh.See("公司资料")
	shot(zh, "06-form-dark")
	zh.Fill("uscc", "91350100M000100Y47")
	zh.Press("提交")
	zh.See("最后一位校验码")
	shot(zh, "07-fault-dark")
	zh.Media("prefers-color-scheme", "light")
	shot(zh, "08-fault-light")
	zh.Press("English")
	zh.See("Do you already have")
	zh.Type("select")
	zh.See("Port of loading")
	shot(zh, "09-select-en")
	zh.Type("urgent")
	zh.See("Customs hold")
	shot(zh, "10-urgent-en")

	phone := b.Person("zh-CN")
	phone.Size(390, 800, true)
	phone.Go(server.URL)
	phone.See("您好，我是小包")
	shot(phone, "11-phone-welcome")
	phone.PressIn(".welcome", "中文")
	phone.PressIn(".live", "开始第 2 步")
	phone.See("您已经有亚马逊卖家账户了吗？")
	shot(phone, "12-phone-question")
	phone.Press("打开步骤")
	phone.See("注册卖家账户")
	shot(phone, "13-phone-drawer")
	phone.Press("收起步骤")
	phone.Type("all")
	phone.See("开店资料清单")
	shot(phone, "14-phone-gallery")
	phone.Media("prefers-color-scheme", "dark")
	phone.Type("form")
	phone.See("公司资料")
	shot(phone, "15-phone-form-dark")
	for _, p := range []*webtest.Page{zh, phone} {
		if f := p.Faults(); len(f) > 0 {
			t.Errorf("faults: %q", f)
		}
	}
}
