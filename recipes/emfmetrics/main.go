// Command emfmetrics makes CloudWatch metrics of its hooks, in the embedded
// metric format: lines in the log, from which CloudWatch makes metrics. It calls no
// API.
//
// A process that is killed writes no line about the hooks that it loses; the
// layer's extension logs them. Each name of a hook makes two metrics, which are
// billed as custom metrics, so give hooks names that do not change.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/postinvoke"
)

func main() {
	postinvoke.Start(handle, &postinvoke.Options{Observer: &postinvoke.Observer{Hook: emitHook}})
}

func handle(ctx context.Context, name string) (string, error) {
	postinvoke.RunContext(ctx, func(context.Context) error {
		return fmt.Errorf("the greeting of %s was not saved", name)
	}, postinvoke.Name("save greeting"))
	postinvoke.Run(ctx, func() {}, postinvoke.Name("warm cache"))
	return "hello " + name, nil
}

// emitHook is called when a hook has finished. Observer has such a function for
// invocations, too.
func emitHook(_ context.Context, hook postinvoke.HookResult) {
	metrics := map[string]float64{"HookFailures": 0}
	if hook.Err != nil {
		metrics["HookFailures"] = 1
	}
	if !hook.Started.IsZero() { // it was not refused, or abandoned before it started
		metrics["HookMilliseconds"] = hook.Finished.Sub(hook.Started).Seconds() * 1000
	}
	emit(map[string]string{"function": lambdacontext.FunctionName, "hook": hook.Name}, metrics)
}

// emit writes one line, whose field _aws lists which of the others are dimensions
// and which are metrics.
func emit(dimensions map[string]string, metrics map[string]float64) {
	line := map[string]any{}
	var names []map[string]string
	for name, value := range metrics {
		line[name] = value
		names = append(names, map[string]string{"Name": name})
	}
	for name, value := range dimensions {
		line[name] = value
	}
	line["_aws"] = map[string]any{
		"Timestamp": time.Now().UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace":  "Hooks",
			"Dimensions": [][]string{slices.Sorted(maps.Keys(dimensions))},
			"Metrics":    names,
		}},
	}
	if b, err := json.Marshal(line); err == nil {
		fmt.Println(string(b)) // in one write, because hooks of Go run beside others
	}
}
