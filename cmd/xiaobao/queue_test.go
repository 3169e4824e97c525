//go:build sqs

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// TestQueue: what Amazon writes to the queue is taken by the program and deleted, and what is of no use too; what cannot be read stays.
func TestQueue(t *testing.T) {
	amazonStandIn(t, time.Now)
	var mu sync.Mutex
	there := []string{
		`{"notificationType":"SHIPMENT_TRACKING_MILESTONE_CHANGED","payload":{"shipmentTrackingMilestoneChangedNotification":{"trackingDetail":{"identifier":{"carrierTracking":{"trackingNumber":"1Z999AA10123456784"}}}}}}`,
		`{"notificationType":"ANY_OFFER_CHANGED"}`,
	}
	deleted := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		io.Copy(io.Discard, r.Body)
		switch r.Header.Get("X-Amz-Target") {
		case "AmazonSQS.DeleteMessage":
			deleted++
			fmt.Fprint(w, "{}")
		default:
			list := []map[string]string{}
			for i, body := range there {
				list = append(list, map[string]string{"MessageId": fmt.Sprint(i), "ReceiptHandle": fmt.Sprint("r", i), "Body": body})
			}
			there = nil
			json.NewEncoder(w).Encode(map[string]any{"Messages": list})
		}
	}))
	defer s.Close()
	t.Setenv("XIAOBAO_SQS_URL", s.URL+"/1/xiaobao")
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "a secret")
	p := start(t, clockFrom(opening), fresh(t, "")...)
	eventually(t, "both messages to be deleted", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return deleted == 2
	})
	p.stop()
}
