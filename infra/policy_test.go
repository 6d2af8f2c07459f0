package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/cdktest"
)

// The rules of cdk-nag, and CloudFormation Validate, which cdk.json switches on, have
// nothing to say about all that the project can deploy.
func TestPolicies(t *testing.T) {
	for _, report := range reports(t, measured(t)) {
		t.Error(report)
	}
}

// A control: they do look.
func TestPoliciesFindWhatIsWrong(t *testing.T) {
	// CloudFormation Validate starts anew for types of resources that it has not seen.
	measured(t)
	app := newCheckedApp(t)
	stack := awscdk.NewStack(app, jsii.String("Wrong"), nil)
	openRole(stack)
	awscdk.NewCfnResource(stack, jsii.String("Bad"), &awscdk.CfnResourceProps{
		Type:       jsii.String("AWS::Logs::LogGroup"),
		Properties: &map[string]any{"RetentionInDay": 7},
	})
	if err := cdktest.Attempt(func() { app.Synth(nil) }); err == nil {
		t.Error("synth succeeded with a role that may do anything and a property that does not exist")
	}
	got := fmt.Sprint(reports(t, cdktest.Assembly(*app.Outdir())))
	for _, want := range []string{"AwsSolutions-IAM5", "RetentionInDay"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %q, want %s in it", got, want)
		}
	}
}

// reports are those of CloudFormation Validate and of all annotations.
func reports(t *testing.T, a cdktest.Assembly) []any {
	t.Helper()
	var report struct{ PluginReports []any }
	a.Read(t, "validation-report.json", &report)
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
