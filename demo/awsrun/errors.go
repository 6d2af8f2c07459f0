package awsrun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"

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

// What to do about errors, by their codes, most of which mean the same in every
// service.
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
var remedies = []struct {
	codes    []string
	sentence string
}{
	{[]string{"RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"},
		"{aws} refuses requests with the time of this machine's clock ({code}): set the clock"},
	{expired, "the AWS credentials have expired: get new ones, for example with: aws sso login{profile}"},
	{[]string{"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure",
		"OptInRequired"},
		"{aws} does not know these credentials in the region {region}: " +
			"check them with aws sts get-caller-identity{profile}, and that the region is enabled for the account"},
	{[]string{"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature"},
		"{aws} does not accept the signature: the secret access key is wrong, or this machine's clock is"},
	{[]string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"},
		"these credentials may not do {request}; docs/aws.md lists what is needed"},
	{[]string{"Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
		"RequestThrottledException", "RequestLimitExceeded", "TooManyRequestsException", "LimitExceededException"},
		"{aws} refused {request} {attempts} times because there were too many requests ({code}): {throttled}"},
	{[]string{"ResourceNotFoundException"}, // of a function or a log group: a stack has another code
		"there is no {subject} in {region} although the stack names it: deploy the stack again with npx cdk deploy"},
}

// expired are codes of errors that may also come while credentials are retrieved.
var expired = []string{"ExpiredToken", "ExpiredTokenException"}

// explain makes one sentence, with what to do, of an error of the SDK.
func (a *account) explain(err error, r request) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() == "" || api.ErrorCode() == "UnknownError" {
		return a.noAnswer(err, r)
	}
	code, message := api.ErrorCode(), strings.TrimSuffix(api.ErrorMessage(), ".")
	throttled := "try again when others use the account less"
	if r.action == "lambda:InvokeFunction" {
		throttled = "look at the function's reserved concurrency and the account's limit, or try again later"
	}
	for _, remedy := range remedies {
		if slices.Contains(remedy.codes, code) {
			return errors.New(strings.NewReplacer(
				"{aws}", a.name(), "{region}", a.region, "{profile}", a.forProfile(),
				"{code}", code, "{request}", r.String(), "{subject}", r.subject,
				"{attempts}", strconv.Itoa(attempts), "{throttled}", throttled,
			).Replace(remedy.sentence))
		}
	}
	if strings.Contains(message, "does not exist") && r.action == describeStacks {
		return a.noStack(r)
	}
	return fmt.Errorf("%s refused %s: %s (%s)", a.name(), r, message, code)
}

func (a *account) noStack(r request) error {
	return fmt.Errorf("there is no %s in %s: is it in another region (-region) or account (-profile)? "+
		"npx cdk deploy makes it", r.subject, a.region)
}

// credentialsError explains why there are no credentials.
func (a *account) credentialsError(err error) error {
	var api smithy.APIError
	text := err.Error()
	switch {
	case strings.Contains(text, "SSO"), strings.Contains(text, "sso"):
		return fmt.Errorf("the sign-in to AWS has expired, or was never made; run: aws sso login%s", a.forProfile())
	case errors.As(err, &api) && slices.Contains(expired, api.ErrorCode()):
		return a.explain(err, request{})
	case a.profile != "":
		return fmt.Errorf("the AWS profile %s gives no credentials; "+
			"check it with: aws sts get-caller-identity --profile %[1]s (%w)", a.profile, err)
	}
	return errors.New("no AWS credentials were found: give a profile with -profile, export AWS_PROFILE or " +
		"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run: aws configure")
}

func (a *account) forProfile() string {
	if a.profile == "" {
		return ""
	}
	return " --profile " + a.profile
}

// noAnswer explains an error of the way to AWS: no answer, or one that is not of
// an AWS service, such as the page of a proxy in between.
func (a *account) noAnswer(err error, r request) error {
	var page *smithyhttp.ResponseError
	var connection net.Error
	broken := errors.As(err, &connection) || errors.Is(err, io.ErrUnexpectedEOF) // in the middle of an answer
	if errors.As(err, &page) && page.HTTPStatusCode() != 0 && !broken {
		from := a.name()
		if request := page.Response.Request; request != nil && request.URL != nil {
			from = request.URL.Scheme + "://" + request.URL.Host
		}
		status := page.HTTPStatusCode()
		return fmt.Errorf("%s got %d %s from %s, and not an answer of AWS: is a proxy or a gateway in between?",
			r, status, http.StatusText(status), from)
	}
	host := noSuchHost(err)
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner // without the SDK's words around it
	}
	switch {
	case a.endpoint != "":
		return fmt.Errorf("%s got no answer from %s, which AWS_ENDPOINT_URL or the profile names: does it run there? "+
			"Without that it would be AWS (%w)", r.action, a.endpoint, err)
	case host != nil:
		return fmt.Errorf("there is no host %s: is %s spelt as AWS does, and is this machine online?",
			host.Name, a.region)
	}
	return fmt.Errorf("%s got no answer from AWS in %s: is this machine online? (%w)", r.action, a.region, err)
}

// isRefused reports whether nothing listens at the other side.
func isRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// noSuchHost returns the error if a name has no address, or nil.
func noSuchHost(err error) *net.DNSError {
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) && dns.IsNotFound {
		return dns
	}
	return nil
}
