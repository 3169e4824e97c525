package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRecognise(t *testing.T) {
	t.Parallel()
	want := `NUMBER              CARRIER           FORMAT                       CHECK DIGIT  SURE  NOTE                                   LINK
1Z5R89390357567128  UPS               UPS                          failed       60%   the check digit does not fit: compare  https://wwwapps.ups.com/WebTracking/track?track=yes&trackNums=1Z5R89390357567128
RR123456785CN       China Post (CN)   S10, Letter Post Registered  ok           99%   -                                      https://t.17track.net/en#nums=RR123456785CN
FBA1MMD8D0U000001   Amazon            FBA box of FBA1MMD8D0        none         92%   -                                      -
A1506235620         UPS               UPS Waybill                  ok           42%   several carriers: choose               https://wwwapps.ups.com/WebTracking/track?track=yes&trackNums=A1506235620
  or                Amazon            Amazon International         none         30%   -                                      -
SIMAUS12345678      Simulation        Simulated shipment           none         92%   simulated                              -
`
	text := []string{"1Z5R89390357567128，ＲＲ１２３４５６７８５ＣＮ", "FBA1MMD8D0U000001", "A1506235620", "SIMAUS12345678"}
	for name, run := range map[string]func() (int, string, string){
		"arguments": func() (int, string, string) { return command(t, "", append([]string{"recognise"}, text...)...) },
		"input":     func() (int, string, string) { return command(t, strings.Join(text, "\n"), "recognise") },
	} {
		code, out, errs := run()
		if diff := cmp.Diff(squeeze(want), squeeze(out)); code != 0 || errs != "" || diff != "" {
			t.Errorf("%s: %d %q, -want +got:\n%s\n%s", name, code, errs, diff, out)
		}
	}
}

// squeeze leaves one space where a table has many.
func squeeze(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.Join(strings.Fields(lines[i]), " ")
	}
	return strings.Join(lines, "\n")
}

func TestRecogniseJSON(t *testing.T) {
	t.Parallel()
	code, out, errs := command(t, "", "recognise", "--json", "FedEx or Purolator? 运单 320610804900")
	var found []struct {
		Number, Carrier, Check, Doubt string
		Start, End                    int
		Confirm                       bool
		Others                        []struct{ Carrier string }
	}
	if err := json.Unmarshal([]byte(out), &found); code != 0 || errs != "" || err != nil || len(found) != 1 {
		t.Fatalf("%d %q %v\n%s", code, errs, err, out)
	}
	if c := found[0]; c.Number != "320610804900" || c.Carrier != "fedex" && c.Carrier != "purolator" || len(c.Others) != 1 || !c.Confirm ||
		c.Doubt != "ambiguous" || c.End-c.Start != 12 || c.Check != "ok" {
		t.Errorf("%+v", c)
	}
	if code, out, _ := command(t, "nothing here", "recognise", "--json"); code != 0 || strings.TrimSpace(out) != "[]" {
		t.Errorf("%d %q", code, out)
	}
	if code, out, errs := command(t, "nothing here", "recognise"); code != 1 || out != "" || !strings.Contains(errs, "nothing in it looks like a number to track") {
		t.Errorf("%d %q %q", code, out, errs)
	}
}
