package discord

import (
	"encoding/json"
	"strings"
	"testing"

	"xiaobao/adapters/discord/discordtest"
)

// The commands keep to every limit in every language, and are registered only when they have changed.
func TestCommands(t *testing.T) {
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	if f := faultsOf(w.commands(true)); len(f) > 0 {
		t.Errorf("%q", f)
	}
	for _, c := range w.commands(true) {
		if len(c.Contexts) == 0 || len(c.Installs) == 0 {
			t.Errorf("%s does not say where it can be used", c.Name)
		}
		if c.Name == adminCommand && (c.Permissions == nil || *c.Permissions == 0) {
			t.Error("everybody sees the administrators' command")
		}
	}
	const put = "PUT /applications/{application_id}/commands"
	s, db := discordtest.New(t), database(t)
	_, _, stop := run(t, s, db, (&ears{}).handle)
	s.Wait("the commands", func() bool { return len(s.Calls(put)) == 1 })
	s.Wait("the connection", func() bool { return s.Links() == 1 })
	stop()
	_, _, stop = run(t, s, db, (&ears{}).handle)
	s.Wait("the connection", func() bool { return s.Links() == 1 })
	stop()
	if n := len(s.Calls(put)); n != 1 {
		t.Errorf("registered %d times", n)
	}
	run(t, s, db, (&ears{}).handle, func(a *Adapter) { a.words["zh-Hans"]["command.start"] = "另一句话" })
	s.Wait("the changed commands", func() bool { return strings.Contains(string(s.Commands()), "另一句话") })
	if f := s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
}

func TestCommandFaults(t *testing.T) {
	long := strings.Repeat("x", 101)
	for name, c := range map[string]command{
		"a name in capitals":    {Type: 1, Name: "Start", Description: "x"},
		"a name with a space":   {Type: 1, Name: "go on", Description: "x"},
		"a long description":    {Type: 1, Name: "x", Description: long},
		"a long one in Chinese": {Type: 1, Name: "x", Description: "x", Descriptions: map[string]string{"zh-CN": long}},
		"the same name twice":   {Type: 1, Name: "x", Description: "x", Options: []command{{Name: "a", Description: "x", Names: map[string]string{"zh-CN": "甲"}}, {Name: "b", Description: "x", Names: map[string]string{"zh-CN": "甲"}}}},
		"26 options":            {Type: 1, Name: "x", Description: "x", Options: make([]command, 26)},
	} {
		if len(faultsOf([]command{c})) == 0 {
			t.Errorf("%s is taken", name)
		}
	}
	var b bits
	if json.Unmarshal([]byte(`"32"`), &b) != nil || b != 32 || json.Unmarshal([]byte(`64`), &b) != nil || b != 64 {
		t.Errorf("permissions are read as %d", b)
	}
}
