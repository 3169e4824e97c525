package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"xiaobao/bot"
)

type posting map[string]any

// say types a line and waits until the room shows it; press and submit wait until the card they belong to was drawn again.
func (v *visitor) say(line string) {
	v.t.Helper()
	n := len(v.sees().said())
	v.send(posting{"kind": "text", "text": line})
	v.await("the line to be shown", func(r room) bool { return len(r.said()) > n })
}

func (v *visitor) press(label string) {
	v.t.Helper()
	v.send(v.button(label))
}

// button is the post for pressing a button, once there is one of that name.
func (v *visitor) button(label string) posting {
	v.t.Helper()
	var a bot.Action
	v.await("a button "+label, func(r room) (ok bool) { a, ok = r.find(label); return ok })
	p := posting{"kind": "press", "token": a.Token, "action": a.ID}
	if a.Value != "" {
		p["values"] = strings.Split(a.Value, "\n")
	}
	return p
}

// submit sends the form that has the given fields. Options are named by their labels, as they are read.
func (v *visitor) submit(values map[string]string) {
	v.t.Helper()
	v.send(v.filled(values))
}

func (v *visitor) filled(values map[string]string) posting {
	v.t.Helper()
	var form *bot.Form
	v.await(fmt.Sprintf("a form with %v", values), func(r room) bool {
		p := r.prompt()
		if p == nil || p.Message.Form == nil {
			return false
		}
		form = p.Message.Form
		for id := range values {
			if !slices.ContainsFunc(form.Fields, func(f bot.Field) bool { return f.ID == id }) {
				return false
			}
		}
		return true
	})
	fields := map[string]string{}
	for _, f := range form.Fields {
		value, given := values[f.ID]
		switch {
		case !given:
			value = f.Value
		case len(f.Options) > 0:
			var chosen []string
			for label := range strings.SplitSeq(value, " + ") {
				i := slices.IndexFunc(f.Options, func(o bot.Option) bool { return o.Label == label })
				if i < 0 {
					v.t.Fatalf("the field %s has no option %q: %v", f.ID, label, f.Options)
				}
				chosen = append(chosen, f.Options[i].Value)
			}
			value = strings.Join(chosen, "\n")
		}
		fields[f.ID] = value
	}
	return posting{"kind": "submit", "token": form.Token, "fields": fields}
}

// send delivers something twice under one id, as a network may.
func (v *visitor) send(p posting) {
	v.t.Helper()
	p["id"] = strings.ToLower(rand.Text())
	for range 2 {
		if status, body := v.post(p); status != http.StatusNoContent {
			v.t.Fatalf("posting %v: %d %s", p, status, body)
		}
	}
}

// post delivers something once and says what came of it; 0 when there was no answer.
func (v *visitor) post(p posting) (status int, body string) {
	v.t.Helper()
	return v.deliver(v.posted(p))
}

// posted is the request that posts something. It gets an id unless it has one.
func (v *visitor) posted(p posting) *http.Request {
	v.t.Helper()
	if p["id"] == nil {
		p["id"] = strings.ToLower(rand.Text())
	}
	if p["zone"] == nil {
		p["zone"] = "Asia/Shanghai"
	}
	data, err := json.Marshal(p)
	if err != nil {
		v.t.Fatal(err)
	}
	req := v.request(context.Background(), "POST", "/r/"+v.room+"/in", bytes.NewReader(data))
	req.Header.Set("Content-Type", "application/json")
	return req
}

func (v *visitor) deliver(req *http.Request) (status int, body string) {
	r, err := v.client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer r.Body.Close()
	answer, _ := io.ReadAll(r.Body)
	return r.StatusCode, string(answer)
}

func (v *visitor) request(ctx context.Context, method, path string, body io.Reader) *http.Request {
	v.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, v.url+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", v.lang)
	for _, c := range v.cookies {
		r.AddCookie(c)
	}
	return r
}

// get fetches a page of this visitor's; its cookies are kept.
func (v *visitor) get(path string) *http.Response {
	v.t.Helper()
	r, err := v.client.Do(v.request(context.Background(), "GET", path, nil))
	if err != nil {
		v.t.Fatal(err)
	}
	defer r.Body.Close()
	data, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode >= 400 {
		v.t.Fatalf("get %s: %s %v\n%s", path, r.Status, err, data)
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	v.cookies = append(v.cookies, r.Cookies()...)
	return r
}
