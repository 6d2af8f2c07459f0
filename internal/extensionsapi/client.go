// Package extensionsapi is a client of Lambda's Extensions API for programs
// that have to be small and quick to start: it does without net/http and
// encoding/json, which would be most of an extension's binary and memory.
package extensionsapi

import (
	"fmt"
	"strconv"
	"strings"

	"example.com/postinvoke/internal/jsontext"
)

// A Client is one external extension, as it speaks to the Extensions API
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
type Client struct {
	http  httpClient
	name  string
	id    string // assigned at registration
	asked bool   // for an event, and got one: the Init phase is over
}

// New returns a client of the API at address, the value of the environment
// variable AWS_LAMBDA_RUNTIME_API. The name is the file name of the extension.
func New(address, name string) *Client {
	return &Client{http: httpClient{address: address}, name: name}
}

const apiPath = "/2020-01-01/extension/"

// Register registers for events, INVOKE or SHUTDOWN, or for none. A refusal cannot be reported to Lambda, which
// knows the extension only afterwards.
func (c *Client) Register(events ...string) error {
	body := `{"events":[]}`
	if len(events) > 0 {
		body = `{"events":["` + strings.Join(events, `","`) + `"]}`
	}
	res, err := c.http.do("POST", apiPath+"register", body,
		"Lambda-Extension-Name", c.name, "Content-Type", "application/json")
	if err != nil {
		return fmt.Errorf("register extension %q: %w", c.name, err)
	}
	if res.status != 200 {
		return fmt.Errorf("register extension %q for %s: %w", c.name, strings.Join(events, " and "), res.unexpected())
	}
	c.id = res.extensionID
	if c.id == "" {
		return fmt.Errorf("register extension %q: the response has no Lambda-Extension-Identifier", c.name)
	}
	return nil
}

// Next blocks until there is an event. That may take hours, during which the
// process is frozen: there is no timeout. An error is reported to Lambda.
func (c *Client) Next() (Event, error) {
	res, err := c.http.do("GET", apiPath+"event/next", "", "Lambda-Extension-Identifier", c.id)
	if err == nil && res.status != 200 {
		err = res.unexpected()
	}
	var e Event
	if err == nil {
		e, err = parseEvent(res.body)
	}
	if err != nil {
		err = fmt.Errorf("ask for the next event: %w", err)
		c.report(err)
		return Event{}, err
	}
	c.asked = true
	return e, nil
}

// report tells Lambda why the extension is about to exit. It is the last call:
// Lambda accepts none after it. What comes back changes nothing.
func (c *Client) report(reason error) {
	call, kind := "init/error", "Extension.InitFailed"
	if c.asked {
		call, kind = "exit/error", "Extension.NextFailed"
	}
	body := `{"errorMessage":` + string(jsontext.AppendString(nil, reason.Error())) +
		`,"errorType":` + strconv.Quote(kind) + `,"stackTrace":[]}`
	c.http.do("POST", apiPath+call, body,
		"Lambda-Extension-Identifier", c.id, "Content-Type", "application/json",
		"Lambda-Extension-Function-Error-Type", kind)
}
