package lambdaenv

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxExtensions is the limit for external and internal extensions together.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxExtensions = 10

// checked returns c with the defaults filled in, or what is wrong with it.
func (c Config) checked() (Config, error) {
	if c.Function == "" {
		return c, errors.New("lambdaenv: Config.Function is empty; set it to the path of the function's executable")
	}
	if len(c.Extensions) > maxExtensions {
		return c, fmt.Errorf("lambdaenv: %d extensions, but Lambda allows %d", len(c.Extensions), maxExtensions)
	}
	paths := append([]string{c.Function}, c.Extensions...)
	names := map[string]bool{}
	for i, path := range paths {
		path, err := filepath.Abs(path)
		if err != nil {
			return c, fmt.Errorf("lambdaenv: %w", err)
		}
		paths[i] = path
		name := filepath.Base(path)
		if names[name] && i > 0 {
			return c, fmt.Errorf("lambdaenv: two extensions are called %q; file names of extensions must differ", name)
		}
		names[name] = i > 0
	}
	c.Function, c.Extensions = paths[0], paths[1:]
	for _, kv := range c.Env {
		if !strings.Contains(kv, "=") {
			return c, fmt.Errorf("lambdaenv: Config.Env has %q, which is not KEY=value", kv)
		}
	}
	c.Name = cmp.Or(c.Name, "function")
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.InitTimeout = cmp.Or(c.InitTimeout, 10*time.Second)
	c.MemoryMB = cmp.Or(c.MemoryMB, 512)
	c.Retries = cmp.Or(c.Retries, 2)
	c.ApplicationLogLevel = cmp.Or(c.ApplicationLogLevel, "INFO")
	c.SystemLogLevel = cmp.Or(c.SystemLogLevel, "INFO")
	if c.managed() {
		c.LogFormat = cmp.Or(c.LogFormat, JSON)
	}
	c.LogFormat = cmp.Or(c.LogFormat, Text)
	switch {
	case c.LogFormat != Text && c.LogFormat != JSON:
		return c, fmt.Errorf("lambdaenv: log format %q is neither %s nor %s", c.LogFormat, Text, JSON)
	case c.managed() && c.LogFormat != JSON:
		// https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
		return c, errors.New("lambdaenv: a managed instance logs JSON only; leave Config.LogFormat empty")
	case !slices.Contains(systemLevels, c.SystemLogLevel):
		return c, fmt.Errorf("lambdaenv: system log level %q is not DEBUG, INFO or WARN", c.SystemLogLevel)
	}
	return c, nil
}

// The function as its code sees it.
const (
	region          = "us-east-1"
	accountID       = "123456789012"
	functionVersion = "$LATEST"
	handlerName     = "bootstrap"
)

// toolVariables are passed on from our own environment: a binary built with
// -race or -cover reads them. Nothing else is, credentials least of all.
var toolVariables = []string{"GORACE", "GOCOVERDIR"}

// notForExtensions are variables that extensions do not see.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
var notForExtensions = []string{
	"AWS_EXECUTION_ENV",
	"AWS_LAMBDA_LOG_GROUP_NAME",
	"AWS_LAMBDA_LOG_STREAM_NAME",
	"AWS_LAMBDA_MAX_CONCURRENCY",
	"AWS_XRAY_CONTEXT_MISSING",
	"LAMBDA_RUNTIME_DIR",
	"LAMBDA_TASK_ROOT",
}

// environs returns the variables of the function and of the extensions. api is
// the address of the Runtime API, tmp the folder that stands for /tmp.
//
// AWS_EXECUTION_ENV is not among them, as it is not defined for OS-only
// runtimes: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func (c *Config) environs(api, tmp, logStream string) (function, extension []string) {
	vars := map[string]string{
		"AWS_LAMBDA_RUNTIME_API":          api,
		"AWS_LAMBDA_FUNCTION_NAME":        c.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     functionVersion,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(c.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  c.initType(),
		"AWS_LAMBDA_LOG_FORMAT":           string(c.LogFormat),
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + c.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME":      logStream,
		"AWS_REGION":                      region,
		"AWS_DEFAULT_REGION":              region,
		"LAMBDA_RUNTIME_DIR":              "/var/runtime",
		"LAMBDA_TASK_ROOT":                filepath.Dir(c.Function), // where it runs
		"LANG":                            "en_US.UTF-8",
		"PATH":                            "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"TMPDIR":                          tmp,
		"TZ":                              ":UTC",
		"_HANDLER":                        handlerName,
	}
	if c.LogFormat == JSON {
		vars["AWS_LAMBDA_LOG_LEVEL"] = c.ApplicationLogLevel
	}
	if c.managed() {
		vars["AWS_LAMBDA_MAX_CONCURRENCY"] = strconv.Itoa(c.MaxConcurrency)
	}
	for _, name := range toolVariables {
		if v, ok := os.LookupEnv(name); ok {
			vars[name] = v
		}
	}
	for _, kv := range c.Env {
		k, v, _ := strings.Cut(kv, "=")
		vars[k] = v
	}
	for k, v := range vars {
		function = append(function, k+"="+v)
		if !strings.HasPrefix(k, "_") && !slices.Contains(notForExtensions, k) {
			extension = append(extension, k+"="+v)
		}
	}
	return function, extension
}

// managed reports whether the environment is a Lambda Managed Instance: many
// invocations at once, no freezing, and a timeout concerns its invocation alone.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
func (c *Config) managed() bool { return c.MaxConcurrency > 0 }

func (c *Config) initType() string {
	if c.managed() {
		return "lambda-managed-instances"
	}
	return "on-demand"
}

func (c *Config) functionARN(qualifier string) string {
	arn := "arn:aws:lambda:" + region + ":" + accountID + ":function:" + c.Name
	if qualifier != "" {
		arn += ":" + qualifier
	}
	return arn
}
