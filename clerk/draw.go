package clerk

import (
	"errors"

	"xiaobao/documents"
)

// draw makes a paper, one after the other: a long one holds tens of megabytes while it is drawn, and ten sellers at once are not to hold
// ten times that. When the built-in fonts lack characters, the operator's own is read and tried.
func (j *job) draw(kind documents.Kind, f documents.Facts, format documents.Format) (documents.File, error) {
	j.drawing.Lock()
	defer j.drawing.Unlock()
	o := documents.Options{Format: format, Lang: j.Lang, Words: j.words}
	file, err := documents.Make(kind, f, o)
	if _, lacking := errors.AsType[*documents.Unprintable](err); !lacking || j.font == nil {
		return file, err
	}
	font, unread := j.font()
	if unread != nil {
		return file, err // the characters are named, as without it; the start has said what is wrong with the font
	}
	o.Font = font
	return documents.Make(kind, f, o)
}
