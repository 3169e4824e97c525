package main

import (
	"os"
	"strings"
	"time"
)

// localZone is this machine's IANA time zone; empty when it cannot be told.
func localZone() string {
	if tz := os.Getenv("TZ"); tz != "" {
		if _, err := time.LoadLocation(tz); err == nil {
			return plainZone(tz)
		}
	}
	if target, err := os.Readlink("/etc/localtime"); err == nil {
		if _, zone, ok := strings.Cut(target, "zoneinfo/"); ok {
			return plainZone(zone)
		}
	}
	return ""
}

// plainZone is a zone under the name that people know: machines without a place have many for UTC.
func plainZone(zone string) string {
	switch strings.TrimPrefix(zone, "Etc/") {
	case "UTC", "UCT", "Universal", "Zulu", "GMT", "Greenwich":
		return "UTC"
	}
	return zone
}
