package awsrun_test

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"example.com/postinvoke/demo/awsrun"
)

// isSentence checks that an error is the sentence of that name in
// testdata/errors.txt.
func isSentence(t *testing.T, name string, got error) {
	t.Helper()
	text, err := os.ReadFile("testdata/errors.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, want, _ := strings.Cut("\n"+string(text), "\n"+name+": ")
	want, _, _ = strings.Cut(want, "\n")
	want = strings.ReplaceAll(want, "{endpoint}", os.Getenv("AWS_ENDPOINT_URL"))
	if got == nil || got.Error() != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
}

// Every failure is one sentence with what to do.
func TestErrors(t *testing.T) {
	fail := func(action string, n int, f awsError) func(*testing.T, *account) {
		return func(_ *testing.T, a *account) { a.Fail(action, slices.Repeat([]awsError{f}, n)...) }
	}
	unset := func(names ...string) func(*testing.T, *account) {
		return func(t *testing.T, _ *account) {
			for _, name := range names {
				t.Setenv(name, "")
			}
		}
	}
	page := awsError{Status: 502, Message: "<html><h1>502 Bad Gateway</h1></html>"}
	signInPage := awsError{Status: 200, Message: "<html>Welcome"}
	stacks, lambda, logs := "cloudformation:DescribeStacks", "lambda:InvokeFunction", "logs:FilterLogEvents"
	refused := func(status int, code string) awsError {
		return awsError{Status: status, Code: code, Message: "No."}
	}
	type outputs = map[string]string
	const attempts = 8
	for name, test := range map[string]struct {
		prepare func(*testing.T, *account)
		cfg     awsrun.Config
		account accountConfig
	}{
		"missing stack":       {cfg: awsrun.Config{Stack: "Other"}},
		"no region":           {prepare: unset("AWS_REGION")},
		"no credentials":      {prepare: unset("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")},
		"no such profile":     {cfg: awsrun.Config{Profile: "nobody"}},
		"sign-in expired":     {cfg: awsrun.Config{Profile: "work"}, prepare: signIn},
		"token expires later": {prepare: fail(logs, 1, refused(400, "ExpiredTokenException"))},
		"wrong clock":         {prepare: fail(stacks, attempts, refused(400, "RequestExpired"))},

		"page of a proxy":            {prepare: fail(stacks, attempts, page)},
		"page of a proxy for Lambda": {prepare: fail(lambda, attempts, page)},
		"page of a proxy for logs":   {prepare: fail(logs, attempts, page)},
		"page to sign in on":         {prepare: fail(stacks, attempts, signInPage)},

		"denied":             {prepare: fail(lambda, 1, refused(403, "AccessDeniedException"))},
		"throttled for long": {prepare: fail(lambda, attempts, refused(429, "TooManyRequestsException"))},
		"something else":     {prepare: fail(logs, 1, refused(400, "ResourceNotFoundException"))},
		"another stack":      {account: accountConfig{Outputs: outputs{"InvokeArm64": "curl", "LogsArm64": ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			account := startAccount(t, test.account)
			if test.prepare != nil {
				test.prepare(t, account)
			}
			test.cfg.Invocations, test.cfg.Event = 1, []byte(event)
			isSentence(t, name, execute(t.Context(), test.cfg).err)
		})
	}
}

// signIn makes a profile named work, for which there is no sign-in.
func signIn(t *testing.T, _ *account) {
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

func TestNoAnswer(t *testing.T) {
	const host = "cloudformation.eu-wst-1.amazonaws.com"
	err := &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	isSentence(t, "no such host", awsrun.Explain("eu-wst-1", fmt.Errorf("operation error: %w", err)))
}

func TestNothingListensAtTheEndpoint(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	startAccount(t, accountConfig{})
	t.Setenv("AWS_ENDPOINT_URL", "http://"+l.Addr().String())
	isSentence(t, "no answer at an endpoint", execute(t.Context(), awsrun.Config{}).err)
}

// Throttling that passes only takes time.
func TestThrottled(t *testing.T) {
	account := startAccount(t, accountConfig{ShutdownAfter: 1})
	throttled := func(action, code string, times int) {
		failure := awsError{Status: 400, Code: code, Message: "Rate exceeded"}
		account.Fail(action, slices.Repeat([]awsError{failure}, times)...)
	}
	throttled("cloudformation:DescribeStacks", "Throttling", 1)
	throttled("lambda:InvokeFunction", "TooManyRequestsException", 2)
	throttled("logs:FilterLogEvents", "ThrottlingException", 3)
	r := execute(t.Context(), awsrun.Config{Invocations: 1})
	r.succeeded(t)
	if len(r.recordings[0].Invocations) != 1 || strings.Contains(results(r.checks), "failed") {
		t.Errorf("got %d invocations, want 1, and the checks\n%s", len(r.recordings[0].Invocations), dump(r.checks))
	}
}
