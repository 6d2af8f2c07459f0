package awstest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"
)

// A service is one of AWS with the operation of it that the demo uses.
type service struct {
	action      string // as in a policy
	contentType string
	fail        func(http.ResponseWriter, *Failure)
	answer      func(*Account, http.ResponseWriter, *http.Request, []byte, string) *Failure
}

// The protocols: https://smithy.io/2.0/aws/protocols/index.html
var (
	stacks  = service{"cloudformation:DescribeStacks", "text/xml", failXML, (*Account).describeStacks}
	lambdas = service{"lambda:InvokeFunction", "application/json", failJSON, (*Account).invoke}
	logs    = service{"logs:FilterLogEvents", "application/x-amz-json-1.1", failJSON, (*Account).filterLogEvents}
	metrics = service{"cloudwatch:GetMetricStatistics", "application/cbor", failCBOR, (*Account).getMetricStatistics}
)

// serviceOf returns the service that a request is for, if it is for one.
func serviceOf(r *http.Request) (service, bool) {
	switch path := r.URL.Path; {
	case r.Header.Get("X-Amz-Target") == "Logs_20140328.FilterLogEvents":
		return logs, true
	case path == "/service/GraniteServiceVersion20100801/operation/GetMetricStatistics":
		return metrics, true
	case strings.HasPrefix(path, functionsPath) && strings.HasSuffix(path, "/invocations"):
		return lambdas, true
	case path == "/" && r.Header.Get("Content-Type") == "application/x-www-form-urlencoded":
		return stacks, true
	}
	return service{}, false
}

func failXML(w http.ResponseWriter, f *Failure) {
	w.WriteHeader(f.Status)
	type detail struct{ Type, Code, Message string }
	writeXML(w, struct {
		XMLName xml.Name `xml:"ErrorResponse"`
		Error   detail
	}{Error: detail{"Sender", f.Code, f.Message}})
}

func failJSON(w http.ResponseWriter, f *Failure) {
	w.Header().Set("X-Amzn-Errortype", f.Code)
	w.WriteHeader(f.Status)
	writeJSON(w, map[string]string{"__type": f.Code, "message": f.Message})
}

func failCBOR(w http.ResponseWriter, f *Failure) {
	code := cbor.String("com.amazonaws.cloudwatch#" + f.Code)
	writeCBOR(w, f.Status, cbor.Map{"__type": code, "message": cbor.String(f.Message)})
}

// What cannot be written is a broken answer, which is a failure of the test.

func writeXML(w http.ResponseWriter, v any) {
	fmt.Fprint(w, xml.Header)
	_ = xml.NewEncoder(w).Encode(v)
}

func writeJSON(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }

func writeCBOR(w http.ResponseWriter, status int, v cbor.Value) {
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.WriteHeader(status)
	_, _ = w.Write(cbor.Encode(v))
}

// describeStacks answers
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
func (a *Account) describeStacks(w http.ResponseWriter, _ *http.Request, body []byte, region string) *Failure {
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("Action") != "DescribeStacks" {
		return &Failure{http.StatusBadRequest, "InvalidAction", "not DescribeStacks"}
	}
	if name := form.Get("StackName"); name != Stack || region != Region {
		return &Failure{http.StatusBadRequest, "ValidationError", "Stack with id " + name + " does not exist"}
	}
	outputs := a.cfg.Outputs
	if outputs == nil { // those that infra/demo.go makes
		outputs = map[string]string{"DashboardURL": "https://" + Region + ".console.aws.amazon.com/cloudwatch/home"}
		for _, f := range a.functions {
			outputs["Invoke"+f.output] = "aws lambda invoke --function-name " + f.name + " /dev/stdout"
			outputs["Logs"+f.output] = "aws logs tail --follow " + f.group
		}
	}
	type output struct{ OutputKey, OutputValue string }
	type stack struct {
		StackName, StackStatus string
		Outputs                []output `xml:"Outputs>member"`
	}
	described := stack{StackName: Stack, StackStatus: cmp.Or(a.cfg.Status, "CREATE_COMPLETE")}
	for key, value := range outputs {
		described.Outputs = append(described.Outputs, output{key, value})
	}
	writeXML(w, struct {
		XMLName xml.Name `xml:"DescribeStacksResponse"`
		Stacks  []stack  `xml:"DescribeStacksResult>Stacks>member"`
	}{Stacks: []stack{described}})
	return nil
}

const functionsPath = "/2015-03-31/functions/"

// invoke answers
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (a *Account) invoke(w http.ResponseWriter, r *http.Request, event []byte, _ string) *Failure {
	name := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, functionsPath), "/invocations")
	i := slices.IndexFunc(a.functions, func(f *function) bool { return f.name == name })
	if i < 0 {
		return &Failure{http.StatusNotFound, "ResourceNotFoundException", "Function not found: " + name}
	}
	env := a.functions[i].env.Environment
	response, err := env.Invoke(r.Context(), event)
	if err != nil {
		return &Failure{http.StatusInternalServerError, "ServiceException", err.Error()}
	}
	if a.cfg.KeepBack {
		_, _ = env.WaitIdle(r.Context())
	}
	w.Header().Set("X-Amzn-Requestid", response.RequestID)
	if response.FunctionError != "" {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
	}
	_, _ = w.Write(response.Payload)
	return nil
}

// filterLogEvents answers
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
func (a *Account) filterLogEvents(w http.ResponseWriter, _ *http.Request, body []byte, _ string) *Failure {
	var in struct {
		LogGroupName   string
		StartTime      int64
		LogStreamNames []string
		NextToken      string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return &Failure{http.StatusBadRequest, "SerializationException", err.Error()}
	}
	i := slices.IndexFunc(a.functions, func(f *function) bool { return f.group == in.LogGroupName })
	if i < 0 {
		return &Failure{http.StatusBadRequest, "ResourceNotFoundException", "The specified log group does not exist."}
	}
	type out struct {
		EventID       string `json:"eventId,omitempty"`
		LogStreamName string `json:"logStreamName"`
		Message       string `json:"message"`
		Timestamp     int64  `json:"timestamp"`
	}
	events, next := a.functions[i].page(in.NextToken)
	found := []out{}
	for _, e := range events {
		at := e.time.UnixMilli()
		if at >= in.StartTime && (len(in.LogStreamNames) == 0 || slices.Contains(in.LogStreamNames, e.stream)) {
			found = append(found, out{e.id, e.stream, e.message, at})
		}
	}
	answer := map[string]any{"events": found}
	if next != "" {
		answer["nextToken"] = next
	}
	writeJSON(w, answer)
	return nil
}

// getMetricStatistics answers
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
func (a *Account) getMetricStatistics(w http.ResponseWriter, _ *http.Request, body []byte, _ string) *Failure {
	// The name of the function is text in CBOR, too: that of the dimension.
	i := slices.IndexFunc(a.functions, func(f *function) bool { return bytes.Contains(body, []byte(f.name)) })
	if i < 0 {
		return &Failure{http.StatusBadRequest, "InvalidParameterValueException", "no such dimension"}
	}
	points := cbor.List{}
	for _, milliseconds := range a.functions[i].metric() { // each invocation in a separate minute
		points = append(points, cbor.Map{
			"Timestamp":   &cbor.Tag{ID: 1, Value: cbor.Float64(1.8e9)},
			"Maximum":     cbor.Float64(milliseconds),
			"SampleCount": cbor.Float64(1),
		})
	}
	writeCBOR(w, http.StatusOK, cbor.Map{"Label": cbor.String("PostRuntimeExtensionsDuration"), "Datapoints": points})
	return nil
}
