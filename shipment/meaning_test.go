package shipment

import "testing"

func TestMeanings(t *testing.T) {
	m, err := ReadMeanings("code,status,sub,exception,note\nA_1,IN_TRANSIT,departed_port,0,x\nA,IN_TRANSIT,,0\nHOLD,CUSTOMS,info_required,1,\nINFO,,,0,says nothing\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		codes []string
		want  Event
		known bool
	}{
		{[]string{"A_1", "A"}, Event{Status: InTransit, Sub: "departed_port", Code: "A_1"}, true},
		{[]string{"A_9", "A"}, Event{Status: InTransit, Code: "A_9"}, true},
		{[]string{"", "HOLD"}, Event{Status: Customs, Sub: "info_required", Exception: true, Code: "HOLD"}, true},
		{[]string{"INFO"}, Event{Code: "INFO"}, true},
		{[]string{"", "NEW", "NEWER"}, Event{Code: "NEW"}, false},
		{nil, Event{}, false},
	} {
		var got Event
		if known := m.Tell(&got, c.codes...); got != c.want || known != c.known {
			t.Errorf("%q: %+v, %t", c.codes, got, known)
		}
	}
	for _, bad := range []string{"h\nA,NOWHERE,,0\n", "h\nA,IN_TRANSIT\n", "h\nA,,,0\nA,,,0\n", "h\n\"A"} {
		if _, err := ReadMeanings(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
