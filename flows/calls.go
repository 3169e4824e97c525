package flows

// Calls are what a flow may ask other rooms for, with call: on a do node or on a sheet. A test of the front hall holds the list against
// the rooms.
func Calls() []string {
	return []string{
		"amazon.ask", "amazon.voices",
		"estimate.calendar", "estimate.compare", "estimate.make",
		"import.apply", "import.begin", "import.preview", "import.undo",
		"papers.make", "papers.pack", "papers.settings", "papers.template",
		"shipment.export", "shipment.list", "shipment.share", "shipment.show", "shipment.watch",
	}
}
