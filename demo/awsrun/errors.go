package awsrun

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// A request is the one to AWS that failed.
type request struct {
	action  string // as in a policy
	subject string // what it was about: the stack, function or log group
}

const describeStacks = "cloudformation:DescribeStacks"

// String renders the request as in "AWS refused …".
func (r request) String() string { return r.action + " for the " + r.subject }

// What to do about errors whose message does not say so.
const (
	setClock = "the clock of this machine is wrong: set it"
	renew    = "the credentials have expired: get new ones, for example with: aws sso login"
	permit   = "docs/aws.md lists what these credentials must be allowed to do"
)

// remedies are what to do, by codes, which mean the same in every service.
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
var remedies = map[string]string{
	"RequestExpired": setClock, "RequestInTheFuture": setClock, "RequestTimeTooSkewed": setClock,
	"ExpiredToken": renew, "ExpiredTokenException": renew,
	"AccessDenied": permit, "AccessDeniedException": permit,
}

// explain makes one sentence, with what to do, of an error of the SDK.
func (a *account) explain(err error, r request) error {
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() == "" || api.ErrorCode() == "UnknownError" {
		return a.explainConnection(err, r)
	}
	code, message := api.ErrorCode(), strings.TrimSuffix(api.ErrorMessage(), ".")
	if strings.Contains(message, "does not exist") && r.action == describeStacks {
		return fmt.Errorf("there is no %s in %s: is it in another region (-region) or account (-profile)? "+
			"npx cdk deploy makes it", r.subject, a.region)
	}
	sentence := fmt.Sprintf("%s refused %s: %s (%s)", a.name(), r, message, code)
	if remedy, ok := remedies[code]; ok {
		sentence += "; " + remedy
	}
	return errors.New(sentence)
}

// explainCredentials explains why there are no credentials.
func explainCredentials(err error) error {
	switch text := err.Error(); {
	case strings.Contains(strings.ToLower(text), "sso"):
		return errors.New("the sign-in to AWS has expired, or was never made; run, with the same profile: aws sso login")
	case strings.Contains(text, "IMDS"): // which the SDK tries last
		return errors.New("no AWS credentials were found: give a profile with -profile, export AWS_PROFILE or " +
			"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run: aws configure")
	}
	return fmt.Errorf("the AWS credentials cannot be used; check them with: aws sts get-caller-identity (%w)", err)
}

// explainConnection explains an error of the way to AWS: no answer, or one that is
// not of an AWS service, such as the page of a proxy in between.
func (a *account) explainConnection(err error, r request) error {
	var page *smithyhttp.ResponseError
	if errors.As(err, &page) && page.HTTPStatusCode() != 0 {
		status := page.HTTPStatusCode()
		return fmt.Errorf("%s got %d %s instead of an answer of %s: is a proxy or a gateway in between?",
			r, status, http.StatusText(status), a.name())
	}
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner // without the SDK's words around it
	}
	if a.endpoint != "" {
		return fmt.Errorf("%s got no answer from %s, which AWS_ENDPOINT_URL or the profile names: does it run there? "+
			"Without that it would be AWS (%w)", r.action, a.endpoint, err)
	}
	return fmt.Errorf("%s got no answer from AWS: is this machine online, and is %q the code of a region, "+
		"such as eu-west-1? (%w)", r.action, a.region, err)
}
