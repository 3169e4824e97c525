package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	mrand "math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/discord"
	"xiaobao/adapters/discord/discordtest"
)

// TestDiscord: with the token in the environment the same command talks in Discord and serves the web chat, on one database. A
// seller who began on the web goes on in Discord with a join code, and there is one question that counts.
func TestDiscord(t *testing.T) {
	s := discordtest.New(t)
	t.Setenv("DISCORD_TOKEN", discordtest.Token)
	t.Setenv("DISCORD_API_URL", s.API())
	p := start(t, clockFrom(opening), fresh(t, "")...)
	if !strings.Contains(p.out.String(), "Discord: connecting") {
		t.Errorf("it does not say that it connects:\n%s", p.out)
	}
	v := visit(t, p, "zh-CN")
	v.say("你好")
	v.see("开通十步")
	v.say("邀请")
	_, rest, _ := strings.Cut(v.see("给同事的邀请码：").String(), "给同事的邀请码：")
	code := rest[:8]
	at := discordtest.InServer("zh-CN")
	for range 2 {
		s.Do(at.Command(1, "join", "code", code))
	}
	reads := func(text string) func() bool {
		return func() bool {
			for _, m := range s.Messages(discordtest.Channel) {
				if m.Only == discordtest.Person && strings.Contains(m.Reads(), text) {
					return true
				}
			}
			return false
		}
	}
	s.Wait("the steps", reads("开通十步"))
	s.Do(at.Command(2, "step", "number", "1"))
	s.Wait("the first question", reads("您的货打算怎么走"))
	if f := s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
	if code := p.stop(); code != 0 || p.errs.String() != "" {
		t.Errorf("ended with %d and wrote:\n%s", code, p.errs)
	}
}

// TestDiscordEnds: what is missing or refused is said, with what to do.
func TestDiscordEnds(t *testing.T) {
	s := discordtest.New(t)
	t.Setenv("DISCORD_API_URL", s.API())
	serve := func(config string) (int, string) {
		var out, errs bytes.Buffer
		code := run(context.Background(), outside{strings.NewReader(""), &out, &errs, clockFrom(opening)}, fresh(t, config))
		return code, errs.String()
	}
	t.Setenv("DISCORD_PUBLIC_KEY", s.PublicKey())
	if code, errs := serve(""); code != 1 || !strings.Contains(errs, "DISCORD_TOKEN is not set") {
		t.Errorf("without a token: %d %q", code, errs)
	}
	t.Setenv("DISCORD_TOKEN", discordtest.Token)
	t.Setenv("DISCORD_PUBLIC_KEY", "")
	if code, errs := serve("discord: {mode: http}\n"); code != 1 || !strings.Contains(errs, "DISCORD_PUBLIC_KEY") {
		t.Errorf("HTTP without a key: %d %q", code, errs)
	}
	if code, errs := serve("discord: {mode: pigeon}\n"); code != 1 || !strings.Contains(errs, "gateway or http") {
		t.Errorf("another mode: %d %q", code, errs)
	}
	s.Fail("GET /applications/@me", discordtest.Fault{Status: 401})
	if code, errs := serve(""); code != 1 || !strings.Contains(errs, "Reset Token") {
		t.Errorf("a token that is refused: %d %q", code, errs)
	}
	s.Endpoint("https://x.example" + discord.Path)
	if code, errs := serve(""); code != 1 || !strings.Contains(errs, "Interactions Endpoint URL") {
		t.Errorf("both modes: %d %q", code, errs)
	}
}

