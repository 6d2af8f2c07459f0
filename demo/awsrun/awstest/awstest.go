// Package awstest is an AWS account in this process, for tests: an HTTP server
// that speaks the protocols of CloudFormation, Lambda, CloudWatch Logs and
// CloudWatch as far as the demo uses them, whose functions are real processes in
// local environments.
//
// What it does not know from AWS it knows from AWS's documentation.
package awstest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv"
)

// What the account has, and who may use it.
const (
	Stack  = "Demo"
	Region = "eu-west-1"

	accessKey = "AKIDEXAMPLE"
	expired   = "expired" // a session token
)

// Config says how the account behaves. The zero value is an account that does
// everything at once.
type Config struct {
	// Functions are called so. Empty means Arm64.
	Functions []string

	// Function is the package to build. Empty means the example.
	Function string

	// NoLayer leaves out the extension.
	NoLayer bool

	// Lambda are further settings of the functions.
	Lambda lambdaenv.Config

	// ShutdownAfter is the number of a function's invocations after which its
	// environment is shut down. Zero means never.
	ShutdownAfter int

	// Late is how many looks at a log later than others an event can become
	// visible.
	Late int

	// NoIDs leaves the ids of events out, as some emulators do.
	NoIDs bool

	// Busy has somebody else's environment log something before each look.
	Busy bool

	// PageSize is how many events a page of a log has at most, and has every
	// other page be empty. Zero means that one page has them all.
	PageSize int

	// Skew is how far Lambda's clock is ahead.
	Skew time.Duration

	// Rewrite, if set, replaces each message of a log; an empty one is lost.
	Rewrite func(string) string

	// KeepBack has callers wait for the hooks, as they would not on AWS.
	KeepBack bool

	// MetricScale is what the metric is multiplied by. Zero means 1; below
	// zero there are no metrics.
	MetricScale float64

	// MetricMore is how many invocations of somebody else the metric has, each
	// of five seconds.
	MetricMore int

	// Outputs replace those of the stack, and Status its status.
	Outputs map[string]string
	Status  string
}

// An Account is a running account.
type Account struct {
	t      testing.TB
	cfg    Config
	server *httptest.Server

	background sync.WaitGroup

	mu        sync.Mutex
	functions map[string]*function // by name
	failures  map[string][]Failure // to come, by action
	requests  []Request
	onRequest func(Request)
}

// A Request is one that the account got.
type Request struct {
	Action  string // as in a policy
	Region  string
	Headers http.Header
	Limited bool // to streams of the log
}

// A Failure is an error of AWS. Without a Code it is a page of a proxy, and
// Message its text.
type Failure struct {
	Status        int
	Code, Message string
}

// Start starts an account and has the environment name it and its credentials.
func Start(t *testing.T, cfg Config) *Account {
	t.Helper()
	if len(cfg.Functions) == 0 {
		cfg.Functions = []string{"Arm64"}
	}
	a := &Account{t: t, cfg: cfg, functions: map[string]*function{}, failures: map[string][]Failure{}}
	for _, name := range cfg.Functions {
		f := a.newFunction(name)
		a.functions[f.name] = f
	}
	a.server = httptest.NewServer(a)
	t.Cleanup(func() {
		a.server.Close()
		a.background.Wait()
	})
	Environment(t)
	t.Setenv("AWS_ENDPOINT_URL", a.server.URL)
	t.Setenv("AWS_REGION", Region)
	t.Setenv("AWS_ACCESS_KEY_ID", accessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	return a
}

// Environment hides the developer's own AWS settings from a test, and whatever
// would be asked for credentials.
func Environment(t *testing.T) {
	t.Helper()
	for _, name := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID",
		"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL"} {
		t.Setenv(name, "")
	}
	guard(t)
	dir := t.TempDir()
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

// ExpireCredentials has the environment hold credentials that have expired.
func (a *Account) ExpireCredentials(t *testing.T) { t.Setenv("AWS_SESSION_TOKEN", expired) }

// Fail has the next requests for an action fail, one for each failure.
func (a *Account) Fail(action string, failures ...Failure) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failures[action] = append(a.failures[action], failures...)
}

// OnRequest has f be called with each request before it is answered.
func (a *Account) OnRequest(f func(Request)) { a.onRequest = f }

// Lines returns the lines of a function's log as they were printed.
func (a *Account) Lines(output string) []string {
	for _, f := range a.functions {
		if f.output == output {
			return f.env.Lines()
		}
	}
	return nil
}

// Requests returns the requests for an action so far.
func (a *Account) Requests(action string) []Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	var found []Request
	for _, r := range a.requests {
		if r.Action == action {
			found = append(found, r)
		}
	}
	return found
}

// Actions returns the actions of which there were requests.
func (a *Account) Actions() map[string]bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	actions := map[string]bool{}
	for _, r := range a.requests {
		actions[r.Action] = true
	}
	return actions
}

// ServeHTTP answers as AWS does.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s, action := operation(r)
	if s == nil {
		a.t.Errorf("unexpected request: %s %s", r.Method, r.URL)
		http.NotFound(w, r)
		return
	}
	key, region := signer(r)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	request := Request{action, region, r.Header.Clone(), bytes.Contains(body, []byte(`"logStreamNames"`))}
	a.mu.Lock()
	a.requests = append(a.requests, request)
	var failure *Failure
	if queue := a.failures[action]; len(queue) > 0 {
		failure, a.failures[action] = &queue[0], queue[1:]
	}
	a.mu.Unlock()
	if a.onRequest != nil {
		a.onRequest(request)
	}
	w.Header().Set("Date", time.Now().Add(a.cfg.Skew).UTC().Format(http.TimeFormat))
	switch {
	case failure != nil:
		if failure.Code == "" {
			http.Error(w, failure.Message, failure.Status)
			break
		}
		s.fail(w, *failure)
	case key != accessKey:
		s.fail(w, Failure{http.StatusForbidden, "UnrecognizedClientException", "The security token included in the request is invalid."})
	case r.Header.Get("X-Amz-Security-Token") == expired:
		s.fail(w, Failure{http.StatusForbidden, "ExpiredTokenException", "The security token included in the request is expired"})
	default:
		s.answer(a, w, r, region)
	}
}

// signer returns the access key and the region in a request's signature.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
func signer(r *http.Request) (key, region string) {
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	scope := strings.Split(credential, "/")
	if len(scope) < 3 {
		return "", ""
	}
	return scope[0], scope[2]
}
