package lambdaenv

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The function as its code sees it.
const (
	region          = "us-east-1"
	accountID       = "123456789012"
	functionVersion = "$LATEST"
	handlerName     = "bootstrap"
)

// Values of AWS_LAMBDA_INITIALIZATION_TYPE.
const (
	onDemand = "on-demand"
	managed  = "lambda-managed-instances"
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
		"LAMBDA_TASK_ROOT":                c.taskRoot(),
		"LANG":                            "en_US.UTF-8",
		"PATH":                            "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"TMPDIR":                          tmp,
		"TZ":                              ":UTC",
		"_HANDLER":                        handlerName,
	}
	if c.LogFormat == JSON {
		vars["AWS_LAMBDA_LOG_LEVEL"] = c.ApplicationLogLevel
	}
	if c.MaxConcurrency > 0 {
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
	function = assignments(vars)
	maps.DeleteFunc(vars, func(k, _ string) bool {
		return strings.HasPrefix(k, "_") || slices.Contains(notForExtensions, k)
	})
	return function, assignments(vars)
}

func assignments(vars map[string]string) []string {
	env := make([]string, 0, len(vars))
	for k, v := range vars {
		env = append(env, k+"="+v)
	}
	slices.Sort(env)
	return env
}

// taskRoot is the folder of the function, where it also runs.
func (c *Config) taskRoot() string { return filepath.Dir(c.Function) }

func (c *Config) initType() string {
	if c.MaxConcurrency > 0 {
		return managed
	}
	return onDemand
}

func (c *Config) functionARN(qualifier string) string {
	arn := "arn:aws:lambda:" + region + ":" + accountID + ":function:" + c.Name
	if qualifier != "" {
		arn += ":" + qualifier
	}
	return arn
}
