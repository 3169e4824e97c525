package discord

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"unicode/utf16"

	dg "github.com/bwmarrin/discordgo"
)

// A component is any part of a message or a modal, as it leaves and as it comes back. One type for all of them, because
// Discord adds kinds: one that is not known here is read like any other and does nothing. (discordgo's own types refuse a whole
// interaction for one unknown kind.)
type component struct {
	Type        dg.ComponentType `json:"type"`
	ID          stamp            `json:"id,omitempty"`
	CustomID    string           `json:"custom_id,omitempty"`
	Style       int              `json:"style,omitempty"`
	Label       string           `json:"label,omitempty"`
	Description string           `json:"description,omitempty"`
	Content     string           `json:"content,omitempty"`
	URL         string           `json:"url,omitempty"`
	Placeholder string           `json:"placeholder,omitempty"`
	Value       string           `json:"value,omitempty"`
	Values      []string         `json:"values,omitempty"` // only comes back
	Options     []option         `json:"options,omitempty"`
	MinValues   *int             `json:"min_values,omitempty"`
	MaxValues   int              `json:"max_values,omitempty"`
	MaxLength   int              `json:"max_length,omitempty"`
	Required    *bool            `json:"required,omitempty"`
	Divider     *bool            `json:"divider,omitempty"`
	Spacing     int              `json:"spacing,omitempty"`
	AccentColor int              `json:"accent_color,omitempty"`
	File        *media           `json:"file,omitempty"`
	Items       []galleryItem    `json:"items,omitempty"`
	Accessory   *component       `json:"accessory,omitempty"`
	Component   *component       `json:"component,omitempty"` // what a label is for
	Components  []component      `json:"components,omitempty"`
}

// A stamp tells the messages of deliveries apart, whatever stands in them by now: it is the id of a message's first component, which
// Discord keeps. What is no number is none.
type stamp uint32

// stampOf is the stamp of a delivery.
func stampOf(delivery string) stamp {
	sum := sha256.Sum256([]byte(delivery))
	return stamp(binary.BigEndian.Uint32(sum[:])&^(1<<31) | 1<<30) // no number that Discord gives by itself
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *stamp) UnmarshalJSON(data []byte) error {
	n, err := strconv.ParseUint(string(data), 10, 32)
	if err == nil {
		*s = stamp(n)
	}
	return nil
}

type option struct {
	Label       string `json:"label"`
	Value       string `json:"value"`
	Description string `json:"description,omitempty"`
	Default     bool   `json:"default,omitempty"`
}

// A galleryItem is a picture, with what it shows for whoever cannot see it.
type galleryItem struct {
	Media       media  `json:"media"`
	Description string `json:"description,omitempty"`
}

type media struct {
	URL string `json:"url"`
}

// The kinds that discordgo has no names for.
const (
	radioGroup    dg.ComponentType = 21
	checkboxGroup dg.ComponentType = 22
)

// The limits of Discord, from its documentation as of 2026-11; lengths are counted the way most clients do, in UTF-16.
const (
	mostComponents = 40   // in a message, nested ones too
	mostText       = 4000 // in all text displays of a message together
	mostContent    = 2000
	mostRow        = 5 // buttons in a row
	mostOptions    = 25
	mostGroup      = 10 // options of radio buttons and check boxes
	mostFields     = 5  // in a modal
	mostFiles      = 10
	labelText      = 80
	optionText     = 100
	placeholder    = 150
	customIDText   = 100
	urlText        = 512
	modalTitle     = 45
	fieldLabel     = 45
	fieldHelp      = 100
	inputText      = 4000
	inputExample   = 100
	altText        = 1024
	embedTitle     = 256
	embedText      = 4096
)

// units is how long Discord takes a text to be.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// A message is what leaves: a new one, or what an old one is to become.
type message struct {
	Content    *string       `json:"content,omitempty"`
	Embeds     *[]embed      `json:"embeds,omitempty"`
	Components []component   `json:"components"`
	Flags      int           `json:"flags,omitempty"`
	Attached   *[]attachment `json:"attachments,omitempty"` // of an edit: what stays; nil: all of it
	Nonce      string        `json:"nonce,omitempty"`
	Enforce    bool          `json:"enforce_nonce,omitempty"`
	Reference  *reference    `json:"message_reference,omitempty"`
	Mentions   mentions      `json:"allowed_mentions"`
}

// mentions are who may be notified by what stands in a text: nobody.
type mentions struct {
	Parse []string `json:"parse"`
}

type embed struct {
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Color       int    `json:"color,omitempty"`
}

type attachment struct {
	ID          int    `json:"id,string"`
	Filename    string `json:"filename"`
	Description string `json:"description,omitempty"`
}

type reference struct {
	Message string `json:"message_id"`
	Fail    bool   `json:"fail_if_not_exists"`
}

// The flags of a message.
const (
	flagNoEmbeds     = 1 << 2 // links are not unfolded
	flagEphemeral    = 1 << 6 // only one person sees it
	flagSilent       = 1 << 12
	flagComponentsV2 = 1 << 15
)

