package main

import (
	"fmt"
	"strconv"
	"strings"
)

// An api is Lambda's Extensions API, as one extension uses it
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
type api struct {
	http  *httpClient
	name  string
	id    string // assigned at registration
	asked bool   // for an event: the Init phase of this extension is over
}

func newAPI(address, name string) *api {
	return &api{http: &httpClient{address: address}, name: name}
}

const apiPath = "/2020-01-01/extension/"

// register registers for events. A refusal cannot be reported to Lambda, which
// knows the extension only afterwards.
func (a *api) register(events ...string) error {
	body := `{"events":["` + strings.Join(events, `","`) + `"]}`
	res, err := a.http.do("POST", apiPath+"register", body,
		"Lambda-Extension-Name", a.name, "Content-Type", "application/json")
	if err != nil {
		return fmt.Errorf("register extension %q: %w", a.name, err)
	}
	if res.status != 200 {
		return fmt.Errorf("register extension %q for %s: %w", a.name, strings.Join(events, " and "), res.unexpected())
	}
	a.id = res.extensionID
	if a.id == "" {
		return fmt.Errorf("register extension %q: the response has no Lambda-Extension-Identifier", a.name)
	}
	return nil
}

// next blocks until there is an event. That may take hours, during which the
// process is frozen: there is no timeout. An error is reported to Lambda.
func (a *api) next() (event, error) {
	res, err := a.http.do("GET", apiPath+"event/next", "", "Lambda-Extension-Identifier", a.id)
	if err == nil && res.status != 200 {
		err = res.unexpected()
	}
	var e event
	if err == nil {
		e, err = parseEvent(res.body)
	}
	if err != nil {
		err = fmt.Errorf("ask for the next event: %w", err)
		a.report(err)
		return event{}, err
	}
	a.asked = true
	return e, nil
}

// report tells Lambda why the extension is about to exit. It is the last call:
// Lambda accepts none after it. What comes back changes nothing.
func (a *api) report(reason error) {
	call, kind := "init/error", "Extension.InitFailed"
	if a.asked {
		call, kind = "exit/error", "Extension.NextFailed"
	}
	body := `{"errorMessage":` + string(appendJSONString(nil, reason.Error())) +
		`,"errorType":` + strconv.Quote(kind) + `,"stackTrace":[]}`
	a.http.do("POST", apiPath+call, body,
		"Lambda-Extension-Identifier", a.id, "Content-Type", "application/json",
		"Lambda-Extension-Function-Error-Type", kind)
}
