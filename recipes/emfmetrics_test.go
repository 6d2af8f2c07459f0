package recipes_test

import (
	"encoding/json"
	"slices"
	"testing"
)

// CloudWatch takes a metric from a line only if the line has everything that _aws
// names: see "Embedded metric format specification" in the CloudWatch User Guide.
func TestEachHookMakesALineInTheEmbeddedMetricFormat(t *testing.T) {
	env := start(t, "emfmetrics")
	response := env.Invoke(`"Ada"`)
	env.WaitIdle()
	wantResponse(t, response, `"hello Ada"`)
	var got []string
	for _, line := range env.Lines() {
		var aws struct {
			Directives struct {
				Timestamp         int64
				CloudWatchMetrics []struct {
					Namespace  string
					Dimensions [][]string
					Metrics    []struct{ Name string }
				}
			} `json:"_aws"`
		}
		var fields map[string]any
		if json.Unmarshal([]byte(line), &aws) != nil || aws.Directives.Timestamp == 0 {
			continue
		}
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		for _, directive := range aws.Directives.CloudWatchMetrics {
			for _, dimension := range slices.Concat(directive.Dimensions...) {
				if value, ok := fields[dimension].(string); !ok || value == "" {
					t.Errorf("%s: dimension %s has no value", line, dimension)
				}
			}
			for _, metric := range directive.Metrics {
				if _, ok := fields[metric.Name].(float64); !ok || directive.Namespace != "Hooks" {
					t.Errorf("%s: metric %s has no value, or another namespace", line, metric.Name)
				}
				if metric.Name == "HookFailures" {
					got = append(got, fields["hook"].(string), map[any]string{0.0: "ok", 1.0: "failed"}[fields[metric.Name]])
				}
			}
		}
	}
	if want := []string{"warm cache", "ok", "save greeting", "failed"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
