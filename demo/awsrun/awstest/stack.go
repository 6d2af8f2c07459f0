package awstest

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// describeStacks answers
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
func (a *Account) describeStacks(w http.ResponseWriter, r *http.Request, region string) {
	name := r.FormValue("StackName")
	if name != Stack || region != Region {
		failQuery(w, Failure{http.StatusBadRequest, "ValidationError", "Stack with id " + name + " does not exist"})
		return
	}
	type output struct{ OutputKey, OutputValue string }
	var outputs []output
	all := a.outputs()
	for _, key := range slices.Sorted(maps.Keys(all)) {
		outputs = append(outputs, output{key, all[key]})
	}
	type stack struct {
		StackName, StackStatus string
		Outputs                []output `xml:"Outputs>member"`
	}
	w.Header().Set("Content-Type", "text/xml")
	writeXML(w, struct {
		XMLName xml.Name `xml:"DescribeStacksResponse"`
		Stacks  []stack  `xml:"DescribeStacksResult>Stacks>member"`
	}{Stacks: []stack{{name, cmp.Or(a.cfg.Status, "CREATE_COMPLETE"), outputs}}})
}

// outputs are those that infra/demo.go makes.
func (a *Account) outputs() map[string]string {
	if a.cfg.Outputs != nil {
		return a.cfg.Outputs
	}
	outputs := map[string]string{"DashboardURL": "https://" + Region + ".console.aws.amazon.com/cloudwatch/home?region=" + Region}
	for _, f := range a.functions {
		outputs["Invoke"+f.output] = fmt.Sprintf("aws lambda invoke --region %s --function-name %s --cli-binary-format raw-in-base64-out --payload '{}' /dev/stdout", Region, f.name)
		outputs["Logs"+f.output] = fmt.Sprintf("aws logs tail --region %s --follow %s", Region, f.group)
		outputs["LayerArn"+f.output] = "arn:aws:lambda:" + Region + ":123456789012:layer:PostInvokeLayer" + f.output + ":1"
	}
	return outputs
}
