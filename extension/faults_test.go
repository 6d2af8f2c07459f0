package main_test

import (
	"strings"
	"testing"
)

// Emulators may have the API under a path.
func TestTheAddressMayHaveAPath(t *testing.T) {
	api := newLambdaAPI(t)
	api.start("AWS_LAMBDA_RUNTIME_API=" + api.server.Listener.Addr().String() + "/.rt/_")
	api.want("/.rt/_/2020-01-01/extension/register")
}

// On Lambda the address need not be the loopback one, and the function's
// variables are the extension's as well.
func TestAProxyIsNotForTheAPI(t *testing.T) {
	api := newLambdaAPI(t)
	address := strings.Replace(api.server.Listener.Addr().String(), "127.0.0.1", "0.0.0.0", 1)
	api.start("AWS_LAMBDA_RUNTIME_API="+address, "HTTP_PROXY=http://127.0.0.1:1", "http_proxy=http://127.0.0.1:1")
	api.want("register")
	api.want("event/next")
}
