package slacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Files, out and in.

func (s *Server) uploadURL(f call) (map[string]any, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Get("filename") == "" || f.Get("length") == "" || f.Get("length") == "0" {
		return nil, "invalid_arguments"
	}
	s.count++
	id := fmt.Sprint("F", s.count)
	s.uploads[id] = upload{name: f.Get("filename")}
	return map[string]any{"upload_url": s.http.URL + "/upload/" + id, "file_id": id}, ""
}

func (s *Server) takeUpload(w http.ResponseWriter, r *http.Request) {
	var data []byte
	if file, _, err := r.FormFile("file"); err == nil {
		data, _ = io.ReadAll(file)
	} else {
		data, _ = io.ReadAll(r.Body)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.uploads[r.PathValue("id")]
	u.data = data
	s.uploads[r.PathValue("id")] = u
	io.WriteString(w, "OK")
}

// File is the bytes of a file that was uploaded, by its name.
func (s *Server) File(name string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.uploads {
		if u.name == name {
			return u.data
		}
	}
	return nil
}

func (s *Server) complete(f call) (map[string]any, string) {
	var files []struct{ ID, Title string }
	json.Unmarshal([]byte(f.Get("files")), &files)
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &Message{Home: f.home.id(), Channel: f.Get("channel_id"), TS: s.ts(), Thread: f.Get("thread_ts"), At: time.Now()}
	var out []map[string]any
	for _, file := range files {
		u, ok := s.uploads[file.ID]
		if !ok || len(u.data) == 0 {
			return nil, "file_not_found"
		}
		m.Files = append(m.Files, u.name)
		out = append(out, map[string]any{"id": file.ID, "title": file.Title})
	}
	s.messages = append(s.messages, m)
	s.shown = append(s.shown, *m)
	return map[string]any{"files": out}, ""
}

// giveFile serves a file that somebody shared. Fail("files") lets it go wrong.
func (s *Server) giveFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	data, ok := s.served[r.PathValue("name")]
	var fault Fault
	if queue := s.faults["files"]; len(queue) > 0 {
		fault, s.faults["files"] = queue[0], queue[1:]
	}
	s.mu.Unlock()
	switch {
	case fault.Status == http.StatusFound: // what files.slack.com does with whoever may not read a file
		http.Redirect(w, r, "/signin?redir="+url.QueryEscape(r.URL.Path), fault.Status)
	case fault.Status != 0:
		http.Error(w, "not today", fault.Status)
	case !ok:
		http.NotFound(w, r)
	case r.Header.Get("Authorization") != "Bearer "+BotToken:
		http.Error(w, "who are you", http.StatusForbidden)
	default:
		w.Write(data)
	}
}
