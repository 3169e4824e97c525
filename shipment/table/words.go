package table

import (
	"embed"
	"encoding/csv"
	"strings"
	"sync"

	"xiaobao/shipment"
)

//go:embed data/words.csv
var data embed.FS

// words are what people write in headers and cells, folded, by where they stand.
var words = sync.OnceValue(func() map[string]map[string]string {
	f, err := data.Open("data/words.csv")
	if err != nil {
		panic("table: " + err.Error())
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		panic("table: words.csv: " + err.Error())
	}
	m := map[string]map[string]string{}
	add := func(where, word, means string) {
		if m[where] == nil {
			m[where] = map[string]string{}
		}
		if other, ok := m[where][fold(word)]; ok && other != means {
			panic("table: words.csv: " + word + " means two things")
		}
		m[where][fold(word)] = means
	}
	for _, row := range rows[1:] {
		for _, word := range strings.Split(row[2], "|") {
			add(row[0], word, row[1])
		}
	}
	for _, s := range shipment.Statuses() {
		add("status", string(s), string(s))
	}
	return m
})

// meaning is what a word stands for there; empty when it is not known.
func meaning(where, word string) string { return words()[where][fold(word)] }
