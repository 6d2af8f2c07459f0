// Package extensionsapi is a client of Lambda's Extensions API for programs that
// must be small and start quickly. It uses neither net/http nor encoding/json, which
// would be most of an extension's binary
// (docs/decisions/0003-an-extension-without-net-http.md).
package extensionsapi

import (
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"example.com/postinvoke/internal/jsontext"
)

// A Client calls the Extensions API for one extension
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
type Client struct {
	http   httpClient
	prefix string // of all paths
	name   string
	id     string // assigned at registration
	next   []byte // the request for the next event
	inited bool   // an event has come: the Init phase has ended
}

// New returns a client of the API at address, the value of the environment
// variable AWS_LAMBDA_RUNTIME_API: a host and port, and with some emulators a
// path. The name is the file name of the extension.
func New(address, name string) *Client {
	host, path, _ := strings.Cut(address, "/")
	if path != "" {
		path = "/" + strings.TrimSuffix(path, "/")
	}
	return &Client{http: httpClient{address: host}, prefix: path + "/2020-01-01/extension/", name: name}
}

// Register registers for events, INVOKE or SHUTDOWN, or for none. It fails if there
// is no response within the given time, because an emulator may lack this API.
//
// The extension has no identifier yet, so that it cannot report a failure to Lambda.
func (c *Client) Register(within time.Duration, events ...string) error {
	body := `{"events":[]}`
	if len(events) > 0 {
		body = `{"events":["` + strings.Join(events, `","`) + `"]}`
	}
	res, err := c.http.do(time.Now().Add(within), c.http.request("POST", c.prefix+"register", body,
		"Lambda-Extension-Name", c.name, "Content-Type", "application/json"))
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		err = errors.New("no answer from " + c.http.address + " within " + within.String())
	}
	if err == nil && res.status != 200 {
		err = res.unexpected()
	}
	if err != nil {
		return wrap("register extension "+strconv.Quote(c.name)+" for "+strings.Join(events, " and "), err)
	}
	c.id = res.extensionID
	if c.id == "" {
		return errors.New("register extension " + strconv.Quote(c.name) +
			": the response has no Lambda-Extension-Identifier")
	}
	return nil
}

// Next blocks until there is an event. It has no timeout: the process may be frozen
// for hours. It reports an error to Lambda.
func (c *Client) Next() (Event, error) {
	if c.next == nil {
		c.next = c.http.request("GET", c.prefix+"event/next", "", "Lambda-Extension-Identifier", c.id)
	}
	res, err := c.http.do(noDeadline, c.next)
	if err == nil && res.status != 200 {
		err = res.unexpected()
	}
	var e Event
	if err == nil {
		e, err = parseEvent(res.body)
	}
	if err != nil {
		err = wrap("ask for the next event", err)
		c.report(err)
		return Event{}, err
	}
	c.inited = true
	return e, nil
}

// report reports to Lambda why the extension exits. Lambda accepts no call after
// this one, and its response is ignored.
func (c *Client) report(reason error) {
	call, kind := "init/error", "Extension.InitFailed"
	if c.inited {
		call, kind = "exit/error", "Extension.NextFailed"
	}
	body := `{"errorMessage":` + string(jsontext.AppendString(nil, reason.Error())) +
		`,"errorType":` + strconv.Quote(kind) + `,"stackTrace":[]}`
	c.http.do(noDeadline, c.http.request("POST", c.prefix+call, body,
		"Lambda-Extension-Identifier", c.id, "Content-Type", "application/json",
		"Lambda-Extension-Function-Error-Type", kind))
}
