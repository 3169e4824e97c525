package slack

import (
	"encoding/json"
	"fmt"
	"os"

	"xiaobao/adapters/slack/slacktest"
)

// loadEnv makes the test binary the load.
const loadEnv = "XIAOBAO_SLACK_LOAD"

// loadMain is the process that makes requests.
func loadMain() int {
	c := slacktest.NewCrowd()
	defer c.Close()
	fmt.Println(c.API())
	orders := json.NewDecoder(os.Stdin)
	for {
		var o slacktest.Order
		if orders.Decode(&o) != nil {
			return 0
		}
		t, err := c.Deliver(o)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		json.NewEncoder(os.Stdout).Encode(t)
	}
}
