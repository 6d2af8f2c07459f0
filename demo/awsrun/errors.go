package awsrun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// A request is what was asked of AWS when something went wrong.
type request struct {
	action                 string // as in a policy
	stack, function, group string // what it was about
}

// String renders the request as in "AWS refused …".
func (r request) String() string {
	switch {
	case r.stack != "":
		return r.action + " for the stack " + r.stack
	case r.group != "":
		return r.action + " for the log group " + r.group
	}
	return r.action + " for the function " + r.function
}

// credentialsError explains why there are no credentials.
func (a *account) credentialsError(err error) error {
	text := err.Error()
	switch code, _ := codeOf(err); {
	case strings.Contains(text, "SSO"), strings.Contains(text, "sso"):
		return fmt.Errorf("the sign-in to AWS has expired, or was never made; run: aws sso login%s", a.forProfile())
	case code == expiredToken, code == expiredTokenException:
		return a.expired()
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

// Codes of errors that come with a request, or when credentials are asked for.
const (
	expiredToken          = "ExpiredToken"
	expiredTokenException = "ExpiredTokenException"
)

func (a *account) expired() error {
	return fmt.Errorf("the AWS credentials have expired: get new ones, for example with: aws sso login%s",
		a.forProfile())
}

// codeOf returns the code and the message of an error of AWS, empty for others.
func codeOf(err error) (code, message string) {
	if api := smithy.APIError(nil); errors.As(err, &api) {
		return api.ErrorCode(), api.ErrorMessage()
	}
	return "", ""
}

// explain makes one sentence, with the fix, of an error of the SDK.
//
// Codes that mean the same in every service:
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
func (a *account) explain(err error, r request) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	code, message := codeOf(err)
	switch code {
	case "RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed":
		return fmt.Errorf("%s refuses requests with the time of this machine's clock (%s): set the clock",
			a.name(), code)
	case expiredToken, expiredTokenException:
		return a.expired()
	case "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure", "OptInRequired":
		return fmt.Errorf("%s does not know these credentials in the region %s: "+
			"check them with aws sts get-caller-identity%s, and that the region is enabled for the account",
			a.name(), a.region, a.forProfile())
	case "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature":
		return fmt.Errorf("%s does not accept the signature: the secret access key is wrong, "+
			"or this machine's clock is", a.name())
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized":
		return fmt.Errorf("these credentials may not do %s; docs/aws.md lists what is needed", r)
	case "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
		"RequestLimitExceeded", "TooManyRequestsException", "LimitExceededException":
		fix := "try again when others use the account less"
		if r.action == "lambda:InvokeFunction" {
			fix = "look at the function's reserved concurrency and the account's limit, or try again later"
		}
		return fmt.Errorf("%s refused %s %d times because there were too many requests (%s): %s",
			a.name(), r, attempts, code, fix)
	case "", "UnknownError":
		return a.noAnswer(err, r)
	case "ResourceNotFoundException":
		missing := "function " + r.function
		if r.group != "" {
			missing = "log group " + r.group
		}
		return fmt.Errorf("there is no %s in %s although the stack names it: "+
			"deploy the stack again with npx cdk deploy", missing, a.region)
	}
	if r.stack != "" && strings.Contains(message, "does not exist") {
		return a.noStack(r.stack)
	}
	return fmt.Errorf("%s refused %s: %s (%s)", a.name(), r, strings.TrimSuffix(message, "."), code)
}

func (a *account) noStack(stack string) error {
	return fmt.Errorf("there is no stack %s in %s: is it in another region (-region) or account (-profile)? "+
		"npx cdk deploy makes it", stack, a.region)
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
