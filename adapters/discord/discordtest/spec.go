package discordtest

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf16"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed testdata/openapi.json.gz
var openAPI []byte

// A spec is Discord's own description of its REST interface.
type spec struct {
	mu       sync.Mutex
	compiler *jsonschema.Compiler
	paths    map[string]map[string]json.RawMessage // by template and method
	schemas  map[string]*jsonschema.Schema
}

// description reads Discord's description once for all tests of a process.
var description = sync.OnceValues(func() (*spec, error) {
	z, err := gzip.NewReader(bytes.NewReader(openAPI))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	s := &spec{compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	var paths struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(data, &paths); err != nil {
		return nil, err
	}
	s.paths = paths.Paths
	return s, s.compiler.AddResource("discord.json", doc)
})

// template finds the path that a request is for.
func (s *spec) template(method, path string) (string, bool) {
	parts := strings.Split(path, "/")
	best := ""
	for t, methods := range s.paths {
		if methods[strings.ToLower(method)] == nil {
			continue
		}
		names := strings.Split(t, "/")
		if len(names) != len(parts) {
			continue
		}
		fits := true
		for i := range names {
			fits = fits && (names[i] == parts[i] || strings.HasPrefix(names[i], "{"))
		}
		if fits && (best == "" || strings.Count(t, "{") < strings.Count(best, "{")) {
			best = t
		}
	}
	return best, best != ""
}

// check says what of a request's body does not fit the description.
func (s *spec) check(method, template string, body []byte) []string {
	var op struct {
		Body struct {
			Content map[string]json.RawMessage
		} `json:"requestBody"`
	}
	if err := json.Unmarshal(s.paths[template][strings.ToLower(method)], &op); err != nil {
		return []string{err.Error()}
	}
	if op.Body.Content["application/json"] == nil {
		if len(body) > 0 {
			return []string{method + " " + template + " takes no body"}
		}
		return nil
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D", "@", "%40")
	ref := "discord.json#/paths/" + escape.Replace(template) + "/" + strings.ToLower(method) + "/requestBody/content/application~1json/schema"
	s.mu.Lock()
	schema := s.schemas[ref]
	var err error
	if schema == nil {
		schema, err = s.compiler.Compile(ref)
		s.schemas[ref] = schema
	}
	s.mu.Unlock()
	if err != nil {
		return []string{err.Error()}
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return []string{err.Error()}
	}
	err = schema.Validate(v)
	var bad *jsonschema.ValidationError
	if errors.As(err, &bad) {
		var out []string
		leaves(bad, &out)
		return out
	}
	if err != nil {
		return []string{err.Error()}
	}
	return nil
}

var english = message.NewPrinter(language.English)

// leaves are the places at which a body does not fit.
func leaves(e *jsonschema.ValidationError, out *[]string) {
	if len(e.Causes) == 0 {
		*out = append(*out, "/"+strings.Join(e.InstanceLocation, "/")+": "+e.ErrorKind.LocalizedString(english))
	}
	for _, c := range e.Causes {
		leaves(c, out)
	}
}

// A part is a component, as far as the unstated limits go.
type part struct {
	Type       int    `json:"type"`
	CustomID   string `json:"custom_id"`
	Label      string `json:"label"`
	Content    string `json:"content"`
	URL        string `json:"url"`
	Options    []opt  `json:"options"`
	Components []part `json:"components"`
	Accessory  *part  `json:"accessory"`
	Component  *part  `json:"component"`
	File       *struct {
		URL string `json:"url"`
	} `json:"file"`
	Items []struct {
		Description string `json:"description"`
		Media       struct {
			URL string `json:"url"`
		} `json:"media"`
	} `json:"items"`
	Placeholder string `json:"placeholder"`
	Description string `json:"description"`
	Value       string `json:"value"`
}

type opt struct {
	Label       string `json:"label"`
	Value       string `json:"value"`
	Description string `json:"description"`
	Default     bool   `json:"default"`
}

// A body is a message on its way, as far as the unstated limits go.
type body struct {
	Content  *string `json:"content"`
	Embeds   []struct{ Title, Description string }
	Flags    int `json:"flags"`
	Mentions *struct {
		Parse *[]string `json:"parse"`
		Users []string  `json:"users"`
		Roles []string  `json:"roles"`
	} `json:"allowed_mentions"`
	Components []part `json:"components"`
	Attached   []struct {
		Filename string `json:"filename"`
	} `json:"attachments"`
	Nonce   string `json:"nonce"`
	Enforce bool   `json:"enforce_nonce"`
	Ref     *struct {
		Message string `json:"message_id"`
	} `json:"message_reference"`
}

// length is how long Discord takes a text to be.
func length(s string) int { return len(utf16.Encode([]rune(s))) }

// unstated are the limits that the description does not state: those of a message as a whole, and those we set ourselves.
func (b body) unstated() (out []string) {
	fault := func(format string, a ...any) { out = append(out, fmt.Sprintf(format, a...)) }
	if b.Mentions == nil || b.Mentions.Parse == nil || len(*b.Mentions.Parse)+len(b.Mentions.Users)+len(b.Mentions.Roles) > 0 {
		fault("allowed_mentions does not forbid everything")
	}
	v2 := b.Flags&(1<<15) != 0
	count, text, ids := 0, 0, map[string]bool{}
	var files []string
	for _, f := range b.Attached {
		files = append(files, f.Filename)
	}
	referred := map[string]bool{}
	var walk func(p part)
	walk = func(p part) {
		count++
		text += length(p.Content)
		if p.CustomID != "" && ids[p.CustomID] {
			fault("the custom_id %q twice", p.CustomID)
		}
		ids[p.CustomID] = true
		if p.Type == 2 && (p.Label == "" || (p.CustomID == "") == (p.URL == "")) {
			fault("a button without a label, or with neither or both of an id and an address")
		}
		if !v2 && p.Type >= 9 {
			fault("a component of type %d without IS_COMPONENTS_V2", p.Type)
		}
		for _, i := range p.Items {
			name := strings.TrimPrefix(i.Media.URL, "attachment://")
			referred[name] = true
			if !slices.Contains(files, name) {
				fault("the picture %q is not attached", name)
			}
			if i.Description == "" || length(i.Description) > 1024 {
				fault("a picture with %d characters for those who cannot see it", length(i.Description))
			}
		}
		if p.File != nil {
			name := strings.TrimPrefix(p.File.URL, "attachment://")
			referred[name] = true
			if !slices.Contains(files, name) {
				fault("the file %q is not attached", name)
			}
		}
		seen := map[string]bool{}
		for _, o := range p.Options {
			if seen[o.Value] {
				fault("the option %q twice", o.Value)
			}
			seen[o.Value] = true
		}
		if p.Type == 1 {
			selects := slices.ContainsFunc(p.Components, func(c part) bool { return c.Type != 2 })
			if selects && len(p.Components) > 1 {
				fault("a select beside something else in a row")
			}
		}
		for _, c := range p.Components {
			walk(c)
		}
		if p.Accessory != nil {
			walk(*p.Accessory)
		}
	}
	for _, p := range b.Components {
		walk(p)
	}
	if count > 40 {
		fault("%d components", count)
	}
	if text > 4000 {
		fault("%d characters in all texts", text)
	}
	if !v2 && len(b.Components) > 5 {
		fault("%d rows", len(b.Components))
	}
	content := ""
	if b.Content != nil {
		content = *b.Content
	}
	sum := 0
	for _, e := range b.Embeds {
		sum += length(e.Title) + length(e.Description)
	}
	switch {
	case sum > 6000:
		fault("%d characters in all embeds", sum)
	case v2 && (content != "" || len(b.Embeds) > 0):
		fault("content or embeds beside IS_COMPONENTS_V2")
	case v2 && count == 0, !v2 && content == "" && len(b.Embeds) == 0 && len(files) == 0:
		fault("an empty message")
	}
	if v2 {
		for _, f := range files {
			if !referred[f] {
				fault("the file %q is shown nowhere", f)
			}
		}
	}
	if length(content) > 2000 {
		fault("%d characters of content", length(content))
	}
	return out
}
