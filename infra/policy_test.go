package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// The rules and CloudFormation Validate look at metrics and alarms too: at all
// that the project can deploy.

func TestNag(t *testing.T) {
	app := newApp(t, nil)
	newDemo(app, config{stack: "Nagged", metrics: true})
	addNag(app)
	a := synth(t, app)
	for _, annotation := range a.annotations(t, "Nagged") {
		t.Error(annotation)
	}
	for _, report := range reports(t, a) {
		t.Error(report)
	}
}

// A control: the rules do look.
func TestNagFindsWhatIsWrong(t *testing.T) {
	app := newApp(t, nil)
	openRole(awscdk.NewStack(app, jsii.String("Nagged"), nil))
	addNag(app)
	if err := trySynth(app); err == nil {
		t.Error("synth succeeded with a role that may do anything")
	}
	if got := fmt.Sprint(reports(t, assembly(*app.Outdir()))); !strings.Contains(got, "AwsSolutions-IAM5") {
		t.Errorf("got %q, want AwsSolutions-IAM5 for a role that may do anything", got)
	}
}

func TestCloudFormationValidate(t *testing.T) {
	for _, a := range []assembly{demo(t), measured(t)} {
		for _, report := range reports(t, a) {
			t.Error(report)
		}
	}
}

// A control: it does look.
func TestCloudFormationValidateFindsWhatIsWrong(t *testing.T) {
	app := newApp(t, nil)
	stack := awscdk.NewStack(app, jsii.String("Wrong"), nil)
	awscdk.NewCfnResource(stack, jsii.String("Bad"), &awscdk.CfnResourceProps{
		Type:       jsii.String("AWS::Logs::LogGroup"),
		Properties: &map[string]any{"RetentionInDay": 7},
	})
	if err := trySynth(app); err == nil {
		t.Error("synth succeeded with a property that does not exist")
	}
	if got := fmt.Sprint(reports(t, assembly(*app.Outdir()))); !strings.Contains(got, "RetentionInDay") {
		t.Errorf("got %q, want a report of the property that does not exist", got)
	}
}

func addNag(app awscdk.App) {
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Verbose: jsii.Bool(true)}), nil)
}

// reports are those of CloudFormation Validate, which cdk.json switches on, and
// of all annotations.
func reports(t *testing.T, a assembly) []any {
	t.Helper()
	var report struct{ PluginReports []any }
	a.read(t, "validation-report.json", &report)
	return report.PluginReports
}

func openRole(stack awscdk.Stack) {
	awsiam.NewRole(stack, jsii.String("Open"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"all": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{
			Statements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Actions: jsii.Strings("*"), Resources: jsii.Strings("*"),
			})},
		})},
	})
}