// TestDiscordHTTP: in HTTP mode the same port serves what Discord posts, and checks who it is.
func TestDiscordHTTP(t *testing.T) {
	s := discordtest.New(t)
	s.Endpoint("https://x.example" + discord.Path)
	t.Setenv("DISCORD_TOKEN", discordtest.Token)
	t.Setenv("DISCORD_API_URL", s.API())
	t.Setenv("DISCORD_PUBLIC_KEY", s.PublicKey())
	now := clockFrom(opening)
	p := start(t, now, fresh(t, "discord: {mode: http}\n")...)
	at := strings.TrimSuffix(p.url, "/") + discord.Path
	post := func(payload map[string]any, signed time.Time) int {
		body, _ := json.Marshal(payload)
		i := s.Begin(payload)
		r, _ := http.NewRequest("POST", at, bytes.NewReader(body))
		s.Sign(r, signed, body)
		r.Host = "x.example" // as a proxy passes it on
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var answer bytes.Buffer
		answer.ReadFrom(resp.Body)
		if resp.StatusCode == 200 && payload["type"] == 2 {
			if f := s.Answered(i, answer.Bytes()); len(f) > 0 {
				t.Errorf("refused: %q", f)
			}
		}
		return resp.StatusCode
	}
	command := func(n int) map[string]any { return discordtest.InServer("en-US").Command(n, "status") }
	s.Wait("it to serve", func() bool { return post(command(1), now()) == 200 })
	if got := post(command(2), now().Add(-time.Hour)); got != 401 {
		t.Errorf("an old request: %d", got)
	}
	s.Wait("the steps", func() bool {
		for _, m := range s.Messages(discordtest.Channel) {
			if strings.Contains(m.Reads(), "Your ten steps") {
				return true
			}
		}
		return false
	})
	if f := s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
}

func TestDiscordCommands(t *testing.T) {
	s := discordtest.New(t)
	if code, out, errs := command(t, "", "discord", "invite", "--app", "123"); code != 0 || !strings.Contains(out, "client_id=123") || strings.Contains(out, "permissions=8&") {
		t.Errorf("%d %q %q", code, out, errs)
	}
	t.Setenv("DISCORD_TOKEN", discordtest.Token)
	t.Setenv("DISCORD_API_URL", s.API())
	if code, out, errs := command(t, "", "discord", "invite"); code != 0 || !strings.Contains(out, "client_id="+discordtest.App) {
		t.Errorf("%d %q %q", code, out, errs)
	}
	now, more := time.Now, []string(nil)
	look := func(lang string, want ...string) {
		t.Helper()
		_, out, errs := doctor(t, now, append([]string{"--lang", lang, "--database", filepath.Join(t.TempDir(), "none.db")}, more...)...)
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("the doctor does not say %q: %q %q", w, out, errs)
			}
		}
		if strings.Contains(out+errs, discordtest.Token) {
			t.Error("the doctor tells the token")
		}
	}
	look("en", "The token belongs to Xiaobao", "Identifications left today: 1000/1000", "No commands are registered yet", "Start the program")
	look("zh", "令牌属于 Xiaobao", "还没有注册命令", "本机时间准确")
	now = func() time.Time { return time.Now().Add(-10*time.Minute - 30*time.Second) }
	look("en", "[WRONG] The clock is off by 10m", "five minutes")
	look("zh", "[有误] 本机时间相差 10m", "时间同步")
	now = time.Now
	http := fresh(t, "discord: {mode: http}\n")
	more = []string{"--config", http[slices.Index(http, "--config")+1], "--listen", "127.0.0.1:1"}
	look("en", "[WRONG] discord.mode is http and DISCORD_PUBLIC_KEY is not set", "Copy Public Key", "Identifications left")
	look("zh", "[有误] discord.mode 是 http，但没有设置 DISCORD_PUBLIC_KEY", "复制 Public Key")
	t.Setenv("DISCORD_PUBLIC_KEY", s.PublicKey())
	look("en", "has no Interactions Endpoint URL yet", "[look] Nobody serves Discord at http://127.0.0.1:1/discord/interactions", "Start the program")
	look("zh", "[留意] http://127.0.0.1:1/discord/interactions", "启动程序后再检查")
	p := start(t, time.Now, http...)
	more[3] = strings.TrimPrefix(p.url, "http://")
	s.Endpoint(p.url + "/elsewhere")
	look("en", "[ok] The program answers at "+p.url+"/discord/interactions", "[WRONG] Nobody serves Discord at "+p.url+"/elsewhere")
	s.Endpoint(p.url + "/discord/interactions")
	look("zh", "程序在 "+p.url+"/discord/interactions 正常应答", "[正常] 交互通过 HTTP 投递")
	p.stop()
	t.Setenv("DISCORD_TOKEN", "")
	look("zh", "[有误] 没有设置 DISCORD_TOKEN", "Reset Token")
	t.Setenv("DISCORD_TOKEN", discordtest.Token)
	t.Setenv("DISCORD_PUBLIC_KEY", "")
	more = nil
	s.Endpoint("https://x.example")
	look("en", "nothing comes over the gateway", "set discord.mode to http")
	s.Fail("GET /applications/@me", discordtest.Fault{Status: 401})
	look("zh", "Discord 拒绝了 DISCORD_TOKEN", "Reset Token")
}

