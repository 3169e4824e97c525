package flow

// looking is what somebody may do who was let in to look: see where everything stands, ask, read, take a copy, and choose how
// they themselves are spoken to. The rest would answer or change something for everybody.
var looking = map[string]bool{
	"hello": true, "steps": true, "help": true, "status": true, "repeat": true, "language": true, "documents": true, "export": true,
	"join": true, "privacy": true, "track": true, "shipments": true, "shipment": true, "shipments_csv": true,
	"notices": true, "quiet": true, "digest": true, "loud": true, "level": true, "snooze": true, "zone": true, "mute": true, "unmute": true,
	"only": true, "follow": true, "unfollow": true, "test_notice": true, "why_news": true,
}

// onlyLooks tells somebody who may only look that this would change something, and what to do; false for everybody else.
func (t *turn) onlyLooks(person string) bool {
	if !t.s.People[person].Looks {
		return false
	}
	t.do(Speak{To: t.to(person), Lines: []Line{Say("viewer.looks"), Say("viewer.how")}, Actions: []Action{verb("status"), verb("steps"), verb("documents"), verb("help")}})
	return true
}

// own says whether a prompt is about the person alone: they may answer it even when they only look.
func (l live) own() bool { return l.kind == "" || looking[l.frame.Kind] }
