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

// Every failure is one sentence that says what to do: testdata/errors.txt has
// them.
func TestErrors(t *testing.T) {
	sentences := map[string]string{}
	text, err := os.ReadFile("testdata/errors.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		name, sentence, _ := strings.Cut(strings.TrimSpace(line), ": ")
		sentences[name] = sentence
	}
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
	page := awstest.Failure{Status: 502, Message: "<html><h1>502 Bad Gateway</h1></html>"}
	stacks, lambda, logs := "cloudformation:DescribeStacks", "lambda:InvokeFunction", "logs:FilterLogEvents"
	refused := func(status int, code string) awstest.Failure {
		return awstest.Failure{Status: status, Code: code, Message: "No."}
	}
	type outputs = map[string]string
	const attempts = 8
	for name, test := range map[string]struct {
		prepare func(*testing.T, *awstest.Account)
		cfg     awsrun.Config
		account awstest.Config
	}{
		"missing stack":       {cfg: awsrun.Config{Stack: "Other"}},
		"wrong region":        {cfg: awsrun.Config{Region: "us-east-1"}},
		"no region":           {prepare: unset("AWS_REGION")},
		"no such region":      {cfg: awsrun.Config{Region: "Ireland"}},
		"no credentials":      {prepare: unset("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")},
		"no such profile":     {cfg: awsrun.Config{Profile: "nobody"}},
		"sign-in expired":     {cfg: awsrun.Config{Profile: "work"}, prepare: signIn},
		"expired token":       {prepare: func(t *testing.T, a *awstest.Account) { a.ExpireCredentials(t) }},
		"token expires later": {prepare: fail(logs, 1, refused(400, "ExpiredTokenException"))},
		"unknown credentials": {prepare: func(t *testing.T, _ *awstest.Account) { t.Setenv("AWS_ACCESS_KEY_ID", "AKIDOTHER") }},
		"wrong secret":        {prepare: fail(stacks, 1, refused(403, "SignatureDoesNotMatch"))},
		"wrong clock":         {prepare: fail(stacks, attempts, refused(400, "RequestExpired"))},

		"page of a proxy":            {prepare: fail(stacks, attempts, page)},
		"page of a proxy for Lambda": {prepare: fail(lambda, attempts, page)},
		"page of a proxy for logs":   {prepare: fail(logs, attempts, page)},
		"page to sign in on":         {prepare: fail(stacks, attempts, awstest.Failure{Status: 200, Message: "<html>Welcome"})},

		"denied":                 {prepare: fail(lambda, 1, refused(403, "AccessDeniedException"))},
		"log denied":             {prepare: fail(logs, 1, refused(400, "AccessDeniedException"))},
		"throttled for long":     {prepare: fail(lambda, attempts, refused(429, "TooManyRequestsException"))},
		"log throttled for long": {prepare: fail(logs, attempts, refused(400, "ThrottlingException"))},
		"function is gone":       {prepare: fail(lambda, 1, refused(404, "ResourceNotFoundException"))},
		"log group is gone":      {prepare: fail(logs, 1, refused(400, "ResourceNotFoundException"))},
		"something else":         {prepare: fail(stacks, 1, refused(400, "ValidationError"))},

		"another stack":   {account: awstest.Config{Outputs: outputs{"Bucket": "b"}}},
		"strange outputs": {account: awstest.Config{Outputs: outputs{"InvokeArm64": "curl", "LogsArm64": ""}}},
		"not ready":       {account: awstest.Config{Status: "CREATE_IN_PROGRESS"}},
		"not deployed":    {account: awstest.Config{Status: "ROLLBACK_COMPLETE"}},
	} {
		t.Run(name, func(t *testing.T) {
			want, known := sentences[name]
			if !known {
				t.Fatal("testdata/errors.txt has no sentence for it")
			}
			account := awstest.Start(t, test.account)
			if test.prepare != nil {
				test.prepare(t, account)
			}
			test.cfg.Invocations, test.cfg.Event = 1, []byte(event)
			r := execute(t.Context(), test.cfg)
			want = strings.ReplaceAll(want, "ENDPOINT", os.Getenv("AWS_ENDPOINT_URL"))
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

// What is not AWS cannot make these errors.
func TestNoAnswer(t *testing.T) {
	const host = "cloudformation.eu-wst-1.amazonaws.com"
	missing := &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	for want, err := range map[string]error{
		"there is no host " + host + ": is eu-wst-1 spelt as AWS does, and is this machine online?":                      missing,
		"cloudformation:DescribeStacks got no answer from AWS in eu-wst-1: is this machine online? (connection refused)": errors.New("connection refused"),
	} {
		if got := awsrun.Explain("eu-wst-1", fmt.Errorf("operation error: %w", err)).Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestNobodyAtTheEndpoint(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	awstest.Start(t, awstest.Config{})
	endpoint := "http://" + l.Addr().String()
	t.Setenv("AWS_ENDPOINT_URL", endpoint)
	r := execute(t.Context(), awsrun.Config{})
	want := "cloudformation:DescribeStacks got no answer from " + endpoint +
		", which AWS_ENDPOINT_URL or the profile names: does it run there? Without that it would be AWS (connection refused)"
	if r.err == nil || r.err.Error() != want {
		t.Errorf("got  %v\nwant %s", r.err, want)
	}
}

// Throttling that passes only takes time.
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
