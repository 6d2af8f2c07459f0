package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// variableName is what Lambda allows as the name of a variable, and those that
// begin with an underscore, which are its own.
// https://docs.aws.amazon.com/lambda/latest/api/API_Environment.html
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]+$`)

// variable is for the flag -env, which can be repeated: the last one of a name
// counts.
func variable(all *[]string) func(string) error {
	return func(s string) error {
		name, _, ok := strings.Cut(s, "=")
		switch {
		case !ok:
			return errors.New("NAME=VALUE is needed")
		case !variableName.MatchString(name):
			return fmt.Errorf("%q is no name for a variable: at least two letters, digits and underscores, no digit first", name)
		case name == "AWS_LAMBDA_RUNTIME_API":
			return errors.New("AWS_LAMBDA_RUNTIME_API is how the function finds the local environment")
		}
		*all = append(*all, s)
		return nil
	}
}
