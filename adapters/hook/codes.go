package hook

import (
	_ "embed"
	"maps"
	"slices"
	"strings"
	"sync"

	"xiaobao/shipment"
)

// The codes of those who have a list that others use too: the posts (UPU EMSEVT), Amazon's Multi-Channel Fulfilment, and services that ask many
// carriers. A code is written scheme/code.
//
//go:embed codes.csv
var codeTable string

var codes = sync.OnceValue(func() shipment.Meanings {
	list := shipment.Meanings{}
	for code, what := range shipment.MustReadMeanings(codeTable) {
		list[strings.ToLower(code)] = what
	}
	return list
})

// Schemes are the lists of codes that an event may name, sorted.
func Schemes() []string {
	names := map[string]bool{}
	for code := range codes() {
		scheme, _, _ := strings.Cut(code, "/")
		names[scheme] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// mean puts into e what its code means in its scheme, where it does not say so itself. A code that the scheme does not have is kept and counted,
// and changes nothing.
func (t told) mean(e *shipment.Event) (wrong []string) {
	scheme := strings.ToLower(strings.TrimSpace(t.Scheme))
	if !slices.Contains(Schemes(), scheme) {
		return []string{"scheme: none of " + strings.Join(Schemes(), ", ")}
	}
	if e.Code == "" {
		return []string{"code: missing, of the scheme " + scheme}
	}
	code := e.Code
	e.Code = scheme + "/" + code
	if what, known := codes()[strings.ToLower(e.Code)]; known && e.Status == "" {
		e.Status, e.Exception = what.Status, e.Exception || what.Exception
		if e.Sub == "" {
			e.Sub = what.Sub
		}
	}
	return nil
}
