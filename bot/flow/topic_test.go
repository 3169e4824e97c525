package flow

import "testing"

// TestTopic tells a topic that is typed without a question mark from an answer that went wrong.
func TestTopic(t *testing.T) {
	for text, want := range map[string]bool{
		"包裹重量限制": true, "AGL 报价包含关税": true, "总经理": false, "美国、德国站点": false, "南山区星海路 88 号": false, "us, germany": false, "about 20": false,
	} {
		if isTopic(text) != want {
			t.Errorf("isTopic(%q) is %v", text, !want)
		}
	}
}
