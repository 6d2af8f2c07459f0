package awsrun

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go/logging"
)

// Attempts of a request that is throttled, or fails for a passing reason. The
// SDK's three are few for an account whose quota others use as well, and for a
// network that is away for a moment. They are enough for the first request: a
// host that does not answer then hardly does later.
const attempts, firstAttempts = 8, 3

// An account is the AWS account in one region.
type account struct {
	region   string
	endpoint string    // that is used instead of AWS; empty for AWS
	began    time.Time // when the run began by its clock, to the second
	targets  []target  // the functions of the stack
	stacks   *cloudformation.Client
	lambda   *lambda.Client
	logs     *cloudwatchlogs.Client
	metrics  *cloudwatch.Client
}

// connect finds region and credentials as the AWS CLI does. Both are checked
// here, as the SDK's own words come with the first request, and are many.
func connect(ctx context.Context, c *Config) (*account, error) {
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithLogger(logging.Nop{}), // or it writes into our progress
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts = attempts
				o.MaxBackoff = 5 * c.Pace.Look
			})
		}),
		config.WithRegion(c.Region), config.WithSharedConfigProfile(c.Profile), // empty: those of the environment
	)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the AWS configuration cannot be used: %w", err)
	case cfg.Region == "":
		return nil, errors.New("no AWS region is set: give one with -region, export AWS_REGION, or run: aws configure")
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, explainCredentials(err)
	}
	a := &account{
		region:  cfg.Region,
		stacks:  cloudformation.NewFromConfig(cfg),
		lambda:  lambda.NewFromConfig(cfg),
		logs:    cloudwatchlogs.NewFromConfig(cfg),
		metrics: cloudwatch.NewFromConfig(cfg),
	}
	// It is set for all services or for one of them, by AWS_ENDPOINT_URL,
	// AWS_ENDPOINT_URL_LAMBDA and so on, or by the profile.
	endpoint := aws.ToString(cmp.Or(a.lambda.Options().BaseEndpoint, a.logs.Options().BaseEndpoint,
		a.stacks.Options().BaseEndpoint, a.metrics.Options().BaseEndpoint))
	if endpoint != "" {
		u, err := url.Parse(endpoint)
		if err != nil || u.Host == "" {
			return nil, errors.New("the endpoint that AWS_ENDPOINT_URL, one of its kind, or the profile names " +
				"is not a URL such as http://localhost:4566")
		}
		a.endpoint = u.Redacted() // it may have a password, and reports are passed on
	}
	return a, a.describe(ctx, c.Stack)
}

// name is that of the other side, for people to read.
func (a *account) name() string { return cmp.Or(a.endpoint, "AWS") }

// place is where functions run, for people to read. An endpoint
// that may be an emulator is not called AWS.
func (a *account) place() string {
	if a.endpoint == "" {
		return "on AWS in " + a.region
	}
	return fmt.Sprintf("at %s instead of AWS, in %s", a.endpoint, a.region)
}

// A target is a function of the stack.
type target struct {
	name     string // what the names of its outputs end in: Arm64, X86
	function string
	group    string // its log group
}

// describe reads the outputs of the stack, which infra/demo.go makes: for each
// function a command that invokes it and one that follows its log. They name
// function and log group, so that no further permission is needed to find them.
func (a *account) describe(ctx context.Context, stack string) error {
	in := &cloudformation.DescribeStacksInput{StackName: &stack}
	out, err := a.stacks.DescribeStacks(ctx, in, func(o *cloudformation.Options) { o.RetryMaxAttempts = firstAttempts })
	if err != nil {
		return a.explain(err, request{describeStacks, "stack " + stack})
	}
	a.began, _ = awsmiddleware.GetServerTime(out.ResultMetadata)
	outputs, status := map[string]string{}, ""
	for _, s := range out.Stacks {
		status = string(s.StackStatus)
		for _, o := range s.Outputs {
			outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
		}
	}
	if a.targets = targetsIn(outputs); len(a.targets) == 0 {
		return fmt.Errorf("the stack %s in %s (%s) has no outputs Invoke… and Logs… that name functions and "+
			"their log groups: is it deployed, and the one that npx cdk deploy makes from this checkout?",
			stack, a.region, status)
	}
	return nil
}

// targetsIn returns the targets in a stack's outputs, by name.
func targetsIn(outputs map[string]string) []target {
	var targets []target
	for key, command := range outputs {
		name, ok := strings.CutPrefix(key, "Invoke")
		_, function, _ := strings.Cut(command, "--function-name")
		invoke, log := strings.Fields(function), strings.Fields(outputs["Logs"+name])
		if ok && len(invoke) > 0 && len(log) > 0 {
			targets = append(targets, target{name, invoke[0], log[len(log)-1]})
		}
	}
	slices.SortFunc(targets, func(a, b target) int { return cmp.Compare(a.name, b.name) })
	return targets
}
