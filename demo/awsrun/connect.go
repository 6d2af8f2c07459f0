package awsrun

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
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
	endpoint string        // what is asked instead of AWS; empty for AWS
	skew     time.Duration // how far its clock is ahead, to the second
	stacks   *cloudformation.Client
	lambda   *lambda.Client
	logs     *cloudwatchlogs.Client
	metrics  *cloudwatch.Client
}

// connect finds region and credentials as the AWS CLI does. Both are checked
// here, as the SDK's own words come with the first request, and are many.
func connect(ctx context.Context, c *Config) (*account, error) {
	options := []func(*config.LoadOptions) error{
		config.WithLogger(logging.Nop{}), // or it writes into our progress
		config.WithRetryer(func() aws.Retryer { return retryer(c.Pace.Backoff) }),
	}
	if c.Region != "" {
		options = append(options, config.WithRegion(c.Region))
	}
	if c.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(c.Profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, configError(c, err)
	}
	if err := checkRegion(cfg.Region); err != nil {
		return nil, err
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

// name is who answers, for people to read.
func (a *account) name() string {
	if a.endpoint == "" {
		return "AWS"
	}
	return a.endpoint
}

// place is where functions run, for people to read. It never says AWS of
// something that may be an emulator.
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
