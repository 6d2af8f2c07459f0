package awsrun

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// A target is a function of the stack.
type target struct {
	name     string // what the names of its outputs end in: Arm64, X86
	function string
	group    string // its log group
}

// targets reads the outputs of the stack, which infra/demo.go makes: for each
// function a command that invokes it and one that follows its log. They name
// function and log group, so that no further permission is needed to find them.
func (a *account) targets(ctx context.Context, stack string) ([]target, error) {
	first := func(o *cloudformation.Options) {
		if r, ok := o.Retryer.(aws.RetryerV2); ok {
			o.Retryer = firstRetryer{r}
		}
	}
	out, err := a.stacks.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &stack}, first)
	if err != nil {
		return nil, a.explain(err, request{action: "cloudformation:DescribeStacks", stack: stack})
	}
	if skew, ok := awsmiddleware.GetAttemptSkew(out.ResultMetadata); ok {
		a.skew = skew
	}
	if len(out.Stacks) == 0 {
		return nil, a.noStack(stack)
	}
	described := out.Stacks[0]
	switch status := string(described.StackStatus); {
	case strings.HasPrefix(status, "DELETE_"), status == string(types.StackStatusRollbackComplete), status == string(types.StackStatusRollbackFailed):
		return nil, fmt.Errorf("the stack %s in %s was not deployed, or is being removed (%s); run: npx cdk deploy -c stack=%[1]s", stack, a.region, status)
	case status == string(types.StackStatusCreateInProgress), status == string(types.StackStatusReviewInProgress), status == string(types.StackStatusRollbackInProgress):
		return nil, fmt.Errorf("the stack %s in %s is not ready (%s); try again when npx cdk deploy is done", stack, a.region, status)
	}

	outputs := map[string]string{}
	for _, o := range described.Outputs {
		outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	targets, err := targetsIn(outputs)
	if err != nil {
		return nil, fmt.Errorf("the stack %s in %s %w; is it the one that npx cdk deploy made from this checkout?", stack, a.region, err)
	}
	return targets, nil
}

// targetsIn returns the targets in a stack's outputs, by name.
func targetsIn(outputs map[string]string) ([]target, error) {
	var targets []target
	for key, command := range outputs {
		name, ok := strings.CutPrefix(key, "Invoke")
		log, both := outputs["Logs"+name]
		if !ok || !both {
			continue
		}
		words := strings.Fields(command)
		t := target{name: name}
		if i := slices.Index(words, "--function-name"); i >= 0 && i+1 < len(words) {
			t.function = words[i+1]
		}
		if words := strings.Fields(log); len(words) > 0 {
			t.group = words[len(words)-1]
		}
		if t.function == "" || t.group == "" {
			return nil, fmt.Errorf("has outputs Invoke%s and Logs%[1]s that do not name a function and a log group", name)
		}
		targets = append(targets, t)
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("has no outputs Invoke… and Logs…")
	}
	slices.SortFunc(targets, func(a, b target) int { return strings.Compare(a.name, b.name) })
	return targets, nil
}
