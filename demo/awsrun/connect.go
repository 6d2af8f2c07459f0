package awsrun

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
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

// attempts of a request that is throttled, or fails for a passing reason. The
// SDK's three are few for an account whose quota others use as well.
const attempts = 8

// An account is the AWS account in one region.
type account struct {
	region   string
	profile  string
	endpoint string        // that is used instead of AWS; empty for AWS
	skew     time.Duration // how far its clock is ahead, to the second
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
		config.WithRetryer(func() aws.Retryer { return retryer(c.Pace.Backoff) }),
		config.WithRegion(c.Region), config.WithSharedConfigProfile(c.Profile), // empty: those of the environment
	)
	var missing config.SharedConfigProfileNotExistError
	switch {
	case errors.As(err, &missing):
		return nil, fmt.Errorf("there is no AWS profile %s: give another with -profile, "+
			"or make it with: aws configure --profile %[1]s", missing.Profile)
	case err != nil:
		return nil, fmt.Errorf("the AWS configuration cannot be used: %w", err)
	case cfg.Region == "":
		return nil, errors.New("no AWS region is set: give one with -region, export AWS_REGION, or run: aws configure")
	case !regionName.MatchString(cfg.Region):
		return nil, fmt.Errorf("%q is no name for an AWS region: give one such as eu-west-1 with -region, "+
			"or export AWS_REGION", cfg.Region)
	}
	a := &account{region: cfg.Region, profile: c.Profile}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, a.credentialsError(err)
	}
	a.stacks = cloudformation.NewFromConfig(cfg)
	a.lambda = lambda.NewFromConfig(cfg)
	a.logs = cloudwatchlogs.NewFromConfig(cfg)
	a.metrics = cloudwatch.NewFromConfig(cfg)
	a.endpoint = endpoints(a.stacks.Options().BaseEndpoint, a.lambda.Options().BaseEndpoint,
		a.logs.Options().BaseEndpoint, a.metrics.Options().BaseEndpoint)
	return a, nil
}

// What names look like.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
var (
	stackName  = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]{0,127}|arn:[a-z-]+:cloudformation:[A-Za-z0-9:/-]+)$`)
	regionName = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
)

// CheckStack returns an error for a name that no stack can have.
func CheckStack(name string) error {
	if stackName.MatchString(name) {
		return nil
	}
	return fmt.Errorf("%q is no name for a stack: letters, digits and hyphens, a letter first, at most 128", name)
}

// endpoints names those that are set, for all services or for one of them, by
// AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_LAMBDA and so on, or by the profile.
func endpoints(set ...*string) string {
	var names []string
	for _, endpoint := range set {
		if endpoint == nil {
			continue
		}
		name := *endpoint
		if parsed, err := url.Parse(name); err == nil {
			name = parsed.Redacted()
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " and ")
}

// name is that of the other side, for people to read.
func (a *account) name() string {
	if a.endpoint == "" {
		return "AWS"
	}
	return a.endpoint
}

// place is where functions run, for people to read. An endpoint
// that may be an emulator is not called AWS.
func (a *account) place() string {
	if a.endpoint == "" {
		return "on AWS in " + a.region
	}
	return fmt.Sprintf("at %s instead of AWS, in %s", a.endpoint, a.region)
}

func retryer(backoff time.Duration) aws.RetryerV2 {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.MaxBackoff = backoff
		o.Backoff = retry.NewExponentialJitterBackoff(backoff)
	})
}

// A firstRetryer is for the first request of a run: a host that does not answer
// then will hardly do so a moment later. Later on it may be the network of this
// machine.
type firstRetryer struct{ aws.RetryerV2 }

// IsErrorRetryable is part of [aws.Retryer].
func (r firstRetryer) IsErrorRetryable(err error) bool {
	return !isRefused(err) && noSuchHost(err) == nil && r.RetryerV2.IsErrorRetryable(err)
}

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
	in, r := &cloudformation.DescribeStacksInput{StackName: &stack}, request{describeStacks, "stack " + stack}
	out, err := a.stacks.DescribeStacks(ctx, in, func(o *cloudformation.Options) {
		if retryer, ok := o.Retryer.(aws.RetryerV2); ok {
			o.Retryer = firstRetryer{retryer}
		}
	})
	if err != nil {
		return nil, a.explain(err, r)
	}
	if skew, ok := awsmiddleware.GetAttemptSkew(out.ResultMetadata); ok {
		a.skew = skew
	}
	if len(out.Stacks) == 0 {
		return nil, a.noStack(r)
	}
	switch status := string(out.Stacks[0].StackStatus); status {
	case "DELETE_COMPLETE", "DELETE_FAILED", "DELETE_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED":
		return nil, fmt.Errorf("the stack %s in %s was not deployed, or is being removed (%s); "+
			"run: npx cdk deploy -c stack=%[1]s", stack, a.region, status)
	case "CREATE_IN_PROGRESS", "REVIEW_IN_PROGRESS", "ROLLBACK_IN_PROGRESS":
		return nil, fmt.Errorf("the stack %s in %s is not ready (%s); try again when npx cdk deploy is done",
			stack, a.region, status)
	}
	outputs := map[string]string{}
	for _, o := range out.Stacks[0].Outputs {
		outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	targets, err := targetsIn(outputs)
	if err != nil {
		return nil, fmt.Errorf("the stack %s in %s %w; is it the one that npx cdk deploy made from this checkout?",
			stack, a.region, err)
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
		t := target{name: name}
		words := strings.Fields(command)
		if i := slices.Index(words, "--function-name"); i >= 0 && i+1 < len(words) {
			t.function = words[i+1]
		}
		if words := strings.Fields(log); len(words) > 0 {
			t.group = words[len(words)-1]
		}
		if t.function == "" || t.group == "" {
			return nil, fmt.Errorf("has outputs Invoke%s and Logs%[1]s that do not name a function and a log group",
				name)
		}
		targets = append(targets, t)
	}
	if len(targets) == 0 {
		return nil, errors.New("has no outputs Invoke… and Logs…")
	}
	slices.SortFunc(targets, func(a, b target) int { return strings.Compare(a.name, b.name) })
	return targets, nil
}
