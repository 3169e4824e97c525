package spapi

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"xiaobao/adapters/spapi/spapitest"
	"xiaobao/shipment"
)

// BenchmarkPull is a look at forty FBA shipments that Amazon is receiving, over real HTTP: one request for all and one for the units of each.
func BenchmarkPull(b *testing.B) {
	amazon := spapitest.New(time.Now)
	defer amazon.Close()
	amazon.Unpaced()
	s, err := New(Config{
		Accounts: []Account{{Region: "na", Marketplaces: []string{"US"}, ClientID: spapitest.ClientID, ClientSecret: spapitest.ClientSecret, RefreshToken: spapitest.RefreshToken, API: amazon.URL}},
		LWA:      amazon.TokenURL(),
	})
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range s.accounts[0].paces {
		p.heard("1000")
		p.bucket.SetBurst(1 << 30)
	}
	var numbers []shipment.Number
	for i := range 40 {
		id := fmt.Sprintf("FBA15X%06d", i)
		numbers = append(numbers, shipment.Number{Number: id})
		amazon.Put(spapitest.Shipment{ID: id, Status: "RECEIVING", Items: []spapitest.Item{{SKU: "A", Shipped: 9, Received: 3}}})
	}
	b.ReportAllocs()
	for b.Loop() {
		if events, err := s.Pull(context.Background(), numbers); err != nil || len(events) != 80 {
			b.Fatal(len(events), err)
		}
	}
}

// BenchmarkRead is reading one answer of the Tracking API.
func BenchmarkRead(b *testing.B) {
	body, err := os.ReadFile("testdata/payloads/tracking.customs.json")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := read("tracking", body, seen); err != nil {
			b.Fatal(err)
		}
	}
}
