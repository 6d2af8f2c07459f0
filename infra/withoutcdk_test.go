package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/cdktest"
	"example.com/postinvoke/infra/postinvokecdk"
)

// Those who deploy without CDK have the dashboard of the construct, as files
// which this test compares with it, and writes with -update.
func TestDashboardsWithoutCDKAreThatOfTheConstruct(t *testing.T) {
	// What a name is part of would otherwise be in functions of CloudFormation.
	const region, account, function = "eu-west-1", "111122223333", "NAME-OF-THE-FUNCTION"
	app := newApp(t, nil)
	stack := awscdk.NewStack(app, jsii.String("Stack"), &awscdk.StackProps{
		Env: &awscdk.Environment{Region: jsii.String(region), Account: jsii.String(account)},
	})
	fn := awslambda.Function_FromFunctionArn(stack, jsii.String(function),
		jsii.String("arn:aws:lambda:"+region+":"+account+":function:"+function))
	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), &postinvokecdk.DashboardProps{
		Functions: []awslambda.IFunction{fn},
	})
	dashboard := cdktest.Synth(t, app).Template(t, "Stack").OfType("AWS::CloudWatch::Dashboard")[0]
	body := joined(t, dashboard.Properties["DashboardBody"])
	if strings.Contains(body, "${") {
		t.Fatalf("the body already has a ${, which has to be escaped:\n%s", body)
	}
	for _, to := range []struct {
		path string
		// As the file's format refers to them.
		function, logGroup, region, account string
		wrap                                func(body json.RawMessage) any
	}{
		{"deploy/terraform/postinvoke/dashboard.json.tftpl",
			"${function_name}", "${log_group}", "${region}", "${account_id}",
			func(body json.RawMessage) any { return body }},
		{"deploy/sam/dashboard.json", "${FunctionName}", "${LogGroupName}", "${AWS::Region}", "${AWS::AccountId}",
			nestedStack},
	} {
		body := strings.NewReplacer(
			"/aws/lambda/"+function, to.logGroup, function, to.function,
			region, to.region, "AWS::Region", to.region,
			account, to.account, "AWS::AccountId", to.account,
		).Replace(body)

		var got bytes.Buffer
		encoder := json.NewEncoder(&got)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(to.wrap(json.RawMessage(body))); err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(to.path, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(to.path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s is not the construct's dashboard any more: go test ./infra -update writes it", to.path)
		}
	}
}

// nestedStack is a template with the dashboard of one function.
func nestedStack(body json.RawMessage) any {
	type object = map[string]any
	return object{
		"AWSTemplateFormatVersion": "2010-09-09",
		"Description": "The dashboard of a function that uses postinvoke. " +
			"Generated: go test ./infra -update",
		"Parameters": object{
			"FunctionName": object{"Type": "String"},
			"LogGroupName": object{"Type": "String"},
		},
		"Resources": object{"Dashboard": object{
			"Type": "AWS::CloudWatch::Dashboard",
			"Properties": object{
				"DashboardBody": object{"Fn::Sub": string(body)},
			},
		}},
		"Outputs": object{"Name": object{"Value": object{"Ref": "Dashboard"}}},
	}
}
