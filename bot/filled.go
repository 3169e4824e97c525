package bot

import (
	"maps"
	"slices"

	"xiaobao/bot/flow"
)

// filled are the values of a form, with what stands in its files behind what was typed. A file that cannot be read is refused, and the
// rest of the form counts.
func (t *turn) filled(by flow.By, s Submit) map[string]string {
	if len(s.Files) == 0 {
		return s.Values
	}
	values := map[string]string{}
	maps.Copy(values, s.Values)
	for _, field := range slices.Sorted(maps.Keys(s.Files)) {
		f := s.Files[field]
		text, ok := readText(f.Data)
		if !ok || len(f.Data) > largestFile {
			t.unreadable(by, f)
			continue
		}
		values[field] = join("\n", values[field], text)
	}
	return values
}

// unreadable says that a file cannot be read, and what can be.
func (t *turn) unreadable(by flow.By, f File) {
	p := t.bot.render.reader(t.to(by))
	m := p.message()
	m.Text = p.ui("file_unreadable", flow.Text("Name", f.Name), flow.Text("Size", "500 KB"))
	t.post(t.in.To, m, t.bot.capabilities(t.in.To))
}
