package watch

// HasCard is hasCard.
func HasCard(x Watched) bool { return hasCard(x) }
