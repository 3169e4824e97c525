package flow

import "time"

// Spec is the version of the State document. Reading an older one goes through Upgrade.
const Spec = 1

// State is a case: what is known, where the ten steps stand, and where each person is. It is one JSON document; reading it
// back gives the same behaviour.
type State struct {
	Spec   int               `json:"spec"`
	Seed   string            `json:"seed"` // random, from whoever opened the case: what tokens and ids are made of
	Turn   int               `json:"turn"` // counts events; part of every id that is made
	Slots  map[string]Slot   `json:"slots,omitempty"`
	Steps  map[string]Step   `json:"steps,omitempty"`
	People map[string]Talk   `json:"people,omitempty"`
	Sheets map[string]Made   `json:"sheets,omitempty"`
	Calls  map[string]Asked  `json:"calls,omitempty"` // asked of other rooms and not answered yet
	Notes  map[string]string `json:"notes,omitempty"` // small facts of other rooms, by name: open ticket ids, shipment cards
}

// A Slot is what is known under one name, with who said it and when; old values stay in Was.
type Slot struct {
	Value Value     `json:"v"`
	By    string    `json:"by,omitempty"` // a person, or "source:<name>"
	At    time.Time `json:"at"`
	Flow  string    `json:"flow,omitempty"` // where it was asked
	Look  bool      `json:"look,omitempty"` // needs a new look: something it depends on has changed
	Turn  int       `json:"turn,omitempty"` // the State.Turn it was set in
	Was   []Old     `json:"was,omitempty"`
}

// Old is a value a slot had.
type Old struct {
	Value Value     `json:"v"`
	By    string    `json:"by,omitempty"`
	At    time.Time `json:"at"`
}

// A Value is a typed value in its canonical form. Which fields are used depends on the slot's type: Text for yesno ("yes",
// "no"), choice, text, id, number (a decimal string), date (2006-01-02); Text and Unit for quantity and money; List for
// choices, list and dimensions (three decimals, with Unit); Rows for rows.
type Value struct {
	Text string     `json:"t,omitempty"`
	Unit string     `json:"u,omitempty"`
	List []string   `json:"l,omitempty"`
	Rows [][]string `json:"r,omitempty"`
}

// Status is where a step stands.
type Status string

// The states of a step:
//
//	 open ────────────► active ◄────────► waiting
//	   │   start          │ ▲   wait_for     │
//	   │ skip             │ │ reopen         │
//	   ▼                  ▼ │                ▼
//	skipped ◄─────────── done ◄──────────────┘
const (
	NotStarted Status = ""
	Active     Status = "active"
	Waiting    Status = "waiting"
	Finished   Status = "done"
	Skipped    Status = "skipped"
)

// A Step is where one of the ten stands. The position belongs to the case: two people in one step see one question.
type Step struct {
	Status   Status            `json:"status,omitempty"`
	Revision int               `json:"rev,omitempty"`
	At       []Spot            `json:"at,omitempty"` // where it is; more than one: inside a sub-flow
	Turn     int               `json:"turn,omitempty"`
	Round    int               `json:"round,omitempty"`  // how often it was opened again
	Trail    []string          `json:"trail,omitempty"`  // nodes that were passed, in order
	Tries    int               `json:"tries,omitempty"`  // wrong answers to the question at hand
	Passed   []string          `json:"passed,omitempty"` // optional fields of the form at hand that were left empty
	Faults   map[string]Line   `json:"faults,omitempty"` // what is wrong with the fields that were refused
	Raw      map[string]string `json:"raw,omitempty"`    // and what was typed there
	Known    bool              `json:"known,omitempty"`  // what was known beforehand has been confirmed
	Started  time.Time         `json:"started,omitzero"`
	Began    int               `json:"began,omitempty"` // the State.Turn it was started in
	Since    time.Time         `json:"since,omitzero"`  // waiting since
	Rung     int               `json:"rung,omitempty"`  // how far up the ladder
	Snooze   time.Time         `json:"snooze,omitzero"`
	Ended    time.Time         `json:"ended,omitzero"`
	Reason   string            `json:"reason,omitempty"` // why it was skipped
	Lead     string            `json:"lead,omitempty"`   // the person who works on it; reminders go there
}

