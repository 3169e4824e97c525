package discordtest

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// An answer is what a route says.
type answer struct {
	status int
	code   int
	body   any
}

func fine(v any) answer { return answer{status: http.StatusOK, body: v} }

func refuse(status, code int) answer { return answer{status: status, code: code} }

// serve answers a call, or lets it go wrong.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	defer s.happened()
	path := strings.TrimPrefix(r.URL.Path, "/api/v10")
	template, ok := s.spec.template(r.Method, path)
	if !ok {
		s.refuse("no such route: " + r.Method + " " + path)
		http.Error(w, `{"code":0,"message":"404: Not Found"}`, http.StatusNotFound)
		return
	}
	route := r.Method + " " + template
	data, files, err := read(r)
	if err != nil {
		s.refuse(route + ": " + err.Error())
		http.Error(w, `{"code":50109,"message":"The request body contains invalid JSON."}`, http.StatusBadRequest)
		return
	}
	ids := strings.Split(path, "/")
	s.mu.Lock()
	s.calls = append(s.calls, Call{route, path, time.Now(), data})
	var fault Fault
	if queue := s.faults[route]; len(queue) > 0 {
		fault, s.faults[route] = queue[0], queue[1:]
	}
	wait, scope := s.count429(w, route, ids)
	s.mu.Unlock()
	if fault.Delay > 0 {
		select {
		case <-time.After(fault.Delay):
		case <-r.Context().Done():
			return
		}
	}
	webhook := strings.HasPrefix(path, "/webhooks/") || strings.HasPrefix(path, "/interactions/")
	var a answer
	switch {
	case wait > 0 && fault.Status == 0:
		fault = Fault{Status: http.StatusTooManyRequests, RetryAfter: fmt.Sprintf("%.3f", wait.Seconds()), Scope: scope}
	case fault.Status != 0 && !fault.Late:
	case !webhook && r.Header.Get("Authorization") != "Bot "+Token:
		a = refuse(http.StatusUnauthorized, 0)
	case !strings.HasPrefix(r.Header.Get("User-Agent"), "DiscordBot ("):
		a = refuse(http.StatusForbidden, 40333)
	default:
		a = s.answer(route, template, path, ids, r, data, files)
	}
	if fault.Lost {
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			c.Close()
		}
		return
	}
	if fault.Status != 0 {
		a = refuse(fault.Status, fault.Code)
	}
	w.Header().Set("Content-Type", "application/json")
	if a.status == http.StatusTooManyRequests {
		if fault.Scope != "" {
			w.Header().Set("X-RateLimit-Scope", fault.Scope)
		}
		if fault.Scope == "global" {
			w.Header().Set("X-RateLimit-Global", "true")
		}
		if fault.RetryAfter != "" {
			w.Header().Set("Retry-After", fault.RetryAfter)
		}
		after, _ := strconv.ParseFloat(fault.RetryAfter, 64)
		w.WriteHeader(a.status)
		json.NewEncoder(w).Encode(map[string]any{"message": "You are being rate limited.", "retry_after": after, "global": fault.Scope == "global"})
		return
	}
	if a.status >= 500 {
		w.WriteHeader(a.status)
		io.WriteString(w, "<html>not today</html>")
		return
	}
	if a.status >= 400 {
		w.WriteHeader(a.status)
		json.NewEncoder(w).Encode(map[string]any{"code": a.code, "message": fmt.Sprintf("refused with %d", a.code)})
		return
	}
	if a.body == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	json.NewEncoder(w).Encode(a.body)
}

// count429 counts a call against its limits, and sets the headers that say how it stands. s.mu is held.
func (s *Server) count429(w http.ResponseWriter, route string, ids []string) (wait time.Duration, scope string) {
	now := time.Now()
	free := strings.Contains(route, "/interactions/") || strings.Contains(route, "/webhooks/")
	if s.perSecond > 0 && !free {
		s.seconds[now.Unix()]++
		if s.seconds[now.Unix()] > s.perSecond {
			s.given429++
			return time.Unix(now.Unix()+1, 0).Sub(now), "global"
		}
	}
	l := s.limits[route]
	if l == nil {
		return 0, ""
	}
	major := ""
	if len(ids) > 2 {
		major = ids[2]
	}
	if now.After(l.until[major]) {
		l.used[major], l.until[major] = 0, now.Add(l.window)
	}
	l.used[major]++
	h := w.Header()
	h.Set("X-RateLimit-Bucket", "bucket-of-"+strings.NewReplacer(" ", "-", "/", "-").Replace(route))
	h.Set("X-RateLimit-Limit", strconv.Itoa(l.n))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(l.n-l.used[major], 0)))
	h.Set("X-RateLimit-Reset-After", fmt.Sprintf("%.3f", l.until[major].Sub(now).Seconds()))
	if l.used[major] > l.n {
		s.given429++
		return l.until[major].Sub(now), "user"
	}
	return 0, ""
}

func (s *Server) refuse(faults ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = append(s.refused, faults...)
}

// read reads a body: JSON alone, or JSON and files.
func read(r *http.Request) (data json.RawMessage, files map[string][]byte, err error) {
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		data, err = io.ReadAll(io.LimitReader(r.Body, 30<<20))
		if err == nil && len(data) > 0 && !json.Valid(data) {
			err = fmt.Errorf("not JSON")
		}
		return data, nil, err
	}
	files = map[string][]byte{}
	m := multipart.NewReader(r.Body, params["boundary"])
	for {
		p, err := m.NextPart()
		if err == io.EOF {
			return data, files, nil
		}
		if err != nil {
			return nil, nil, err
		}
		one, err := io.ReadAll(io.LimitReader(p, 26<<20))
		if err != nil {
			return nil, nil, err
		}
		if p.FormName() == "payload_json" {
			data = one
		} else {
			files[p.FileName()] = one
		}
	}
}

func (s *Server) giveFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	data, ok := s.files[r.PathValue("name")]
	s.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "":
		s.refuse("the token was sent to where files are")
		http.Error(w, "keep it to yourself", http.StatusBadRequest)
	case !ok:
		http.NotFound(w, r)
	default:
		w.Write(data)
	}
}
