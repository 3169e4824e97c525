package slack

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"github.com/slack-go/slack"

	"xiaobao/adapters/slack/slacktest"
)

// TestTokensStandInHeaders calls through slack-go, which writes the token into the form: what arrives has it in the header only, and
// everything else as it was. The stand-in refuses a token anywhere else, so every other test holds this too.
func TestTokensStandInHeaders(t *testing.T) {
	type seen struct{ auth, form, query, user string }
	var got []seen
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		got = append(got, seen{r.Header.Get("Authorization"), r.PostForm.Get("token"), r.URL.RawQuery, r.PostForm.Get("user")})
		w.Write([]byte(`{"ok":true,"user":{"id":"U0LIN"},"team_id":"T0"}`))
	}))
	defer server.Close()
	a, err := New(Config{BotToken: slacktest.BotToken, SigningSecret: slacktest.SigningSecret, API: server.URL + "/api/", Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	api := a.newClient("xoxb-secret")
	if _, err := api.GetUserInfoContext(t.Context(), "U0LIN"); err != nil {
		t.Fatal(err)
	}
	if _, err := api.GetUserPresenceContext(t.Context(), "U0LIN"); err != nil {
		t.Fatal(err)
	}
	if _, err := api.PublishViewContext(t.Context(), slack.PublishViewContextRequest{UserID: "U0LIN"}); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0].user != "U0LIN" {
		t.Fatalf("arrived: %+v", got)
	}
	for i, s := range got {
		if s.auth != "Bearer xoxb-secret" || s.form != "" || s.query != "" {
			t.Errorf("call %d: %+v", i, s)
		}
	}
}

// TestCutBetweenCharacters cuts text of characters that are made of several at every length, and finds none that was cut inside.
func TestCutBetweenCharacters(t *testing.T) {
	for _, one := range []string{"👨‍👩‍👧‍👦", "🇨🇳", "é", "한", "包", "👍🏽", "ก็", "❤️"} {
		text := strings.Repeat(one, 30)
		for n := 1; n < 60; n++ {
			out := cut(text, n)
			if utf8.RuneCountInString(out) > n {
				t.Fatalf("%q to %d: %q is longer", one, n, out)
			}
			for g := uniseg.NewGraphemes(strings.TrimSuffix(out, "…")); g.Next(); {
				if g.Str() != one {
					t.Fatalf("%q to %d: %q stands in %q", one, n, g.Str(), out)
				}
			}
		}
	}
	if out := cut("a"+strings.Repeat("\u0301", 5000), 75); utf8.RuneCountInString(out) > 75 {
		t.Errorf("a single character of five thousand: %d are left", utf8.RuneCountInString(out))
	}
}
