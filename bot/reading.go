package bot

import (
	"bytes"
	"sync"

	json "github.com/go-json-experiment/json/v1"

	"xiaobao/bot/flow"
)

// readings keeps the states of lively cases beside the documents they were written as, so that a document that comes back as
// it was written is not read again. An Engine changes nothing in a state it is given, so one state may be used many times.
// The zero value is ready.
type readings struct {
	mu         sync.Mutex
	young, old map[string]reading // by case; the old ones are forgotten as a whole when the young ones have become too many
	bytes      int                // of the documents of the young ones
}

type reading struct {
	document []byte
	state    flow.State
}

// mostRead is how many bytes of documents are kept in each of the two generations.
const mostRead = 1 << 17

// read returns the state that a document says.
func (r *readings) read(caseID string, document []byte) (s flow.State, err error) {
	r.mu.Lock()
	kept, ok := r.young[caseID]
	if !ok {
		kept, ok = r.old[caseID]
	}
	r.mu.Unlock()
	if ok && bytes.Equal(kept.document, document) {
		return kept.state, nil
	}
	err = json.Unmarshal(document, &s)
	return s, err
}

// write returns the document that says a state, and keeps both. Nobody may change either from now on.
func (r *readings) write(caseID string, s flow.State) (document []byte, err error) {
	if document, err = json.Marshal(&s); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.young == nil {
		r.young = map[string]reading{}
	}
	r.bytes += len(document) - len(r.young[caseID].document)
	r.young[caseID] = reading{document, s}
	if r.bytes > mostRead {
		r.old, r.young, r.bytes = r.young, nil, 0
	}
	return document, nil
}

// forget forgets a case, and what it said of people with it.
func (r *readings) forget(caseID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bytes -= len(r.young[caseID].document)
	delete(r.young, caseID)
	delete(r.old, caseID)
}
