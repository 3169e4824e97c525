package flows

import (
	"io/fs"
	"sort"
	"strconv"
	"strings"

	"xiaobao/bot/answer"
)

// layered is several folders on top of each other: a file of a later one hides the file of the same name below it.
type layered []fs.FS

// Open implements fs.FS.
func (l layered) Open(name string) (fs.File, error) {
	for i := len(l) - 1; i >= 0; i-- {
		f, err := l[i].Open(name)
		if err == nil {
			return f, nil
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// Glob implements fs.GlobFS.
func (l layered) Glob(pattern string) ([]string, error) {
	seen := map[string]bool{}
	var all []string
	for _, layer := range l {
		names, err := fs.Glob(layer, pattern)
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			if !seen[n] {
				seen[n] = true
				all = append(all, n)
			}
		}
	}
	sort.Strings(all)
	return all, nil
}

func itoa(n int) string { return strconv.Itoa(n) }

// compact is a number as carriers print it, without what people put between: upper case, no spaces, hyphens or dots.
func compact(raw string) string {
	s, _ := answer.Clean(raw, 0)
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "", ".", "", "_", "").Replace(s))
}
