package bot

import "xiaobao/bot/flow"

// Render turns one effect into the message it becomes and says for whom; false when it shows nothing. It is what Handle does
// inside a turn, for transcripts, tools and tests that have no network.
func Render(w Words, l Library, e flow.Effect) (flow.To, Message, bool) {
	return (&renderer{w, l}).render(e)
}

// SheetBlocks says a sheet in a language, as it would be shown in a chat; moments are told in the zone.
func SheetBlocks(w Words, l Library, lang, zone string, s flow.Sheet) []Block {
	return (&renderer{w, l}).reader(flow.To{Lang: lang, Zone: zone}).sheetBlocks(s)
}