// TestDiscordKilled cuts the power again and again while somebody goes from step to step: what Discord got an answer to is kept, what it
// got none to is sent again, and each step is announced once (F1, F4).
func TestDiscordKilled(t *testing.T) {
	s := discordtest.New(t)
	s.Endpoint("https://x.example" + discord.Path)
	t.Setenv("DISCORD_TOKEN", discordtest.Token)
	t.Setenv("DISCORD_API_URL", s.API())
	t.Setenv("DISCORD_PUBLIC_KEY", s.PublicKey())
	args := fresh(t, "discord: {mode: http}\n")
	dice := mrand.New(mrand.NewPCG(5, 2026))
	var p *program
	begin := func() { // and wait until it serves
		const asked = "GET /applications/{application_id}/commands"
		before := len(s.Calls(asked))
		p = startChild(t, time.Now(), args...)
		s.Wait("the program to look at its commands", func() bool { return len(s.Calls(asked)) > before })
	}
	begin()
	at := discordtest.InDM("en-US")
	// post sends an interaction, and again to the next process while nobody has answered it.
	post := func(payload map[string]any, kill time.Duration) {
		t.Helper()
		body, _ := json.Marshal(payload)
		for try := 0; ; try++ {
			i := s.Begin(payload)
			r, _ := http.NewRequest("POST", strings.TrimSuffix(p.url, "/")+discord.Path, bytes.NewReader(body))
			s.Sign(r, time.Now(), body)
			if kill >= 0 && try == 0 {
				time.AfterFunc(kill, func() { p.child.Kill() })
			}
			resp, err := http.DefaultClient.Do(r)
			answered := err == nil && resp.StatusCode == http.StatusOK
			if err == nil {
				var answer bytes.Buffer
				if _, err := answer.ReadFrom(resp.Body); err == nil && answered {
					if f := s.Answered(i, answer.Bytes()); len(f) > 0 {
						t.Errorf("refused: %q", f)
					}
				}
				resp.Body.Close()
			}
			if kill >= 0 && try == 0 {
				p.end()
				begin()
			}
			if answered {
				return
			}
			if try > 3 {
				t.Fatalf("nobody answers: %v", err)
			}
		}
	}
	post(at.Command(1, "status"), -1)
	announced := func(n int) (times int) {
		for _, m := range s.Messages(discordtest.DM) {
			times += strings.Count(m.Reads(), fmt.Sprintf("Step %d of 10: ", n))
		}
		return times
	}
	for n := 1; n <= 10; n++ {
		post(at.Command(n+1, "step", "number", strconv.Itoa(n)), time.Duration(dice.IntN(60))*time.Millisecond)
	}
	for n := 1; n <= 10; n++ {
		s.Wait(fmt.Sprintf("step %d to be announced", n), func() bool { return announced(n) > 0 })
	}
	for n := 1; n <= 10; n++ {
		if got := announced(n); got != 1 {
			t.Errorf("step %d is announced %d times", n, got)
			for _, m := range s.Messages(discordtest.DM) {
				t.Logf("DIAG %s nonce %q edits %d at %s: %.60q", m.ID, m.Nonce, m.Edits, m.At.Format("05.000"), m.Reads())
			}
			for _, c := range s.Calls("") {
				t.Logf("CALL %+v", c)
			}
		}
	}
	if f := s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
}
