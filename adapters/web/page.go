package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"time"
)

//go:embed page
var pageFS embed.FS

// page is the one page and the files it uses. Their address holds a hash of all of them, so that a browser may keep them
// for ever and never mixes two versions.
type page struct {
	html *template.Template
	hash string
}

// A view is what the page is made with.
type view struct {
	Lang  string
	Room  string
	Name  string
	Theme string // "light", "dark"; empty: as the system
	Hash  string
	Words words
}

// W is one of the page's words in its first language.
func (v view) W(name string) string { return v.Words[v.Lang][name] }

// In is one of the page's words in a language.
func (v view) In(lang, name string) string { return v.Words[lang][name] }

// Each is every language of the page, the reader's first.
func (v view) Each() []string {
	each := []string{v.Lang}
	for _, l := range languages {
		if l != v.Lang {
			each = append(each, l)
		}
	}
	return each
}

func readPage() (page, error) {
	t, err := template.ParseFS(pageFS, "page/*.html")
	if err != nil {
		return page{}, fmt.Errorf("web: read page: %w", err)
	}
	h := sha256.New()
	h.Write(wordsJSON)
	err = fs.WalkDir(pageFS, "page", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := pageFS.ReadFile(name)
		h.Write(b)
		return err
	})
	if err != nil {
		return page{}, fmt.Errorf("web: read page: %w", err)
	}
	return page{html: t, hash: hex.EncodeToString(h.Sum(nil)[:8])}, nil
}

func (p page) serve(w http.ResponseWriter, v view) {
	v.Hash = p.hash
	p.execute(w, http.StatusOK, "chat.html", v)
}

// serveGone says in every language that there is nothing at this address, and leads back to the chat.
func (p page) serveGone(w http.ResponseWriter, v view) {
	v.Hash = p.hash
	p.execute(w, http.StatusNotFound, "gone.html", v)
}

func (p page) serveBounce(w http.ResponseWriter, to string) {
	p.execute(w, http.StatusOK, "bounce.html", to)
}

func (p page) execute(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := p.html.ExecuteTemplate(&b, name, data); err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Add("Vary", "Cookie, Accept-Language")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

// serveStatic serves a script, the style or the icon; gone answers for what is none of them.
func (p page) serveStatic(gone http.HandlerFunc, w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	ext := path.Ext(name)
	b, err := pageFS.ReadFile("page/" + path.Base(name))
	if err != nil || ext == ".html" {
		gone(w, r)
		return
	}
	if r.PathValue("hash") == p.hash {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-store") // a page that was open while the program was replaced
	}
	serveBytes(w, r, ext, b)
}

func (p page) serveIcon(w http.ResponseWriter, r *http.Request) {
	b, err := pageFS.ReadFile("page/icon.svg")
	if err != nil {
		http.NotFound(w, r)
		return
	}
	serveBytes(w, r, ".svg", b)
}

func serveBytes(w http.ResponseWriter, r *http.Request, ext string, b []byte) {
	types := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
	t := types[ext]
	if t == "" {
		t = mime.TypeByExtension(ext)
	}
	w.Header().Set("Content-Type", t)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
}
