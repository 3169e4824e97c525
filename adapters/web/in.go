package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"xiaobao/bot"
)

// mostPosted is how much one post may hold. Text of any length below it reaches the bot, which answers in its own words.
const mostPosted = 1 << 20

// A posted is what the page sends. Which fields count depends on Kind: text, press, submit or file.
type posted struct {
	ID     string            `json:"id"` // made by the page; the same when it has to send again
	Kind   string            `json:"kind"`
	Zone   string            `json:"zone"`
	Text   string            `json:"text"`
	Token  string            `json:"token"`
	Action string            `json:"action"`
	Values []string          `json:"values"`
	Fields map[string]string `json:"fields"`
	Name   string            `json:"name"`
	Type   string            `json:"type"`
	Data   []byte            `json:"data"`
}

var (
	validID   = regexp.MustCompile(`^[0-9a-z]{16,64}$`)
	validZone = regexp.MustCompile(`^[A-Za-z0-9_+\-/]{1,64}$`)
)

// serveIn hands one thing that happened to the bot, and says 204 only when the bot has it. Anything else leaves it with the
// page: 4xx gives it back to the person, 5xx makes the page try again with the same id, which is applied once.
func (a *Adapter) serveIn(handle func(context.Context, bot.Incoming) error, w http.ResponseWriter, r *http.Request) {
	room, user, ok := a.visitor(w, r)
	if !ok {
		return
	}
	select {
	case a.busy <- struct{}{}:
		defer func() { <-a.busy }()
	default:
		w.Header().Set("Retry-After", "2")
		a.refuse(w, r, http.StatusServiceUnavailable, "error_busy", "")
		return
	}
	var p posted
	if err := read(w, r, &p); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			a.refuse(w, r, http.StatusRequestEntityTooLarge, "error_large", "")
			return
		}
		a.refuse(w, r, http.StatusBadRequest, "error_bad", "")
		return
	}
	what, err := p.input()
	if err != nil || !validID.MatchString(p.ID) {
		a.refuse(w, r, http.StatusBadRequest, "error_bad", "")
		return
	}
	if validZone.MatchString(p.Zone) {
		user.Zone = p.Zone
	}
	a.hub.meet(room, user.ID)
	in := bot.Incoming{
		ID:   user.ID + "-" + p.ID, // nobody can use up another's id
		At:   a.Now(),
		From: user,
		To:   makePlace(room),
		What: what,
	}
	if err := handle(r.Context(), in); err != nil {
		a.Logger.Error("web: not handled", "room", short(room), "ref", short(p.ID), "err", err)
		a.refuse(w, r, http.StatusServiceUnavailable, "error_failed", short(p.ID))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func read(w http.ResponseWriter, r *http.Request, p *posted) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostPosted))
	if err != nil {
		return err
	}
	return json.Unmarshal(body, p)
}

func (p posted) input() (bot.Input, error) {
	switch p.Kind {
	case "text":
		return bot.Text{Text: p.Text}, nil
	case "press":
		return bot.Press{Token: p.Token, Action: p.Action, Values: p.Values}, nil
	case "submit":
		return bot.Submit{Token: p.Token, Values: p.Fields}, nil
	case "file":
		return bot.File{Name: p.Name, Type: p.Type, Data: p.Data}, nil
	}
	return nil, fmt.Errorf("web: unknown kind %.20q", p.Kind)
}

// refuse answers with the message of that name in the reader's language; ref is what the operator's log knows it by.
func (a *Adapter) refuse(w http.ResponseWriter, r *http.Request, status int, word, ref string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"message": a.words[a.words.language(r)][word], "ref": ref})
}

// short is enough of an id to find it again in a log, and too little to use it.
func short(id string) string { return id[:min(8, len(id))] }
