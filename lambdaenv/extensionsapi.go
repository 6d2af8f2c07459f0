package lambdaenv

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
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
	body, err := readAll(r, maxExtensionBody, nil)
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
	refused := in.forAgent(r, "Unknown extension ", func(a *agent) *apiError {
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
		if _, refused := extensionID(r); refused != nil {
			return refused
		}
		errorType := r.Header.Get(headerExtensionError)
		if errorType == "" {
			return forbidden("Extension.MissingHeader", headerExtensionError+" not found")
		}
		readAll(r, maxExtensionBody, nil) // nothing is done with it, here or on Lambda
		refused := in.forAgent(r, "", func(a *agent) *apiError { return in.agentFails(a, to, errorType) })
		if refused == nil {
			writeJSON(w, http.StatusAccepted, statusOK)
		}
		return refused
	}
}

// forAgent runs f on the goroutine of live with the extension that calls. A call
// that nobody can have made is refused: with unknown and the identifier, or, if
// unknown is empty, in the fixed words that errors are refused with.
func (in *instance) forAgent(r *http.Request, unknown string, f func(*agent) *apiError) *apiError {
	id, refused := extensionID(r)
	if refused != nil {
		return refused
	}
	in.mustDo(func() {
		i := slices.IndexFunc(in.agents, func(a *agent) bool { return a.id == id })
		switch {
		case i >= 0:
			refused = f(in.agents[i])
		case unknown == "":
			refused = forbidden("Extension.UnknownExtensionIdentifier", "Unknown "+headerExtensionID)
		default:
			refused = forbidden("Extension.UnknownExtensionIdentifier", unknown+id)
		}
	})
	return refused
}

// extensionID is the identifier that the call names, in its usual form.
func extensionID(r *http.Request) (string, *apiError) {
	id := r.Header.Get(headerExtensionID)
	if id == "" {
		return "", forbidden("Extension.MissingExtensionIdentifier", "Missing "+headerExtensionID+" header")
	}
	if !uuidForm.MatchString(id) {
		return "", forbidden("Extension.InvalidExtensionIdentifier", "Invalid "+headerExtensionID)
	}
	return strings.ToLower(id), nil
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// refuse is the fault that Config.Refuse asks for.
func (in *instance) refuse(call string) *apiError {
	status := in.env.cfg.Refuse[call]
	if status == 0 {
		return nil
	}
	return &apiError{status, "Extension.Refused", "Config.Refuse has " + call}
}
