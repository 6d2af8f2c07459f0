//go:build unix

package deploy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// A resource is one of the module, in the state.
type resource struct {
	Type   string
	Values attributes
}

type attributes struct {
	Policy                  string
	Timeout                 float64
	RetentionInDays         float64 `json:"retention_in_days"`
	Architectures, Layers   []string
	CompatibleArchitectures []string `json:"compatible_architectures"`
	ManagedPolicyARNs       []string `json:"managed_policy_arns"`
	Runtime                 string
	DashboardBody           string `json:"dashboard_body"`
}

// state reads what was applied, by the address of the module. terraform show -json
// prints the same, and starts the provider for it.
func state(t *testing.T, dir string) map[string][]resource {
	t.Helper()
	var stored struct {
		Version   int
		Resources []struct {
			Module, Type string
			Instances    []struct{ Attributes attributes }
		}
	}
	if err := json.Unmarshal([]byte(read(t, filepath.Join(dir, "terraform.tfstate"))), &stored); err != nil {
		t.Fatal(err)
	}
	if stored.Version != 4 {
		t.Fatalf("terraform.tfstate: got version %d, this test reads version 4", stored.Version)
	}
	resources := map[string][]resource{}
	for _, r := range stored.Resources {
		for _, instance := range r.Instances {
			resources[r.Module] = append(resources[r.Module], resource{r.Type, instance.Attributes})
		}
	}
	return resources
}

const logGroup = "/aws/lambda/postinvoke-hello"

func applied(t *testing.T, dir string) {
	t.Helper()
	if got := dashboards(t); !slices.Equal(got, []string{"postinvoke-hello"}) {
		t.Errorf("dashboards: got %q, want the function's", got)
	}
	modules := state(t, dir)
	if len(modules) != 1 {
		t.Fatalf("got %d modules, want 1", len(modules))
	}
	var types []string
	for _, r := range slices.Concat(slices.Collect(maps.Values(modules))...) {
		v := r.Values
		switch r.Type {
		case "aws_lambda_function":
			arm64 := slices.Equal(v.Architectures, []string{"arm64"})
			if v.Timeout != 30 || v.Runtime != "provided.al2023" || !arm64 || len(v.Layers) != 1 {
				t.Errorf("function: got %+v", v)
			}
		case "aws_lambda_layer_version":
			if !slices.Equal(v.CompatibleArchitectures, []string{"arm64"}) {
				t.Errorf("layer: got %q, want arm64", v.CompatibleArchitectures)
			}
		case "aws_cloudwatch_log_group":
			if v.RetentionInDays != 7 {
				t.Errorf("log group: got %v days, want 7", v.RetentionInDays)
			}
		case "aws_iam_role":
			if len(v.ManagedPolicyARNs) > 0 {
				t.Errorf("role: got managed policies %q, want none", v.ManagedPolicyARNs)
			}
		case "aws_iam_role_policy":
			exactlyTwoPermissions(t, v.Policy)
		case "aws_cloudwatch_dashboard":
			deployedDashboard(t, v.DashboardBody)
		default: // data sources
			continue
		}
		types = append(types, r.Type)
	}
	slices.Sort(types)
	want := []string{"aws_cloudwatch_dashboard", "aws_cloudwatch_log_group", "aws_iam_role", "aws_iam_role_policy",
		"aws_lambda_function", "aws_lambda_layer_version"}
	if !slices.Equal(types, want) {
		t.Errorf("got %q, want %q", types, want)
	}
}

func exactlyTwoPermissions(t *testing.T, policy string) {
	t.Helper()
	var p struct {
		Statement []struct {
			Effect   string
			Action   []string
			Resource string
		}
	}
	if err := json.Unmarshal([]byte(policy), &p); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(p.Statement)
	want := "[{Allow [logs:CreateLogStream logs:PutLogEvents] " +
		"arn:aws:logs:eu-west-1:123456789012:log-group:" + logGroup + ":*}]"
	if got != want {
		t.Errorf("permissions: got %s, want %s", got, want)
	}
}

// deployedDashboard checks that what was deployed is about this function, with
// no placeholder of the template in it.
func deployedDashboard(t *testing.T, deployed string) {
	t.Helper()
	var body struct{ Widgets []struct{ Type string } }
	if err := json.Unmarshal([]byte(deployed), &body); err != nil || len(body.Widgets) < 5 {
		t.Errorf("dashboard: got %d widgets, %v", len(body.Widgets), err)
	}
	for _, want := range []string{`"eu-west-1"`, "postinvoke-hello"} {
		if !strings.Contains(deployed, want) {
			t.Errorf("dashboard: got no %s in\n%s", want, deployed)
		}
	}
	if strings.Contains(deployed, "${") {
		t.Errorf("dashboard: placeholders of the template are in\n%s", deployed)
	}
}

func nothingLeft(t *testing.T) {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	functions, err := lambda.NewFromConfig(cfg).ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
	if err != nil || len(functions.Functions) > 0 {
		t.Errorf("functions: got %v, %v, want none", functions, err)
	}
	layers, err := lambda.NewFromConfig(cfg).ListLayers(t.Context(), &lambda.ListLayersInput{})
	if err != nil || len(layers.Layers) > 0 {
		t.Errorf("layers: got %v, %v, want none", layers, err)
	}
	logs := cloudwatchlogs.NewFromConfig(cfg)
	groups, err := logs.DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{})
	if err != nil || len(groups.LogGroups) > 0 {
		t.Errorf("log groups: got %v, %v, want none", groups, err)
	}
	if got := dashboards(t); len(got) > 0 {
		t.Errorf("dashboards: got %q, want none", got)
	}
}

// dashboards lists the dashboards in the emulator. The SDK speaks another
// protocol with CloudWatch than moto does.
func dashboards(t *testing.T) []string {
	t.Helper()
	return query(t, "monitoring", "ListDashboards", "DashboardName")
}
