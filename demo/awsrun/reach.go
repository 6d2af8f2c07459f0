package awsrun

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// What names look like.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
var (
	stackName  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)
	stackID    = regexp.MustCompile(`^arn:[a-z-]+:cloudformation:[A-Za-z0-9:/-]+$`)
	regionName = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
)

// CheckStack says what is wrong with a name that no stack can have.
func CheckStack(name string) error {
	if stackName.MatchString(name) || stackID.MatchString(name) {
		return nil
	}
	return fmt.Errorf("%q is no name for a stack: letters, digits and hyphens, a letter first, 128 at the most", name)
}

// checkRegion says what is wrong with a name that no region can have.
func checkRegion(name string) error {
	if name == "" {
		return errNoRegion
	}
	if !regionName.MatchString(name) {
		return fmt.Errorf("%q is no name for an AWS region: give one such as eu-west-1 with -region, or export AWS_REGION", name)
	}
	return nil
}

// A firstRetryer is for the first request of a run: whom nobody answers then is
// hardly there a moment later. Later on it may be the network of this machine.
type firstRetryer struct{ aws.RetryerV2 }

// IsErrorRetryable is part of [aws.Retryer].
func (r firstRetryer) IsErrorRetryable(err error) bool {
	return !isOutOfReach(err) && r.RetryerV2.IsErrorRetryable(err)
}

// isOutOfReach reports whether there is no such host, or nothing that listens.
func isOutOfReach(err error) bool {
	var dns *net.DNSError
	return errors.Is(err, syscall.ECONNREFUSED) || errors.As(err, &dns) && dns.IsNotFound
}

// noAnswer explains an error of the way to AWS.
func (a *account) noAnswer(err error, r request) error {
	var dns *net.DNSError
	missing := errors.As(err, &dns) && dns.IsNotFound
	switch {
	case a.endpoint != "":
		return fmt.Errorf("%s got no answer from %s, which AWS_ENDPOINT_URL or the profile names: does it run there? "+
			"Without that it would be AWS (%w)", r.action, a.endpoint, cause(err))
	case missing:
		return fmt.Errorf("there is no host %s: is %s spelt as AWS does, and is this machine online?", dns.Name, a.region)
	}
	return fmt.Errorf("%s got no answer from AWS in %s: is this machine online? (%w)", r.action, a.region, cause(err))
}

// pageInstead explains an answer that is not one of an AWS service, such as the
// page of a proxy in between. It returns nil for all others.
func (a *account) pageInstead(err error, r request) error {
	var answered *smithyhttp.ResponseError
	if !errors.As(err, &answered) || answered.HTTPStatusCode() == 0 {
		return nil
	}
	if broken := net.Error(nil); errors.As(err, &broken) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil // the connection ended in the middle of an answer
	}
	if code := codeOf(err); code != "" && code != "UnknownError" {
		return nil
	}
	endpoint := a.name()
	if request := answered.Response.Request; request != nil && request.URL != nil {
		endpoint = request.URL.Scheme + "://" + request.URL.Host
	}
	status := answered.HTTPStatusCode()
	return fmt.Errorf("%s got %d %s from %s, and not an answer of AWS: is a proxy or a gateway in between?",
		r, status, http.StatusText(status), endpoint)
}
