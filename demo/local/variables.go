package local

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// variableName is what Lambda allows as the name of a variable.
// https://docs.aws.amazon.com/lambda/latest/api/API_Environment.html
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]+$`)

// Names of variables that Lambda sets itself, and refuses in a function's
// configuration. A function that calls AWS needs the first ones here, too.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
var (
	reservedAccess = []string{
		"AWS_REGION", "AWS_DEFAULT_REGION",
		"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	}
	reserved = []string{
		"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_EXECUTION_ENV", "AWS_LAMBDA_RUNTIME_API",
		"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
		"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_MAX_CONCURRENCY",
		"AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
	}
)

// Variables are NAME=VALUE for the function. They are a flag that can be
// repeated: the last one of a name counts.
type Variables []string

func (v *Variables) String() string { return "" }

// Set is part of [flag.Value].
func (v *Variables) Set(s string) error {
	name, _, ok := strings.Cut(s, "=")
	switch {
	case !ok:
		return errors.New("NAME=VALUE is needed")
	case !variableName.MatchString(name):
		return fmt.Errorf("%q is no name for a variable: at least two letters, digits and underscores, no digit first",
			name)
	case slices.Contains(reserved, name):
		return fmt.Errorf("%s is reserved: Lambda sets it itself, and so does the local environment", name)
	}
	*v = append(*v, s)
	return nil
}

// Has reports whether there is a variable of that name.
func (v Variables) Has(name string) bool {
	return slices.ContainsFunc(v, func(s string) bool { return strings.HasPrefix(s, name+"=") })
}

// Note lists which variables have no place in the configuration of a function on
// Lambda; nothing if there are none.
func (v Variables) Note() string {
	for _, name := range reservedAccess {
		if v.Has(name) {
			return name + " is for this machine only: " +
				"on Lambda it is reserved, and the function has its own region and role"
		}
	}
	return ""
}
