package web

import (
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"xiaobao/bot"
)

// A line is what is kept in the log: one of the two.
type line struct {
	Message *bot.Message `json:"message,omitempty"`
	Echo    *bot.Echo    `json:"echo,omitempty"`
}

func makeLine(d bot.Delivery) line {
	if d.Echo != nil {
		return line{Echo: d.Echo}
	}
	return line{Message: &d.Message}
}

// A shown is an entry of the log as one reader's page gets it: without the bytes of files and without anybody's key.
type shown struct {
	Order   int64        `json:"order"`
	Key     string       `json:"key,omitempty"`
	At      time.Time    `json:"at"`
	Message *bot.Message `json:"message,omitempty"`
	Files   []file       `json:"files,omitempty"` // one for each block that is a file or a picture
	Other   string       `json:"other,omitempty"` // the name of whom it is meant for, when that is not the reader
	Mine    bool         `json:"mine,omitempty"`  // said by, or meant for, the reader
	Said    *said        `json:"said,omitempty"`
}

// A file is where a block's document can be downloaded, or looked at.
type file struct {
	Block int    `json:"block"`
	URL   string `json:"url"`
	Size  int    `json:"size"`
	Drawn string `json:"drawn,omitempty"` // of a picture: the same as SVG
}

// A said is what a person did, in the words of the bot's echo.
type said struct {
	Name string `json:"name,omitempty"`
	Text string `json:"text"`
}

// show prepares an entry for the page of reader.
func show(e bot.Entry, room string, reader bot.User) (shown, error) {
	var l line
	if err := json.Unmarshal(e.Body, &l); err != nil {
		return shown{}, fmt.Errorf("web: read entry %d: %w", e.Order, err)
	}
	s := shown{Order: e.Order, Key: e.Key, At: e.At}
	switch {
	case l.Echo != nil:
		s.Said = &said{Name: cleanName(l.Echo.From.Name), Text: l.Echo.Text}
		s.Mine = l.Echo.From.Key() == reader.Key()
	case l.Message != nil:
		m := *l.Message
		s.Mine = m.For == reader.Key()
		if m.For != "" && !s.Mine {
			s.Other = cleanName(m.ForName)
			if s.Other == "" {
				s.Other = "…"
			}
		}
		m.For, m.ForName = "", ""
		for i := range m.Blocks {
			b := &m.Blocks[i]
			f := file{Block: i}
			if b.Drawn != nil {
				f.Drawn = fileURL(room, e.Order, i, b.Drawn.Name)
				b.Drawn.Data = nil
			}
			if b.File != nil {
				f.URL, f.Size = fileURL(room, e.Order, i, b.File.Name), len(b.File.Data)
				b.File.Data = nil
			}
			if f.URL != "" || f.Drawn != "" {
				s.Files = append(s.Files, f)
			}
		}
		s.Message = &m
	}
	return s, nil
}

func fileURL(room string, order int64, block int, name string) string {
	return fmt.Sprintf("/r/%s/file/%d/%d/%s", room, order, block, url.PathEscape(name))
}
