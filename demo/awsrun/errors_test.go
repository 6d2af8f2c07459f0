package awsrun_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"example.com/postinvoke/demo/awsrun"
	"example.com/postinvoke/demo/awsrun/awstest"
)

// Every failure is one sentence that says what to do.
func TestErrors(t *testing.T) {
	fail := func(action string, n int, f awstest.Failure) func(*testing.T, *awstest.Account) {
		return func(_ *testing.T, a *awstest.Account) { a.Fail(action, slices.Repeat([]awstest.Failure{f}, n)...) }
	}
	unset := func(names ...string) func(*testing.T, *awstest.Account) {
		return func(t *testing.T, _ *awstest.Account) {
			for _, name := range names {
				t.Setenv(name, "")
			}
		}
	}
	const attempts = 8
	page := awstest.Failure{Status: 502, Message: "<html><h1>502 Bad Gateway</h1></html>"}
	tests := []struct {
		name    string
		prepare func(*testing.T, *awstest.Account)
		cfg     awsrun.Config
		account awstest.Config
		want    string
	}{
		{name: "missing stack", cfg: awsrun.Config{Stack: "Other"},
			want: "there is no stack Other in eu-west-1: is it in another region (-region) or account (-profile)? npx cdk deploy makes it"},
		{name: "wrong region", cfg: awsrun.Config{Region: "us-east-1"},
			want: "there is no stack Demo in us-east-1: is it in another region (-region) or account (-profile)? npx cdk deploy makes it"},
		{name: "no region", prepare: unset("AWS_REGION"),
			want: "no AWS region is set: give one with -region, export AWS_REGION, or run: aws configure"},
		{name: "no such region", cfg: awsrun.Config{Region: "Ireland"},
			want: `"Ireland" is no name for an AWS region: give one such as eu-west-1 with -region, or export AWS_REGION`},
		{name: "no credentials", prepare: unset("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
			want: "no AWS credentials were found: give a profile with -profile, export AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run: aws configure"},
		{name: "no such profile", cfg: awsrun.Config{Profile: "nobody"},
			want: "there is no AWS profile nobody: give another with -profile, or make it with: aws configure --profile nobody"},
		{name: "sign-in expired", cfg: awsrun.Config{Profile: "work"}, prepare: signIn,
			want: "the sign-in to AWS has expired, or was never made; run: aws sso login --profile work"},
		{name: "expired token", prepare: func(t *testing.T, a *awstest.Account) { a.ExpireCredentials(t) },
			want: "the AWS credentials have expired: get new ones, for example with: aws sso login"},
		{name: "token expires later", prepare: fail("logs:FilterLogEvents", 1, awstest.Failure{Status: 400, Code: "ExpiredTokenException", Message: "expired"}),
			want: "the AWS credentials have expired: get new ones, for example with: aws sso login"},
		{name: "unknown credentials", prepare: func(t *testing.T, _ *awstest.Account) { t.Setenv("AWS_ACCESS_KEY_ID", "AKIDOTHER") },
			want: "ENDPOINT does not know these credentials in the region eu-west-1: check them with aws sts get-caller-identity, and that the region is enabled for the account"},
		{name: "wrong secret", prepare: fail("cloudformation:DescribeStacks", 1, awstest.Failure{Status: 403, Code: "SignatureDoesNotMatch", Message: "no"}),
			want: "ENDPOINT does not accept the signature: the secret access key is wrong, or this machine's clock is"},
		{name: "wrong clock", prepare: fail("cloudformation:DescribeStacks", attempts, awstest.Failure{Status: 400, Code: "RequestExpired", Message: "Request has expired"}),
			want: "ENDPOINT refuses requests with the time of this machine's clock (RequestExpired): set the clock"},
		{name: "page of a proxy", prepare: fail("cloudformation:DescribeStacks", attempts, page),
			want: "cloudformation:DescribeStacks for the stack Demo got 502 Bad Gateway from ENDPOINT, and not an answer of AWS: is a proxy or a gateway in between?"},
		{name: "page of a proxy for Lambda", prepare: fail("lambda:InvokeFunction", attempts, page),
			want: "lambda:InvokeFunction for the function Demo-Arm64Function0A1B2C3D got 502 Bad Gateway from ENDPOINT, and not an answer of AWS: is a proxy or a gateway in between?"},
		{name: "page of a proxy for logs", prepare: fail("logs:FilterLogEvents", attempts, page),
			want: "logs:FilterLogEvents for the log group Demo-Arm64Logs4E5F6A7B got 502 Bad Gateway from ENDPOINT, and not an answer of AWS: is a proxy or a gateway in between?"},
		{name: "page to sign in on", prepare: fail("cloudformation:DescribeStacks", attempts, awstest.Failure{Status: 200, Message: "<html>Welcome"}),
			want: "cloudformation:DescribeStacks for the stack Demo got 200 OK from ENDPOINT, and not an answer of AWS: is a proxy or a gateway in between?"},
		{name: "denied", prepare: fail("lambda:InvokeFunction", 1, awstest.Failure{Status: 403, Code: "AccessDeniedException", Message: "no"}),
			want: "these credentials may not do lambda:InvokeFunction for the function Demo-Arm64Function0A1B2C3D; docs/aws.md lists what is needed"},
		{name: "log denied", prepare: fail("logs:FilterLogEvents", 1, awstest.Failure{Status: 400, Code: "AccessDeniedException", Message: "no"}),
			want: "these credentials may not do logs:FilterLogEvents for the log group Demo-Arm64Logs4E5F6A7B; docs/aws.md lists what is needed"},
		{name: "throttled for long", prepare: fail("lambda:InvokeFunction", attempts, awstest.Failure{Status: 429, Code: "TooManyRequestsException", Message: "Rate Exceeded."}),
			want: "ENDPOINT refused lambda:InvokeFunction for the function Demo-Arm64Function0A1B2C3D 8 times because there were too many requests (TooManyRequestsException): look at the function's reserved concurrency and the account's limit, or try again later"},
		{name: "log throttled for long", prepare: fail("logs:FilterLogEvents", attempts, awstest.Failure{Status: 400, Code: "ThrottlingException", Message: "Rate exceeded"}),
			want: "ENDPOINT refused logs:FilterLogEvents for the log group Demo-Arm64Logs4E5F6A7B 8 times because there were too many requests (ThrottlingException): try again when others use the account less"},
		{name: "function is gone", prepare: fail("lambda:InvokeFunction", 1, awstest.Failure{Status: 404, Code: "ResourceNotFoundException", Message: "Function not found"}),
			want: "there is no function Demo-Arm64Function0A1B2C3D in eu-west-1 although the stack names it: deploy the stack again with npx cdk deploy"},
		{name: "log group is gone", prepare: fail("logs:FilterLogEvents", 1, awstest.Failure{Status: 400, Code: "ResourceNotFoundException", Message: "The specified log group does not exist."}),
			want: "there is no log group Demo-Arm64Logs4E5F6A7B in eu-west-1 although the stack names it: deploy the stack again with npx cdk deploy"},
		{name: "something else", prepare: fail("cloudformation:DescribeStacks", 1, awstest.Failure{Status: 400, Code: "ValidationError", Message: "1 validation error detected."}),
			want: "ENDPOINT refused cloudformation:DescribeStacks for the stack Demo: 1 validation error detected (ValidationError)"},
		{name: "another stack", account: awstest.Config{Outputs: map[string]string{"Bucket": "b"}},
			want: "the stack Demo in eu-west-1 has no outputs Invoke… and Logs…; is it the one that npx cdk deploy made from this checkout?"},
		{name: "strange outputs", account: awstest.Config{Outputs: map[string]string{"InvokeArm64": "curl", "LogsArm64": ""}},
			want: "the stack Demo in eu-west-1 has outputs InvokeArm64 and LogsArm64 that do not name a function and a log group; is it the one that npx cdk deploy made from this checkout?"},
		{name: "not ready", account: awstest.Config{Status: "CREATE_IN_PROGRESS"},
			want: "the stack Demo in eu-west-1 is not ready (CREATE_IN_PROGRESS); try again when npx cdk deploy is done"},
		{name: "not deployed", account: awstest.Config{Status: "ROLLBACK_COMPLETE"},
			want: "the stack Demo in eu-west-1 was not deployed, or is being removed (ROLLBACK_COMPLETE); run: npx cdk deploy -c stack=Demo"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			account := awstest.Start(t, test.account)
			if test.prepare != nil {
				test.prepare(t, account)
			}
			test.cfg.Invocations, test.cfg.Event = 1, []byte(`{"sleepMs":1}`)
			r := execute(t.Context(), test.cfg)
			want := strings.ReplaceAll(test.want, "ENDPOINT", os.Getenv("AWS_ENDPOINT_URL"))
			if r.err == nil || r.err.Error() != want {
				t.Errorf("got  %v\nwant %s", r.err, want)
			}
		})
	}
}

