// Package docs holds the documents that the program itself hands out: the example of a rate card and its schema.
package docs

import _ "embed"

// RatesExample is a rate card with invented numbers; its comments say how a card is written.
//
//go:embed rates.example.yaml
var RatesExample string

// RatesSchema is the JSON Schema (2020-12) of rate cards.
//
//go:embed rates.schema.json
var RatesSchema string
