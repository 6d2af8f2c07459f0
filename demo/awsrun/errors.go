package awsrun

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
)

// A request is what was asked of AWS when something went wrong.
type request struct {
	action                 string // as in a policy
	stack, function, group string // what it was about
}

var errNoRegion = errors.New("no AWS region is set: give one with -region, export AWS_REGION, or run: aws configure")

// configError explains why the files of the AWS CLI could not be used.
func configError(c *Config, err error) error {
	var profile config.SharedConfigProfileNotExistError
	if errors.As(err, &profile) {
		return fmt.Errorf("there is no AWS profile %s: give another with -profile, or make it with: aws configure --profile %[1]s", profile.Profile)
	}
	return fmt.Errorf("the AWS configuration cannot be used: %w", err)
}

// credentialsError explains why there are no credentials.
func (a *account) credentialsError(err error) error {
	if words := err.Error(); strings.Contains(words, "SSO") || strings.Contains(words, "sso") {
		return fmt.Errorf("the sign-in to AWS has expired, or was never made; run: aws sso login%s", a.forProfile())
	}
	if code := codeOf(err); expired[code] {
		return a.expiredError()
	}
	if a.profile != "" {
		return fmt.Errorf("the AWS profile %s gives no credentials; check it with: aws sts get-caller-identity --profile %[1]s (%w)", a.profile, err)
	}
	return errors.New("no AWS credentials were found: give a profile with -profile, export AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run: aws configure")
}

func (a *account) forProfile() string {
	if a.profile == "" {
		return ""
	}
	return " --profile " + a.profile
}

func (a *account) expiredError() error {
	return fmt.Errorf("the AWS credentials have expired: get new ones, for example with: aws sso login%s", a.forProfile())
}

// Codes of errors that mean the same in every service.
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
var (
	expired   = set("ExpiredToken", "ExpiredTokenException")
	wrongTime = set("RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed")
	unknown   = set("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure", "OptInRequired")
	refused   = set("SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature")
	denied    = set("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized")
	throttled = set("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
		"RequestLimitExceeded", "TooManyRequestsException", "LimitExceededException")
)

func set(codes ...string) map[string]bool {
	s := map[string]bool{}
	for _, code := range codes {
		s[code] = true
	}
	return s
}

func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// explain makes one sentence, with the fix, of an error of the SDK.
func (a *account) explain(err error, r request) error {
	var api smithy.APIError
	switch code := codeOf(err); {
	case errors.Is(err, context.Canceled):
		return err
	case wrongTime[code]:
		return fmt.Errorf("%s refuses requests with the time of this machine's clock (%s): set the clock", a.name(), code)
	case expired[code]:
		return a.expiredError()
	case unknown[code]:
		return fmt.Errorf("%s does not know these credentials in the region %s: check them with aws sts get-caller-identity%s, "+
			"and that the region is enabled for the account", a.name(), a.region, a.forProfile())
	case refused[code]:
		return fmt.Errorf("%s does not accept the signature: the secret access key is wrong, or this machine's clock is", a.name())
	case denied[code]:
		return fmt.Errorf("these credentials may not do %s; docs/aws.md lists what is needed", r)
	case throttled[code]:
		return fmt.Errorf("%s refused %s %d times because there were too many requests (%s): %s",
			a.name(), r, attempts, code, r.throttlingFix())
	}
	if page := a.pageInstead(err, r); page != nil {
		return page
	}
	if errors.As(err, &api) {
		return a.explainCode(api, r)
	}
	return a.noAnswer(err, r)
}

// explainCode explains an error that depends on what was asked.
func (a *account) explainCode(api smithy.APIError, r request) error {
	missing := api.ErrorCode() == "ResourceNotFoundException"
	switch {
	case r.stack != "" && api.ErrorCode() == "ValidationError" && strings.Contains(api.ErrorMessage(), "does not exist"):
		return a.noStack(r.stack)
	case missing && r.group != "":
		return fmt.Errorf("there is no log group %s in %s although the stack names it: deploy the stack again with npx cdk deploy", r.group, a.region)
	case missing && r.function != "":
		return fmt.Errorf("there is no function %s in %s although the stack names it: deploy the stack again with npx cdk deploy", r.function, a.region)
	}
	return fmt.Errorf("%s refused %s: %s (%s)", a.name(), r, strings.TrimSuffix(api.ErrorMessage(), "."), api.ErrorCode())
}

func (a *account) noStack(stack string) error {
	return fmt.Errorf("there is no stack %s in %s: is it in another region (-region) or account (-profile)? npx cdk deploy makes it", stack, a.region)
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

func (r request) throttlingFix() string {
	if r.action == "lambda:InvokeFunction" {
		return "look at the function's reserved concurrency and the account's limit, or try again later"
	}
	return "try again when others use the account less"
}

// cause is the innermost error, without the SDK's words around it.
func cause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
