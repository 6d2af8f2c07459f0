// Command infra is the CDK app of postinvoke: an example function for each
// architecture, the layers, and a dashboard of their timings. The cdk command
// runs it, as cdk.json specifies:
//
//	npx cdk deploy
//	npx cdk deploy -c stack=Another     # a second one in the same account
//	npx cdk deploy -c metrics=true      # with metrics and alarms, which cost
package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run synthesises the app.
func run() (err error) {
	defer jsii.Close()
	defer func() {
		if p := recover(); p != nil {
			err = libraryError(p)
		}
	}()
	app := awscdk.NewApp(nil)
	config, err := configure(app)
	if err != nil {
		return err
	}
	newDemo(app, config)
	app.Synth(nil)
	return nil
}

// exceptionNames precede the message of a JavaScript exception.
var exceptionNames = regexp.MustCompile(`^(?:[A-Z]\w*: )+`)

// libraryError is what the CDK library panicked with, without the stack trace of
// its JavaScript.
func libraryError(p any) error {
	message, _, _ := strings.Cut(fmt.Sprint(p), "\n    at ")
	return errors.New(exceptionNames.ReplaceAllString(strings.TrimSpace(message), ""))
}
