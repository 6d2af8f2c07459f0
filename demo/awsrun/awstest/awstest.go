// Package awstest is an AWS account in this process, for tests: an HTTP server
// that implements the protocols of CloudFormation, Lambda, CloudWatch Logs and
// CloudWatch as far as the demo uses them, whose functions are real processes in
// local environments.
//
// It follows AWS's documentation, and was never compared with AWS.
package awstest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// What the account has, and the credentials for it.
const (
	Stack  = "Demo"
	Region = "eu-west-1"

	accessKey = "AKIDEXAMPLE"
	expired   = "expired" // a session token
)

// Config is how the account behaves. The zero value is an account that does
// everything at once.
type Config struct {
	// Functions are the names of the functions. Empty means Arm64.
	Functions []string

	// Function is the package to build. Empty means the example.
	Function string

	// NoLayer leaves out the extension.
	NoLayer bool

	// ShutdownAfter is the number of a function's invocations after which its
	// environment is shut down. Zero means never.
	ShutdownAfter int

	// HookTime is how much longer hooks take on Lambda's clock than they do. So
	// a test of long hooks takes no time, and does not depend on it.
	HookTime time.Duration

	// Late is how many looks at a log later than others an event can become
	// visible.
	Late int

	// NoIDs leaves out the ids of events, as some emulators do.
	NoIDs bool

	// Busy has another environment log something before each look.
	Busy bool

	// PageSize is how many events a page of a log has at most; then every other
	// page is empty. Zero means that one page has them all.
	PageSize int

	// Skew is how far Lambda's clock is ahead.
	Skew time.Duration

	// Rewrite, if set, replaces each message of a log; an empty one is lost.
	Rewrite func(string) string

	// KeepBack sends responses after the hooks, as AWS would not.
	KeepBack bool

	// Metric, if set, replaces the values of the metric, one for each invocation.
	Metric func([]float64) []float64

	// Outputs replace those of the stack, and Status its status.
	Outputs map[string]string
	Status  string
}

// An Account is a running account.
type Account struct {
	t          *testing.T
	cfg        Config
	functions  []*function
	background sync.WaitGroup
	onRequest  func(Request)

	mu       sync.Mutex
	failures map[string][]Failure // to come, by action
	requests []Request
}

// A Request is one that the account got.
type Request struct {
	Action  string // as in a policy
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
	a := &Account{t: t, cfg: cfg, failures: map[string][]Failure{}}
	if len(cfg.Functions) == 0 {
		cfg.Functions = []string{"Arm64"}
	}
	for _, name := range cfg.Functions {
		a.functions = append(a.functions, a.newFunction(name))
	}
	server := httptest.NewServer(a)
	t.Cleanup(func() {
		server.Close()
		a.background.Wait()
	})
	Environment(t)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("AWS_REGION", Region)
	t.Setenv("AWS_ACCESS_KEY_ID", accessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	return a
}

// Environment hides the developer's own AWS settings from a test, and all that
// would get requests for credentials. The test fails if this process requests a real
// host.
func Environment(t *testing.T) {
	t.Helper()
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	dir := t.TempDir()
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, proxy().URL)
	}
	t.Setenv("NO_PROXY", "")
	t.Setenv("no_proxy", "")
	t.Cleanup(func() {
		for len(proxied) > 0 {
			t.Errorf("a real host was requested: %s", <-proxied)
		}
	})
}

// The proxy refuses all that is not on loopback. There is one for the whole
// process, because net/http reads the variables only once.
var (
	proxied = make(chan string, 100) // hosts
	proxy   = sync.OnceValue(func() *httptest.Server {
		return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			proxied <- r.Host
			http.Error(w, "a test asks for no real host", http.StatusForbidden)
		}))
	})
)

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

// Lines returns the lines of the first function's log as they were printed.
func (a *Account) Lines() []string { return a.functions[0].env.Lines() }

// Requests returns the requests so far: for an action, or all.
func (a *Account) Requests(action string) []Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(a.requests), func(r Request) bool {
		return action != "" && r.Action != action
	})
}

// ServeHTTP answers as AWS does.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away
	}
	s, ok := serviceOf(r)
	if !ok {
		a.t.Errorf("unexpected request: %s %s", r.Method, r.URL)
		http.NotFound(w, r)
		return
	}
	request := Request{s.action, r.Header.Clone(), bytes.Contains(body, []byte(`"logStreamNames"`))}
	a.mu.Lock()
	a.requests = append(a.requests, request)
	var failures []Failure
	if queue := a.failures[s.action]; len(queue) > 0 {
		failures, a.failures[s.action] = queue[:1], queue[1:]
	}
	a.mu.Unlock()
	if a.onRequest != nil {
		a.onRequest(request)
	}
	w.Header().Set("Date", time.Now().Add(a.cfg.Skew).UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", s.contentType)
	key, region := signer(r)
	var failure *Failure
	switch {
	case len(failures) > 0:
		failure = &failures[0]
	case key != accessKey:
		failure = &Failure{http.StatusForbidden, "UnrecognizedClientException", "The security token is invalid."}
	case r.Header.Get("X-Amz-Security-Token") == expired:
		failure = &Failure{http.StatusForbidden, "ExpiredTokenException", "The security token is expired."}
	default:
		failure = s.answer(a, w, r, body, region)
	}
	switch {
	case failure == nil:
	case failure.Code == "":
		http.Error(w, failure.Message, failure.Status)
	default:
		s.fail(w, failure)
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
