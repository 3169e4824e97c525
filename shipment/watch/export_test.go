package watch

// HasCard is hasCard.
func HasCard(x Watched) bool { return hasCard(x) }

// LeaseFor is leaseFor.
const LeaseFor = leaseFor
