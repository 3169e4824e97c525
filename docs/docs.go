// Package docs holds the documents that the program itself hands out: examples of a rate card and of tracking events, and their schemas.
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

// EventsSchema is the JSON Schema (2020-12) of tracking events as they are posted to the hook.
//
//go:embed tracking-events.schema.json
var EventsSchema string

// EventsExample is a document of that kind, with invented numbers.
//
//go:embed tracking-events.example.json
var EventsExample string

// DocumentExample are the facts of a shipment, with invented names and numbers: what `xiaobao document` makes papers from.
//
//go:embed document.example.yaml
var DocumentExample string

// DocumentSchema is the JSON Schema (2020-12) of such facts.
//
//go:embed document.schema.json
var DocumentSchema string
