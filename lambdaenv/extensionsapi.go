package lambdaenv

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// Headers of the Extensions API.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
const (
	headerExtensionName    = "Lambda-Extension-Name"
	headerExtensionID      = "Lambda-Extension-Identifier"
	headerExtensionEventID = "Lambda-Extension-Event-Identifier"
	headerExtensionError   = "Lambda-Extension-Function-Error-Type"
	headerExtensionFeature = "Lambda-Extension-Accept-Feature"
)

// maxExtensionBody bounds what an extension may send.
const maxExtensionBody = 1 << 20

// extensionRegister serves POST /extension/register.
func (in *instance) extensionRegister(w http.ResponseWriter, r *http.Request) *apiError {
	if refused := in.refuse("register"); refused != nil {
		return refused
	}
	name := r.Header.Get(headerExtensionName)
	if name == "" {
		return forbidden("Extension.InvalidExtensionName", "Empty extension name")
	}
	events, err := registrationEvents(r)
	if err != nil {
		return forbidden("InvalidRequestFormat", err.Error())
	}
	var a *agent
	var refused *apiError
	in.mustDo(func() { a, refused = in.register(name, events) })
	if refused != nil {
		return refused
	}
	answer := struct {
		Name    string `json:"functionName"`
		Version string `json:"functionVersion"`
		Handler string `json:"handler"`
		Account string `json:"accountId,omitempty"`
	}{in.env.cfg.Name, functionVersion, handlerName, ""}
	for feature := range strings.SplitSeq(r.Header.Get(headerExtensionFeature), ",") {
		if strings.TrimSpace(feature) == "accountId" {
			answer.Account = accountID
		}
	}
	w.Header().Set(headerExtensionID, a.id)
	writeJSON(w, http.StatusOK, answer)
	return nil
}

func registrationEvents(r *http.Request) ([]string, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxExtensionBody))
	if err != nil {
		return nil, err
	}
	var request struct {
		Events            []string `json:"events"`
		ConfigurationKeys []string `json:"configurationKeys"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, err
	}
	if len(request.ConfigurationKeys) > 0 {
		return nil, errors.New("configurationKeys are deprecated; use environment variables instead")
	}
	return request.Events, nil
}

// extensionNext serves GET /extension/event/next. It answers with the next
// event; until there is one it does not answer at all.
func (in *instance) extensionNext(w http.ResponseWriter, r *http.Request) *apiError {
	arrived := time.Now()
	next := make(chan []byte, 1)
	withheld := in.refuse("next")
	refused := in.forAgent(r, func(a *agent) *apiError {
		if withheld != nil {
			in.passes(a, arrived)
			return withheld
		}
		return in.agentAsks(a, next, arrived)
	})
	if refused != nil {
		return refused
	}
	select {
	case event := <-next:
		if in.isShutdown(event) {
			w.Write(event) // without the headers, as Lambda does
			return nil
		}
		w.Header().Set("Content-Type", contentJSON)
		w.Header().Set(headerExtensionEventID, newUUID())
		w.Write(event)
		return nil
	case <-in.over:
		panic(http.ErrAbortHandler)
	}
}

// extensionError serves POST /extension/init/error and /extension/exit/error.
func (in *instance) extensionError(call string, to agentState) apiHandler {
	return func(w http.ResponseWriter, r *http.Request) *apiError {
		if refused := in.refuse(call); refused != nil {
			return refused
		}
		io.Copy(io.Discard, io.LimitReader(r.Body, maxExtensionBody))
		errorType := r.Header.Get(headerExtensionError)
		refused := in.forAgent(r, func(a *agent) *apiError {
			if errorType == "" {
				return forbidden("Extension.MissingHeader", headerExtensionError+" not found")
			}
			return in.agentFails(a, to, errorType)
		})
		if refused == nil {
			writeJSON(w, http.StatusAccepted, statusOK)
		}
		return refused
	}
}

// forAgent runs f on the goroutine of live with the extension that calls.
func (in *instance) forAgent(r *http.Request, f func(*agent) *apiError) *apiError {
	id := r.Header.Get(headerExtensionID)
	if id == "" {
		return forbidden("Extension.MissingExtensionIdentifier", "Missing "+headerExtensionID+" header")
	}
	if !isUUID(id) {
		return forbidden("Extension.InvalidExtensionIdentifier", "Invalid "+headerExtensionID)
	}
	var refused *apiError
	in.mustDo(func() {
		a, unknown := in.byID(strings.ToLower(id))
		if refused = unknown; unknown == nil {
			refused = f(a)
		}
	})
	return refused
}

// refuse is the fault that Config.Refuse asks for.
func (in *instance) refuse(call string) *apiError {
	status := in.env.cfg.Refuse[call]
	if status == 0 {
		return nil
	}
	return &apiError{status, "Extension.Refused", "Config.Refuse has " + call}
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (c == '-') {
			return false
		}
		if c != '-' && !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
			return false
		}
	}
	return true
}