// A Spot is a node in a flow.
type Spot struct {
	Flow string `json:"f"`
	Node string `json:"n"`
}

// A Talk is one person's side of the case.
type Talk struct {
	Name     string    `json:"name,omitempty"`
	Place    string    `json:"place,omitempty"`
	Lang     string    `json:"lang"`
	Chosen   bool      `json:"chosen,omitempty"` // the language was chosen, not guessed
	Typed    bool      `json:"typed,omitempty"`  // they have typed something: the language is no longer guessed from what they type
	Zone     string    `json:"zone,omitempty"`
	Zoned    bool      `json:"zoned,omitempty"` // the zone was chosen, not reported
	Focus    string    `json:"focus,omitempty"` // the flow this person is in
	Live     string    `json:"live,omitempty"`  // the token of the prompt on screen
	Last     string    `json:"last,omitempty"`  // the token answered before it
	Stack    []Frame   `json:"stack,omitempty"` // interruptions, the live one last
	Turn     int       `json:"turn,omitempty"`
	LiveTurn int       `json:"live_turn,omitempty"` // the step's turn when the prompt was shown
	Lost     int       `json:"lost,omitempty"`      // lines in a row that were not understood
	Nudges   int       `json:"nudges,omitempty"`    // reminders since they last spoke
	Listed   bool      `json:"listed,omitempty"`    // they asked for the list of steps just now: a number opens one
	Held     []Held    `json:"held,omitempty"`      // typed while another room was being asked
	Looks    bool      `json:"looks,omitempty"`     // they may look, and neither answer nor change anything
	Seen     time.Time `json:"seen,omitzero"`
	Greeted  bool      `json:"greeted,omitempty"`
	Found    Found     `json:"found,omitzero"`   // the numbers they pasted last, until they say what to do with them
	Draft    string    `json:"draft,omitempty"`  // names the table that was just shown to them, to import.apply; a yes imports it, whatever else they do lets it lapse
	Singly   bool      `json:"singly,omitempty"` // the fields of a form are asked one at a time where they are
}

// A Frame is one interruption on top of a step: choosing what to change, changing it, rows of a file that wait to be taken, saying why a step is skipped, being
// stuck, confirming an erasure. Kind is a name of the engine's; Slot and Flow say what it is about.
type Frame struct {
	Kind  string   `json:"kind"`
	Slot  string   `json:"slot,omitempty"`
	Text  string   `json:"text,omitempty"` // rows that wait to be taken
	Flow  string   `json:"flow,omitempty"`
	Page  int      `json:"page,omitempty"`
	Tries int      `json:"tries,omitempty"`
	Queue []string `json:"queue,omitempty"` // slots that need a new look afterwards; of "pick": those to choose from
}

// Found are numbers to track that somebody pasted. Token is the button's below them.
type Found struct {
	Token   string   `json:"token"`
	Numbers []string `json:"numbers"`
	Fresh   bool     `json:"fresh,omitempty"` // a yes follows them: the person has done nothing else since
}

// Held is an event that waits for another room's answer.
type Held struct {
	Text   string   `json:"text,omitempty"`
	Token  string   `json:"token,omitempty"`
	Action string   `json:"action,omitempty"`
	Values []string `json:"values,omitempty"`
}

// Made is a sheet that was shown, and what it was made from.
type Made struct {
	At    time.Time `json:"at"`
	Stale bool      `json:"stale,omitempty"` // an answer it was made from has changed since
	From  string    `json:"from,omitempty"`  // the fingerprint of those answers
}

// Asked is a Call that was not answered yet.
type Asked struct {
	Name   string    `json:"name"`
	Person string    `json:"person,omitempty"`
	Flow   string    `json:"flow,omitempty"`
	Node   string    `json:"node,omitempty"`
	At     time.Time `json:"at"`
}
