package web

import (
	"encoding/json"
	"mime"
	"net/http"
	"strconv"

	"xiaobao/bot"
)

// serveFile hands out a document of an entry of the room, always as a download.
func (a *Adapter) serveFile(w http.ResponseWriter, r *http.Request) {
	room, _, ok := a.visitor(w, r)
	if !ok {
		return
	}
	order, _ := strconv.ParseInt(r.PathValue("order"), 10, 64)
	block, _ := strconv.Atoi(r.PathValue("block"))
	doc, err := a.find(r, room, order, block, r.PathValue("name"))
	if err != nil {
		a.Logger.Error("web: file", "room", short(room), "err", err)
		http.Error(w, a.words[a.words.language(r)]["error_failed"], http.StatusServiceUnavailable)
		return
	}
	if doc == nil {
		a.serveGone(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	if t, _, err := mime.ParseMediaType(doc.Type); err == nil && t != "text/html" {
		h.Set("Content-Type", doc.Type)
	}
	if doc.Type == svg {
		h.Set("Content-Security-Policy", drawnPolicy)
	}
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": doc.Name}))
	h.Set("Content-Length", strconv.Itoa(len(doc.Data)))
	h.Set("Cache-Control", "no-store")
	w.Write(doc.Data)
}

const svg = "image/svg+xml"

// drawnPolicy lets a drawing have colours of its own and nothing else: it is shown as an image, and saved when it is opened.
const drawnPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

// find finds a document of a block by its name; nil when there is none.
func (a *Adapter) find(r *http.Request, room string, order int64, block int, name string) (*bot.Document, error) {
	entries, err := a.Log.Since(r.Context(), makePlace(room), 0, mostShown)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Order != order {
			continue
		}
		var l line
		if err := json.Unmarshal(e.Body, &l); err != nil {
			return nil, err
		}
		if l.Message == nil || block < 0 || block >= len(l.Message.Blocks) {
			return nil, nil
		}
		b := l.Message.Blocks[block]
		for _, doc := range []*bot.Document{b.File, b.Drawn} {
			if doc != nil && doc.Name == name {
				return doc, nil
			}
		}
		return nil, nil
	}
	return nil, nil
}
