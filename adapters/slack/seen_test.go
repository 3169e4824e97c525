package slack

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	difference "github.com/google/go-cmp/cmp"

	"xiaobao/adapters/slack/slacktest"
	"xiaobao/bot"
	"xiaobao/bot/flow"
)

// codes are those of invitations.
var codes = regexp.MustCompile(`\b[A-Z0-9]{8}\b`)

// An onlooker writes down what somebody sees in Slack, as it reads.
type onlooker struct {
	*player
	out  bytes.Buffer
	seen map[string]string // by the name of a message
	dsn  string
}

// TestSeen writes down, as it reads, what a person sees beside the steps: the Home tab in each of its states, a form, what a channel is told
// of the shipments that it chose, the test message, and every way of being told that something did not work.
func TestSeen(t *testing.T) {
	for _, lang := range []string{"en", "zh-Hans"} {
		t.Run(lang, func(t *testing.T) {
			say := func(en, zh string) string {
				if lang == "en" {
					return en
				}
				return zh
			}
			var b atomic.Pointer[bot.Bot]
			s, dsn := newSlack(t, lang), filepath.Join(t.TempDir(), "x.db")
			p := &player{t: t, s: s, whole: newBotAt(t, s, dsn, func() time.Time { return opening }, withHome(&b))}
			b.Store(p.bot)
			o := &onlooker{player: p, seen: map[string]string{}, dsn: dsn}
			dm := func(what, text string) {
				o.next(what)
				p.push("events_api", slacktest.Said(p.n, text))
				o.look()
			}
			channel := func(what, text string) {
				o.next(what)
				p.push("events_api", slacktest.Mentioned(p.n, text, ""))
				o.look()
			}
			o.home("Home, first run", slacktest.Person)
			dm("the first word", say("hi", "你好"))
			o.home("Home, nothing begun", slacktest.Person)
			dm("a verb in short", say("tz", "查询"))
			dm("the first step", say("step 1", "第1步"))
			o.press("the way of shipping", say("Amazon warehouse (FBA)", "发往亚马逊仓"))
			o.home("Home, something is asked", slacktest.Person)
			o.form("a form", say("Fill In", "填写"))
			s.Fail("views.open", slacktest.Fault{Error: "expired_trigger_id"})
			o.press("a form that could not be opened", say("Fill In", "填写"))
			dm("nothing of ours", "xyzzy")
			dm("a secret", say("my password is hunter2-9X", "密码是 hunter2-9X"))
			o.file("a file that is gone", "http://drive.example/1", 0)
			o.file("a file of another kind", s.Serve("photo.png", []byte("\x89PNG\r\n\x1a\n\x00\x00")), 0)
			o.next("used in a channel")
			if got := s.Push("slash_commands", slacktest.Command(p.n, slacktest.Channel, ""), 0); len(got.Reply) > 0 {
				var r struct{ Text string }
				json.Unmarshal(got.Reply, &r)
				o.out.WriteString("to that person only: " + r.Text + "\n")
			}
			p.drain()
			o.look()
			o.next("a channel follows one shipment")
			p.push("events_api", slacktest.Mentioned(p.n, say("tell this channel SIMAUS12345678", "在这里通知 SIMAUS12345678"), ""))
			s.Wait("its card", func() bool {
				return slices.ContainsFunc(s.Messages(slacktest.Channel), func(m slacktest.Message) bool {
					return m.Thread == "" && strings.Contains(m.Reads(), say("No information yet", "暂无轨迹"))
				})
			})
			p.drain()
			o.look()
			channel("its notifications", say("notifications", "通知设置"))
			o.next("the test message")
			p.push("interactive", o.button(slacktest.Channel, say("Send a Test", "发一条测试")))
			o.look()
			o.news("news of the one it follows", "SIMAUS12345678", true)
			o.news("news of another: nothing", "SIMAUS87654321", true)
			channel("only what goes wrong", say("only late, exceptions", "只看延误和异常"))
			o.news("an exception of another", "SIMAUS87654321", true)
			o.news("an ordinary move of another: nothing aloud", "SIMAUS87654321", false)
			channel("all of them again", say("only all", "只看全部"))
			channel("the channel stops", say("unsubscribe", "取消订阅"))
			o.home("Home, in the middle", slacktest.Person)
			dm("somebody may look", say("invite viewer", "邀请只读"))
			s.Set("U0EVE", slacktest.Profile{Name: "Eve", Locale: "en-US", Zone: "Asia/Shanghai"})
			if lang == "en" { // in Chinese the one shipment is short enough for a button, and nothing is searched
				if own, foreign := o.search(slacktest.Person), o.search("U0EVE"); !strings.Contains(own, "SIMAUS12345678") || strings.Contains(foreign, "SIMAUS") { // F9
					t.Errorf("a search finds %s, and somebody else's %s", own, foreign)
				}
			}
			all := s.Messages(slacktest.DM)
			code := codes.FindString(all[len(all)-1].Text)
			s.Set("U0VIEW", slacktest.Profile{Name: "Zoe", Locale: say("en-US", "zh-CN"), Zone: "Asia/Shanghai"})
			join := slacktest.Said(900, say("join ", "加入 ")+code)
			join["event"].(map[string]any)["user"], join["event"].(map[string]any)["channel"] = "U0VIEW", "D0VIEW"
			o.push("events_api", join)
			o.home("Home, of who may only look", "U0VIEW")
			dm("erase, asked before", say("erase my data", "删除我的数据"))
			if f := s.Refused(); len(f) > 0 {
				t.Errorf("refused: %q", f)
			}
			out := codes.ReplaceAllString(o.out.String(), "CODE")
			golden := filepath.Join("testdata", "seen-"+lang+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(out), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := difference.Diff(strings.Split(string(want), "\n"), strings.Split(out, "\n")); diff != "" {
				t.Errorf("not as in %s (go test ./adapters/slack -run TestSeen -args -update rewrites it):\n%s", golden, diff)
			}
		})
	}
}

// withHome connects an adapter that has home pages.
func withHome(b *atomic.Pointer[bot.Bot]) connector {
	return func(t *testing.T, s *slacktest.Server, handle func(context.Context, bot.Incoming) error, change ...func(*Adapter)) (*Adapter, <-chan error) {
		a, ended := connect(t, s, handle, append(change, func(a *Adapter) {
			a.Show(func(ctx context.Context, u bot.User) ([]bot.Message, error) { return b.Load().Home(ctx, u) },
				func(ctx context.Context, u bot.User, what, query string) ([]bot.Option, error) {
					return b.Load().Suggest(ctx, u, what, query)
				})
		})...)
		s.Wait("the connection", func() bool { return s.Links() == 1 })
		return a, ended
	}
}

func (o *onlooker) next(what string) {
	o.n++
	fmt.Fprintf(&o.out, "\n-- %s --\n", what)
}

// look writes down what is new or changed.
func (o *onlooker) look() {
	for _, room := range []string{slacktest.DM, slacktest.Channel} {
		all := o.s.Messages(room)
		slices.SortStableFunc(all, func(a, b slacktest.Message) int { return cmp.Compare(len(b.Thread), len(a.Thread)) }) // places do not wait for one another
		for _, m := range all {
			reads := m.Reads()
			if before, there := o.seen[m.TS]; before == reads {
				continue
			} else if there {
				o.out.WriteString("(edited) ")
			}
			o.seen[m.TS] = reads
			where := "direct"
			if room == slacktest.Channel {
				where = "channel"
			}
			if m.Thread != "" {
				where += ", thread"
			}
			if m.Only != "" {
				where += ", to that person only"
			}
			fmt.Fprintf(&o.out, "[%s]\n%s", where, reads)
		}
	}
}

func (o *onlooker) home(what, user string) {
	o.next(what)
	before := len(o.s.Homes(user))
	o.push("events_api", slacktest.Event(o.n, map[string]any{"type": "app_home_opened", "user": user, "tab": "home"}))
	o.s.Wait("the page", func() bool { return len(o.s.Homes(user)) > before })
	all := o.s.Homes(user)
	o.out.WriteString(blocksOf(all[len(all)-1]))
}

// blocksOf is how a view reads.
func blocksOf(view json.RawMessage) string {
	var v struct{ Title, Submit, Close struct{ Text string } }
	var blocks struct{ Blocks json.RawMessage }
	json.Unmarshal(view, &v)
	json.Unmarshal(view, &blocks)
	head := ""
	if v.Title.Text != "" {
		head = v.Title.Text + " [" + v.Submit.Text + "] [" + v.Close.Text + "]\n"
	}
	return head + slacktest.Message{Blocks: blocks.Blocks}.Reads()
}

// button presses the newest button of a conversation that has that label.
func (o *onlooker) button(room, label string) map[string]any {
	o.t.Helper()
	all := o.s.Messages(room)
	for i := len(all) - 1; i >= 0; i-- {
		if payload := all[i].Pressed(o.n, label); payload != nil {
			return payload
		}
	}
	o.t.Fatalf("no %q among\n%s", label, reads(all))
	return nil
}

// search types into the search of the person's Home tab, as anybody may claim to.
func (o *onlooker) search(user string) string {
	o.t.Helper()
	homes := o.s.Homes(slacktest.Person)
	found := searches.FindStringSubmatch(string(homes[len(homes)-1]))
	if found == nil {
		o.t.Fatalf("nothing can be searched on %s", homes[len(homes)-1])
	}
	p := o.s.Push("interactive", map[string]any{
		"type": "block_suggestion", "team": map[string]any{"id": slacktest.Team}, "user": map[string]any{"id": user, "team_id": slacktest.Team},
		"container": map[string]any{"type": "view", "view_id": "VH"}, "action_id": found[1], "value": "SIM",
	}, 0)
	if !p.Acked {
		o.t.Error("a search was not acknowledged")
	}
	answer, err := json.Marshal(p.Reply)
	if err != nil {
		o.t.Fatal(err)
	}
	return string(answer)
}

// searches finds what can be searched in a view, whose keys the stand-in sorts.
var searches = regexp.MustCompile(`"action_id":"([^"]*)"[^\[\]]*"type":"external_select"`)

func (o *onlooker) press(what, label string) {
	o.t.Helper()
	o.next(what)
	if !o.s.Push("interactive", o.button(slacktest.DM, label), 0).Acked {
		o.t.Errorf("%q was not acknowledged", label)
	}
	o.drain()
	o.look()
}

func (o *onlooker) form(what, label string) {
	o.t.Helper()
	o.press(what, label)
	views := o.s.Views()
	o.out.WriteString(blocksOf(views[len(views)-1]))
}

func (o *onlooker) file(what, url string, status int) {
	o.next(what)
	if status != http.StatusOK && status != 0 {
		o.s.Fail("files", slacktest.Fault{Status: status})
	}
	name := url[strings.LastIndexByte(url, '/')+1:]
	o.s.Push("events_api", slacktest.Event(o.n, map[string]any{"type": "message", "subtype": "file_share", "channel": slacktest.DM, "channel_type": "im", "user": slacktest.Person, "ts": fmt.Sprintf("1764550800.%06d", o.n),
		"files": []any{map[string]any{"name": name, "mimetype": "text/csv", "url_private": url}}}), 0)
	o.drain()
	o.look()
}

func (o *onlooker) news(what, number string, trouble bool) {
	o.t.Helper()
	o.next(what)
	lin := bot.User{Network: Network, Workspace: slacktest.Team, ID: slacktest.Person, Name: "Lin"}
	id, err := openStore(o.t, o.dsn).Join(o.t.Context(), lin, "unused", opening)
	if err != nil {
		o.t.Fatal(err)
	}
	n := bot.News{Case: id, Tenant: lin.Tenant(), Key: "shipment:" + number, Card: flow.Sheet{Title: flow.Say("shipment.brief", flow.Text("Number", number), flow.Word("What", "shipment.status.customs"))},
		Push: []flow.Line{flow.Say("shipment.push.eta_moved", flow.Text("Number", number), flow.Text("Eta", "12-20"), flow.Text("Before", "12-12"))}, Trouble: trouble, Routine: !trouble, Sorts: []string{"all", "moving"}, Heard: opening}
	if trouble {
		n.Sorts = []string{"all", "trouble"}
	}
	if err := o.bot.Handle(o.t.Context(), bot.Incoming{ID: fmt.Sprint("news", o.n), At: opening, What: n}); err != nil {
		o.t.Fatal(err)
	}
	o.drain()
	o.look()
}
