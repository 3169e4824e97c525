package bot

// A Finding is one thing that was looked at for `xiaobao doctor`: what it is, how it is, and how to mend it. The texts are in
// the reader's language and hold no secrets.
type Finding struct {
	State State
	Says  string
	Mend  string // what to do about it; empty when nothing
}

// A State is how something was found.
type State string

// How something was found.
const (
	Fine     State = "fine"
	Doubtful State = "doubtful" // it works, or it could not be looked at
	Wrong    State = "wrong"    // it does not work
)
