package awsrun_test

import (
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

// stackName is the name of the account's stack.
const stackName = "Demo"

// An accountConfig is how the account behaves. The zero value is an account that does
// everything at once.
type accountConfig struct {
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

	// Skew is how far Lambda's clock is ahead.
	Skew time.Duration

	// Rewrite, if set, replaces each message of a log; an empty one is lost.
	Rewrite func(string) string

	// KeepBack sends responses after the hooks, as AWS would not.
	KeepBack bool

	// Metric, if set, replaces the values of the metric, one for each invocation.
	Metric func([]float64) []float64

	// Outputs replace those of the stack.
	Outputs map[string]string
}

// An account is an AWS account in this process: an HTTP server that implements
// the protocols of CloudFormation, Lambda, CloudWatch Logs and CloudWatch as far as
// the demo uses them, whose functions are real processes in local environments.
//
// It follows AWS's documentation, and was never compared with AWS.
type account struct {
	cfg        accountConfig
	began      time.Time
	functions  []*function
	background sync.WaitGroup

	mu       sync.Mutex
	failures map[string][]awsError // to come, by action
	requests []awsRequest
}

// An awsRequest is one that the account got.
type awsRequest struct {
	Action  string // as in a policy
	Headers http.Header
}

// An awsError is an error of AWS. Without a Code it is a page of a proxy, and
// Message its text.
type awsError struct {
	Status        int
	Code, Message string
}

// startAccount starts an account and has the environment name it and credentials,
// instead of the developer's own. No other host can be reached.
func startAccount(t *testing.T, cfg accountConfig) *account {
	t.Helper()
	a := &account{cfg: cfg, began: time.Now(), failures: map[string][]awsError{}}
	if len(cfg.Functions) == 0 {
		cfg.Functions = []string{"Arm64"}
	}
	for _, name := range cfg.Functions {
		a.functions = append(a.functions, a.newFunction(t, name))
	}
	server := httptest.NewServer(a)
	t.Cleanup(func() {
		server.Close()
		a.background.Wait()
	})
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	dir := t.TempDir()
	const noProxy = "http://127.0.0.1:1" // where nothing listens; it is not for requests to this machine
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": filepath.Join(dir, "config"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "credentials"),
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "eu-west-1",
		"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
		"HTTP_PROXY": noProxy, "HTTPS_PROXY": noProxy, "http_proxy": noProxy, "https_proxy": noProxy,
	} {
		t.Setenv(name, value)
	}
	return a
}

// Fail has the next requests for an action fail, one for each failure.
func (a *account) Fail(action string, failures ...awsError) {
	a.failures[action] = append(a.failures[action], failures...)
}

// Lines returns the lines of the first function's log as they were printed.
func (a *account) Lines() []string { return a.functions[0].env.Lines() }

// Requests returns the requests so far.
func (a *account) Requests() []awsRequest {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.requests)
}