// signIn makes the profile work, of somebody who has not signed in.
func signIn(t *testing.T, _ *awstest.Account) {
	const profile = `[profile work]
sso_session = work
sso_account_id = 123456789012
sso_role_name = Developer
region = eu-west-1
[sso-session work]
sso_region = eu-west-1
sso_start_url = https://example.awsapps.com/start
sso_registration_scopes = sso:account:access
`
	if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte(profile), 0o666); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("HOME", t.TempDir()) // where sign-ins are kept
}

func TestNoSuchHost(t *testing.T) {
	err := fmt.Errorf("operation error: %w", &net.DNSError{Err: "no such host", Name: "cloudformation.eu-wst-1.amazonaws.com", IsNotFound: true})
	const want = "there is no host cloudformation.eu-wst-1.amazonaws.com: is eu-wst-1 spelt as AWS does, and is this machine online?"
	if got := awsrun.Explain("eu-wst-1", err).Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestNoAnswer(t *testing.T) {
	err := fmt.Errorf("operation error: %w", errors.New("connection refused"))
	const want = "cloudformation:DescribeStacks got no answer from AWS in eu-west-1: is this machine online? (connection refused)"
	if got := awsrun.Explain("eu-west-1", err).Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Throttling that passes is not noticed but for the time it takes.
func TestThrottled(t *testing.T) {
	account := awstest.Start(t, awstest.Config{ShutdownAfter: 1})
	account.Fail("cloudformation:DescribeStacks", awstest.Failure{Status: 400, Code: "Throttling", Message: "Rate exceeded"})
	account.Fail("lambda:InvokeFunction", slices.Repeat([]awstest.Failure{{Status: 429, Code: "TooManyRequestsException", Message: "Rate Exceeded."}}, 2)...)
	account.Fail("logs:FilterLogEvents", slices.Repeat([]awstest.Failure{{Status: 400, Code: "ThrottlingException", Message: "Rate exceeded"}}, 3)...)
	r := execute(t.Context(), awsrun.Config{Invocations: 1})
	r.succeeded(t)
	if got := len(account.Requests("lambda:InvokeFunction")); got != 3 {
		t.Errorf("got %d requests to invoke, want 3", got)
	}
	if len(r.recordings[0].Invocations) != 1 || strings.Contains(results(r.checks), "failed") {
		t.Errorf("got %d invocations, want 1, and the checks\n%s", len(r.recordings[0].Invocations), dump(r.checks))
	}
}
