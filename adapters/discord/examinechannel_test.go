package discord

import (
	"slices"
	"strings"
	"testing"

	"xiaobao/adapters/discord/discordtest"
	"xiaobao/bot"
)

// What doctor says of the channels that the configuration names, in both languages: what is missing there by name, and how to mend it.
func TestRoomsExamined(t *testing.T) {
	const manage, private, send, view = 1 << 34, 1 << 36, 1 << 11, 1 << 10
	for _, c := range []struct {
		name   string
		change func(*discordtest.Server)
		forum  Forum
		desk   Desk
		state  bot.State
		en, zh string
	}{
		{"as invited", nil, Forum{}, Desk{Channel: deskRoom, Helpers: "777"}, bot.Wrong, "questions: Create Private Threads", "questions：创建私密子区"},
		{"given to the role", func(s *discordtest.Server) { s.Grant(discordtest.Invited | private) }, Forum{}, Desk{Channel: deskRoom, Helpers: "777"}, bot.Fine, "In questions the bot may do all", "频道 questions 的权限齐全"},
		{"given in the channel", func(s *discordtest.Server) { s.Overwrite(deskRoom, discordtest.Bot, private, 0) }, Forum{}, Desk{Channel: deskRoom, Helpers: "777"}, bot.Fine, "In questions the bot may do all", "频道 questions 的权限齐全"},
		{"taken from everybody, given to the role", func(s *discordtest.Server) {
			s.Overwrite(deskRoom, discordtest.Guild, 0, view)
			s.Overwrite(deskRoom, "778", private|view, 0)
		}, Forum{}, Desk{Channel: deskRoom, Helpers: "777"}, bot.Fine, "In questions the bot may do all", "频道 questions 的权限齐全"},
		{"taken in the channel", func(s *discordtest.Server) { s.Overwrite(discordtest.Channel, "778", 0, send) }, Forum{Channel: discordtest.Forum, Desk: discordtest.Channel}, Desk{}, bot.Wrong, "general: Send Messages", "general：发送消息"},
		{"the forum", nil, Forum{Channel: discordtest.Forum}, Desk{}, bot.Wrong, "support: Manage Threads", "support：管理子区"},
		{"the forum, given", func(s *discordtest.Server) { s.Overwrite(discordtest.Forum, "778", manage, 0) }, Forum{Channel: discordtest.Forum}, Desk{}, bot.Fine, "In support the bot", "频道 support 的权限"},
		{"an administrator", func(s *discordtest.Server) { s.Grant(8) }, Forum{Channel: discordtest.Forum}, Desk{}, bot.Fine, "In support the bot", "频道 support 的权限"},
		{"no channel", nil, Forum{}, Desk{Channel: "1000000000000000099", Helpers: "777"}, bot.Wrong, "discord.forum.tickets", "discord.forum.tickets"},
		{"a forum for questions", nil, Forum{}, Desk{Channel: discordtest.Forum, Helpers: "777"}, bot.Wrong, "must be a text channel", "要填文字频道"},
		{"another role", nil, Forum{}, Desk{Channel: deskRoom, Helpers: "999"}, bot.Wrong, "nobody can answer", "谁都无法回答"},
		{"replies", nil, Forum{Channel: discordtest.Forum, Replies: true}, Desk{}, bot.Fine, "is listened to as well", "也接收服务器里的消息"},
		{"replies without the intent", func(s *discordtest.Server) { s.OpenForum(false) }, Forum{Channel: discordtest.Forum, Replies: true}, Desk{}, bot.Wrong, "the connection will be refused", "连接会被拒绝"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := discordtest.New(t)
			s.OpenForum(true)
			s.OpenDesk(deskRoom)
			if c.change != nil {
				c.change(s)
			}
			for lang, want := range map[string]string{"en": c.en, "zh-Hans": c.zh} {
				all := Examine(t.Context(), Config{Token: discordtest.Token, API: s.API(), Logger: quiet(), Forum: c.forum, Desk: c.desk}, lang, "")
				at := slices.IndexFunc(all, func(f bot.Finding) bool { return strings.Contains(f.Says, want) })
				if at < 0 || all[at].State != c.state || c.state != bot.Fine && all[at].Mend == "" {
					t.Errorf("%+v, want %q", all, want)
				}
			}
			sound(t, s)
		})
	}
}