// faults are what Discord would refuse, as far as its limits are known. None: nil.
func (m message) faults() (out []string) {
	c := checker{ids: map[string]bool{}}
	for _, one := range m.Components {
		c.check(one, m.Flags&flagComponentsV2 != 0)
	}
	if c.count > mostComponents {
		c.fault("%d components", c.count)
	}
	if c.text > mostText {
		c.fault("%d characters in all", c.text)
	}
	if m.Content != nil && units(*m.Content) > mostContent {
		c.fault("%d characters", units(*m.Content))
	}
	if m.Content != nil && *m.Content != "" && m.Flags&flagComponentsV2 != 0 {
		c.fault("content beside components")
	}
	if m.Attached != nil && len(*m.Attached) > mostFiles {
		c.fault("%d files", len(*m.Attached))
	}
	if len(m.Nonce) > 25 {
		c.fault("a nonce of %d", len(m.Nonce))
	}
	return c.faults
}

type checker struct {
	ids         map[string]bool
	count, text int
	faults      []string
}

func (c *checker) fault(format string, a ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, a...))
}

func (c *checker) length(what, s string, most int) {
	if n := units(s); n > most {
		c.fault("a %s of %d", what, n)
	}
}

// check looks at a component and all in it.
func (c *checker) check(one component, v2 bool) {
	c.count++
	c.text += units(one.Content)
	if one.CustomID != "" {
		if c.ids[one.CustomID] {
			c.fault("the custom_id %q twice", one.CustomID)
		}
		c.ids[one.CustomID] = true
		c.length("custom_id", one.CustomID, customIDText)
	}
	switch one.Type {
	case dg.ActionsRowComponent:
		if n := len(one.Components); n < 1 || n > mostRow {
			c.fault("%d in a row", n)
		}
	case dg.ButtonComponent:
		c.length("label", one.Label, labelText)
		c.length("url", one.URL, urlText)
		if one.Label == "" || (one.URL == "") == (one.CustomID == "") {
			c.fault("a button without a label, or with neither or both of an id and an address")
		}
	case dg.SelectMenuComponent:
		c.length("placeholder", one.Placeholder, placeholder)
		if n := len(one.Options); n < 1 || n > mostOptions {
			c.fault("%d options", n)
		}
		c.options(one.Options)
	case dg.TextDisplayComponent:
		if one.Content == "" {
			c.fault("an empty text")
		}
	}
	if !v2 && one.Type != dg.ActionsRowComponent && one.Type != dg.ButtonComponent && one.Type != dg.SelectMenuComponent {
		c.fault("a component of type %d in a classic message", one.Type)
	}
	if one.Accessory != nil {
		c.check(*one.Accessory, v2)
	}
	for _, in := range one.Components {
		c.check(in, v2)
	}
}

func (c *checker) options(all []option) {
	seen := map[string]bool{}
	for _, o := range all {
		c.length("option", o.Label, optionText)
		c.length("option's value", o.Value, optionText)
		c.length("option's description", o.Description, optionText)
		if o.Label == "" || o.Value == "" || seen[o.Value] {
			c.fault("an option without a label or with the value %q twice", o.Value)
		}
		seen[o.Value] = true
	}
}

// A modal is a form as a window.
type modal struct {
	CustomID   string      `json:"custom_id"`
	Title      string      `json:"title"`
	Components []component `json:"components"`
}

// faults are what Discord would refuse of a modal.
func (m modal) faults() []string {
	c := checker{ids: map[string]bool{}}
	c.length("title", m.Title, modalTitle)
	c.length("custom_id", m.CustomID, customIDText)
	fields := 0
	for _, one := range m.Components {
		if one.Type == dg.TextDisplayComponent {
			c.check(one, true)
			continue
		}
		fields++
		if one.Type != dg.LabelComponent || one.Component == nil {
			c.fault("a field that is not in a label")
			continue
		}
		c.length("label", one.Label, fieldLabel)
		c.length("description", one.Description, fieldHelp)
		in := one.Component
		c.length("custom_id", in.CustomID, customIDText)
		if c.ids[in.CustomID] {
			c.fault("the custom_id %q twice", in.CustomID)
		}
		c.ids[in.CustomID] = true
		c.length("value", in.Value, inputText)
		switch in.Type {
		case radioGroup, checkboxGroup:
			if n := len(in.Options); n < 1 || n > mostGroup || n < 2 && in.Type == radioGroup {
				c.fault("%d options", n)
			}
		case dg.SelectMenuComponent:
			if n := len(in.Options); n < 1 || n > mostOptions {
				c.fault("%d options", n)
			}
		case dg.TextInputComponent:
			c.length("example", in.Placeholder, inputExample)
		}
		c.options(in.Options)
	}
	if fields < 1 || len(m.Components) > mostFields {
		c.fault("%d fields", fields)
	}
	return c.faults
}
