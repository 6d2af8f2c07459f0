package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// config is what -c (--context) of the cdk command can set.
type config struct {
	stack   string // stack=NAME: the name of the stack
	metrics bool   // metrics=true: with metric filters and alarms
}

// cliContext are names without a namespace that the cdk command itself adds to
// the context.
var cliContext = []string{"acknowledged-issue-numbers", "cli-telemetry", "cdk-migrate"}

// configure reads the app's context. An unknown name is an error, because it would
// change nothing.
func configure(app awscdk.App) (config, error) {
	c := config{stack: "PostInvokeDemo"}
	all, _ := app.Node().GetAllContext(nil).(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		value := fmt.Sprint(all[name])
		switch {
		case name == "stack" && value == "":
			return c, fmt.Errorf("context stack is empty: give the stack a name, or leave it out for %s", c.stack)
		case name == "stack":
			c.stack = value
		case name == "metrics" && (value == "true" || value == "false"):
			c.metrics = value == "true"
		case name == "metrics":
			return c, fmt.Errorf("context metrics is %q: it can be true or false", value)
		case strings.ContainsAny(name, "@:/"), slices.Contains(cliContext, name):
			// a feature flag, a look-up, or the cdk command's own
		default:
			return c, fmt.Errorf("unknown context %q: this app has stack=NAME and metrics=true", name)
		}
	}
	return c, nil
}
