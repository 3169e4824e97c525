package main

import "testing"

func TestLocalZone(t *testing.T) {
	for tz, want := range map[string]string{"Etc/UTC": "UTC", "UTC": "UTC", "Zulu": "UTC", "Asia/Shanghai": "Asia/Shanghai"} {
		t.Setenv("TZ", tz)
		if got := localZone(); got != want {
			t.Errorf("with TZ=%s it is %q, want %q", tz, got, want)
		}
	}
}
