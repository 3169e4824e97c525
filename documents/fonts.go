package documents

import "fmt"

// Fonts are the built-in fonts as TrueType, in the order in which a character is looked for, for whoever draws beside the papers.
// They are unpacked when they are first asked for. Nobody may change them.
func Fonts() ([][]byte, error) {
	all, err := builtin()
	if err != nil {
		return nil, fmt.Errorf("documents: unpack the fonts: %w", err)
	}
	out := make([][]byte, len(all))
	for i, f := range all {
		out[i] = f.data
	}
	return out, nil
}
